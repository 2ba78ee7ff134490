-- What of a selection belongs together: neighbours on a track that touch (a comp, a crossfade) are one span of the
-- track, and the microphones of one group may be mixed.

local take_gain = require 'take_gain'

local spans = {}

-- Splits that were moved by a rounded sample still touch.
local TOUCHING_S = 0.002

-- Items of two tracks are one recording when they share their group and begin this close.
local TOGETHER_S = 0.5

function spans.has_active_fx(take)
  for index = 0, reaper.TakeFX_GetCount(take) - 1 do
    if reaper.TakeFX_GetEnabled(take, index) and not reaper.TakeFX_GetOffline(take, index) then return true end
  end
  return false
end

local function item_value(entry, key)
  return reaper.GetMediaItemInfo_Value(entry.item, key)
end

-- Whether a track's accessor gives the item as it is heard: no take FX and no envelopes, neither muted nor in a lane
-- that does not play.
local function sounds_on_its_track(entry)
  return not spans.has_active_fx(entry.take) and not take_gain.has_any(entry.take)
    and take_gain.is_enough(entry.take) and item_value(entry, 'B_MUTE') == 0
    and reaper.GetMediaTrackInfo_Value(entry.track, 'B_MUTE') == 0
    and (reaper.GetMediaTrackInfo_Value(entry.track, 'I_FREEMODE') ~= 2 or item_value(entry, 'C_LANEPLAYS') > 0)
end

local function touch(first, second)
  return first.track == second.track and second.position_s <= first.position_s + first.length_s + TOUCHING_S
end

local function one_span(entries)
  local first, stop = entries[1], 0
  for _, entry in ipairs(entries) do stop = math.max(stop, entry.position_s + entry.length_s) end
  local span = {}
  for key, value in pairs(first) do span[key] = value end
  span.items, span.length_s, span.whole_s, span.gain = entries, stop - first.position_s, stop - first.position_s, 1.0
  span.offset_s = 0
  return span
end

-- The entries with neighbours that touch as one each, in the order of the selection.
function spans.joined(entries)
  local found, run = {}, {}
  local function close()
    if #run > 0 then found[#found + 1] = #run > 1 and one_span(run) or run[1] end
    run = {}
  end
  for _, entry in ipairs(entries) do
    local last = run[#run]
    local fits = sounds_on_its_track(entry)
    if last and not (fits and touch(one_span(run), entry)) then close() end
    if fits then
      run[#run + 1] = entry
    else
      found[#found + 1] = entry
    end
  end
  close()
  return found
end

local function group_of(entry)
  return math.floor(item_value(entry, 'I_GROUPID'))
end

-- The entries of other tracks that are microphones of the same recording as the first one.
local function microphones(entries, first)
  local found, group = { entries[first] }, group_of(entries[first])
  for index = first + 1, #entries do
    local entry = entries[index]
    local is_close = math.abs(entry.position_s - entries[first].position_s) < TOGETHER_S
    if group > 0 and group_of(entry) == group and entry.track ~= entries[first].track and is_close then
      found[#found + 1] = entry
    end
  end
  return found
end

local function one_mix(entries)
  local start, stop = math.huge, 0
  for _, entry in ipairs(entries) do
    start, stop = math.min(start, entry.position_s), math.max(stop, entry.position_s + entry.length_s)
  end
  local mix = {}
  for key, value in pairs(entries[1]) do mix[key] = value end
  for _, entry in ipairs(entries) do entry.late_s = entry.position_s - start end
  mix.voices, mix.items, mix.position_s, mix.length_s, mix.whole_s = entries, nil, start, stop - start, stop - start
  mix.gain = 1.0
  return mix
end

-- The entries with the microphones of a group mixed, where `ask` says so (once); nil when the user cancels.
function spans.mixed(entries, ask)
  local found, taken, answer = {}, {}, nil
  for index, entry in ipairs(entries) do
    local mics = not taken[entry] and microphones(entries, index) or {}
    if #mics > 1 and not answer then
      answer = ask and ask(mics) or not ask and 'mix'
      if not answer then return nil end
    end
    if #mics > 1 and answer == 'mix' then
      for _, mic in ipairs(mics) do taken[mic] = true end
      found[#found + 1] = one_mix(mics)
    elseif not taken[entry] then
      found[#found + 1] = entry
    end
  end
  return found
end

return spans
