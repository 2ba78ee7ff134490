-- One MIDI item with a part's notes, exactly where the audio item lies, through the project's own tempo map.

local midi_events = require 'midi_events'

local midi_item = {}

-- The item's closing All-Notes-Off: REAPER reads the source's length from it.
local CLOSING = string.pack('BBB', 0xB0, 0x7B, 0)

local function pack(events, last_tick)
  local parts, tick = {}, 0
  for _, event in ipairs(events) do
    parts[#parts + 1] = string.pack('i4Bs4', event.tick - tick, 0, event.message)
    tick = event.tick
  end
  parts[#parts + 1] = string.pack('i4Bs4', math.max(0, last_tick - tick), 0, CLOSING)
  return table.concat(parts)
end

-- Returns the new item, or nil and a sentence. `wants` is what the track's instrument is sent (see instruments).
function midi_item.insert(track, part, position_s, length_s, wants)
  local item = reaper.CreateNewMIDIItemInProj(track, position_s, position_s + length_s)
  local take = item and reaper.GetActiveTake(item)
  if not take then return nil, 'REAPER could not make a MIDI item.' end
  reaper.SetMediaItemInfo_Value(item, 'D_POSITION', position_s)
  reaper.SetMediaItemInfo_Value(item, 'D_LENGTH', length_s)
  reaper.SetMediaItemInfo_Value(item, 'B_LOOPSRC', 0)
  local function tick_of(time_s)
    return math.floor(reaper.MIDI_GetPPQPosFromProjTime(take, position_s + time_s) + 0.5)
  end
  local last_tick = tick_of(length_s)
  if not reaper.MIDI_SetAllEvts(take, pack(midi_events.from_part(part, tick_of, last_tick, wants), last_tick)) then
    return nil, 'REAPER refused the notes.'
  end
  reaper.MIDI_Sort(take)
  reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', part.name, true)
  return item
end

return midi_item
