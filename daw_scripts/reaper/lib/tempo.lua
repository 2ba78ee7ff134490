-- The song's tempo as the project's: offered where the project has none of its own and the beat is certain.

local tempo = {}

local SECTION, ASKED = 'dawscribe', 'tempo_asked'

-- An item's or the project's timebase "time": positions and lengths stay in seconds when the tempo changes.
local BY_TIME = 0

local QUESTION = 'The song keeps %s. Set the project to it, from "%s" on? The items of the project stay as they sound.'

-- The first item of a result whose beat is certain, or nil.
local function certain(result)
  for _, item in ipairs(result.items) do
    if item.tempo and item.tempo.confident and #item.tempo.points > 0 then return item end
  end
  return nil
end

-- MIDI of the user's keeps its beats and would sound otherwise in another tempo.
local function has_midi(project)
  for index = 0, reaper.CountMediaItems(project) - 1 do
    local take = reaper.GetActiveTake(reaper.GetMediaItem(project, index))
    if take and reaper.TakeIsMIDI(take) then return true end
  end
  return false
end

-- Whether the user is to be asked: once in a project's life.
function tempo.is_question(project, result)
  return result.insertion.set_tempo == 'ask' and result.revision == 1 and certain(result) ~= nil
    and reaper.CountTempoTimeSigMarkers(project) == 0
    and reaper.GetProjExtState(project, SECTION, ASKED) == 0 and not has_midi(project)
end

local function words(points)
  local low, high = math.huge, 0
  for _, point in ipairs(points) do low, high = math.min(low, point.bpm), math.max(high, point.bpm) end
  if high - low < 0.5 then return ('%.1f BPM'):format(points[1].bpm) end
  return ('%.0f to %.0f BPM'):format(low, high)
end

function tempo.question(result)
  local item = certain(result)
  return QUESTION:format(words(item.tempo.points), item.name)
end

-- Keeps the answer: for this result, and that it need not be asked again.
function tempo.answer(project, result, yes)
  result.insertion.set_tempo = yes and 'yes' or 'no'
  reaper.SetProjExtState(project, SECTION, ASKED, '1')
end

-- Ties all items to their time: by REAPER's default they follow the beats, and audio would be stretched.
local function hold_items(project)
  for index = 0, reaper.CountMediaItems(project) - 1 do
    reaper.SetMediaItemInfo_Value(reaper.GetMediaItem(project, index), 'C_BEATATTACHMODE', BY_TIME)
  end
end

-- Writes the song's tempo map into the project, where the user said so; part of the insertion's undo step.
function tempo.apply(project, result)
  local item = result.insertion.set_tempo == 'yes' and certain(result)
  if not item then return end
  hold_items(project)
  for _, point in ipairs(item.tempo.points) do
    local beats = point.beats_per_bar or 0
    reaper.SetTempoTimeSigMarker(project, -1, item.position_s + point.time_s, -1, -1, point.bpm, beats,
      beats > 0 and point.beat_unit or 0, false)
  end
  reaper.UpdateTimeline()
end

return tempo
