-- The project's own beats inside a span, as few points as describe them: seconds from the span's start, and quarter
-- notes from the project's start. The daemon quantises to them where the project's grid is meant.

local project_beats = {}

-- Seconds that a point may lie beside the line between its neighbours; far below what anybody hears.
local EXACT_S = 1e-6

-- More points than a tempo map drawn by hand has; a request must stay small.
local MAX_BEATS = 20000

local function time_of(project, beat)
  return reaper.TimeMap2_QNToTime(project, beat)
end

-- Places worth a look: quarters of a beat, between which a gradual change is straight to a fifth of a millisecond, and
-- the project's own tempo markers.
local function candidates(project, first, stop)
  local found = {}
  for index = 0, (stop - first) * 4 do found[#found + 1] = first + index / 4 end
  for index = 0, reaper.CountTempoTimeSigMarkers(project) - 1 do
    local _, time_s = reaper.GetTempoTimeSigMarker(project, index)
    local beat = reaper.TimeMap2_timeToQN(project, time_s)
    if beat > first and beat < stop and beat * 4 % 1 ~= 0 then found[#found + 1] = beat end
  end
  table.sort(found)
  return found
end

-- The beats at which the line bends, with the first and the last one. nil where they are too many.
local function bends(project, first, stop)
  local at = candidates(project, first, stop)
  local found, from, start_s = { at[1] }, at[1], time_of(project, at[1])
  local slope = (time_of(project, at[2]) - start_s) / (at[2] - from)
  for index = 2, #at - 1 do
    local next_beat = at[index + 1]
    if math.abs(time_of(project, next_beat) - start_s - slope * (next_beat - from)) > EXACT_S then
      from, start_s = at[index], time_of(project, at[index])
      slope = (time_of(project, next_beat) - start_s) / (next_beat - from)
      found[#found + 1] = from
      if #found >= MAX_BEATS then return nil end
    end
  end
  found[#found + 1] = stop
  return found
end

local function signatures(project, from_s, to_s)
  local found, last = {}, nil
  local function add(time_s)
    local numerator, denominator = reaper.TimeMap_GetTimeSigAtTime(project, time_s)
    local text = numerator .. '/' .. denominator
    if text == last then return end
    last = text
    local beat_in_bar = reaper.TimeMap2_timeToBeats(project, time_s)
    found[#found + 1] = {
      time_s = math.max(0, time_s - from_s), numerator = math.floor(numerator), denominator = math.floor(denominator),
      bar_beat = reaper.TimeMap2_timeToQN(project, time_s) - beat_in_bar * 4 / denominator,
    }
  end
  add(from_s)
  for index = 0, reaper.CountTempoTimeSigMarkers(project) - 1 do
    local _, time_s = reaper.GetTempoTimeSigMarker(project, index)
    if time_s > from_s and time_s < to_s then add(time_s) end
  end
  return found
end

-- The beats of a span: {times_s, beats, time_signatures}, or nil where they are too many.
function project_beats.of(project, position_s, length_s)
  local first = math.floor(reaper.TimeMap2_timeToQN(project, position_s))
  local stop = math.ceil(reaper.TimeMap2_timeToQN(project, position_s + length_s)) + 1
  local found = bends(project, first, stop)
  if not found then return nil end
  local times, beats = {}, {}
  for index, beat in ipairs(found) do
    times[index], beats[index] = time_of(project, beat) - position_s, beat + 0.0
  end
  return { times_s = times, beats = beats, time_signatures = signatures(project, position_s, position_s + length_s) }
end

return project_beats
