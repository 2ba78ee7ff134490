-- A later revision of a result on the tracks of the earlier one: new notes where the user has changed nothing since,
-- a track beside it where he has.

local marks = require 'marks'
local place = require 'place'
local track_content = require 'track_content'

local update = {}

local KEPT = '"%s" was changed since, so it stays as it is; its new notes are on a track beside it.'
local GONE = '"%s" is not in the new version; its track is empty now.'

local function name_of(track)
  return select(2, reaper.GetSetMediaTrackInfo_String(track, 'P_NAME', '', false))
end

local function clear(track, job)
  for _, item in ipairs(marks.items(track, job)) do reaper.DeleteTrackMediaItem(track, item) end
end

-- The last of our tracks of a group, after which a new part's track goes.
local function last_track(project, result, group)
  local list, found = marks.tracks(project, result.id), nil
  for _, track in ipairs(list) do
    local _, id = reaper.GetSetMediaTrackInfo_String(track, 'P_EXT:dawscribe_group', '', false)
    if id == group.id then found = track end
  end
  return found or list[#list]
end

local function apply_row(project, result, group, row, present, said)
  local key = group.id .. row.id
  local track = present[key]
  present[key] = nil
  if track and marks.is_untouched(track, result.id) then
    clear(track, result.id)
    return track_content.put_notes(track, result, row, track_content.wants_of(track, result, row))
  end
  if track then
    said[#said + 1] = KEPT:format(name_of(track))
    -- It is the user's now: no later revision touches it.
    marks.set(track, { part = '', revision = result.revision })
    row = setmetatable({ name = ('%s (%d)'):format(row.name, result.revision) }, { __index = row })
  end
  local fresh = place.after(project, track or last_track(project, result, group))
  track_content.fill(project, fresh, result, group, row)
end

-- Part of the insertion's undo step; sentences about what stays go to `said`.
function update.apply(project, result, wanted, said)
  local list, present = marks.tracks(project, result.id)
  for _, group in ipairs(wanted) do
    for _, row in ipairs(group.rows) do
      if row.kind == 'midi' then apply_row(project, result, group, row, present, said) end
    end
  end
  for key, track in pairs(present) do
    local is_stem = key:find('stem:', 1, true) ~= nil
    if not is_stem and #marks.items(track, result.id) > 0 and marks.is_untouched(track, result.id) then
      clear(track, result.id)
      said[#said + 1] = GONE:format(name_of(track))
      marks.set(track, { notes = marks.notes_of(track, result.id), revision = result.revision })
    end
  end
  for _, track in ipairs(list) do marks.set(track, { revision = result.revision }) end
end

return update
