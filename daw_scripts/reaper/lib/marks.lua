-- What our tracks carry with them in the project: the job, the part, the revision, and how their notes were then.

local marks = {}

local KEYS = { job = 'dawscribe_job', part = 'dawscribe_part', revision = 'dawscribe_revision', notes = 'dawscribe_notes',
  group = 'dawscribe_group' }

local function get(track, name)
  return select(2, reaper.GetSetMediaTrackInfo_String(track, 'P_EXT:' .. KEYS[name], '', false))
end

-- Writes marks onto a track; an empty text takes one away.
function marks.set(track, values)
  for name, value in pairs(values) do
    reaper.GetSetMediaTrackInfo_String(track, 'P_EXT:' .. KEYS[name], tostring(value), true)
  end
end

-- FNV-1a, 32 bit: short, and two edits that cancel out in it do not happen by hand.
local function hash(bytes, value)
  for index = 1, #bytes do value = ((value ~ bytes:byte(index)) * 16777619) & 0xFFFFFFFF end
  return value
end

-- The items on a track that a job put there.
function marks.items(track, job)
  local found = {}
  for index = 0, reaper.CountTrackMediaItems(track) - 1 do
    local item = reaper.GetTrackMediaItem(track, index)
    local _, id = reaper.GetSetMediaItemInfo_String(item, 'P_EXT:dawscribe_job', '', false)
    if id == job then found[#found + 1] = item end
  end
  return found
end

-- The notes of a job's items on a track as they are now, in one short text.
function marks.notes_of(track, job)
  local value = 2166136261
  for _, item in ipairs(marks.items(track, job)) do
    local take = reaper.GetActiveTake(item)
    local place = ('%.3f %.3f '):format(reaper.GetMediaItemInfo_Value(item, 'D_POSITION'),
      reaper.GetMediaItemInfo_Value(item, 'D_LENGTH'))
    local bytes = take and reaper.TakeIsMIDI(take) and select(2, reaper.MIDI_GetAllEvts(take)) or ''
    value = hash(place .. bytes, value)
  end
  return ('%08x'):format(value)
end

-- Whether nobody has changed the notes since they were inserted.
function marks.is_untouched(track, job)
  return get(track, 'notes') == marks.notes_of(track, job)
end

-- The tracks of a job in a project: a list, and by group and part.
function marks.tracks(project, job)
  local list, by_part = {}, {}
  for index = 0, reaper.CountTracks(project) - 1 do
    local track = reaper.GetTrack(project, index)
    if get(track, 'job') == job then
      list[#list + 1] = track
      local part = get(track, 'part')
      if part ~= '' then by_part[get(track, 'group') .. part] = track end
    end
  end
  return list, by_part
end

-- The revision of a job that a project holds, nil where it holds none of its tracks.
function marks.revision(project, job)
  local newest
  for _, track in ipairs((marks.tracks(project, job))) do
    newest = math.max(newest or 1, math.floor(tonumber(get(track, 'revision')) or 1))
  end
  return newest
end

-- The jobs whose tracks a project holds, with the revision of each.
function marks.jobs(project)
  local found = {}
  for index = 0, reaper.CountTracks(project) - 1 do
    local track = reaper.GetTrack(project, index)
    local job = get(track, 'job')
    if job ~= '' then found[job] = math.max(found[job] or 1, math.floor(tonumber(get(track, 'revision')) or 1)) end
  end
  return found
end

return marks
