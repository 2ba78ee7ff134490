-- Where the tracks of a plan go: the first time onto new ones; a later revision onto the tracks of the one before, where
-- the user has changed nothing since, and beside them where he has.

local app = ...
local update = {}

local KEPT = '"%s" was changed since, so it stays as it is; its new notes are on a track beside it.'
local GONE = '"%s" is not in the new version; its track is empty now.'

-- The first free name of the form "Bass (Song) (2)".
local function free_name(name)
  local taken, number = {}, 2
  for route in Session:get_tracks():iter() do taken[route:name()] = true end
  while taken[('%s (%d)'):format(name, number)] do number = number + 1 end
  return ('%s (%d)'):format(name, number)
end

-- The track that a new one of a later revision stands below: the last of ours that is there, or the source.
local function last_of(rows, source)
  local found = source
  for _, row in ipairs(rows) do
    if app.placed.track(row) then found = row.track end
  end
  return found
end

-- What becomes of one track of the plan: { track, old regions }, or what is to be made in its place.
local function target(wanted, row, rows, said)
  local track = row and app.placed.track(row)
  local old = track and app.placed.untouched(row, track)
  if old then return { track = track, old = old, former = row } end
  local after, name = last_of(rows, wanted.after), wanted.name
  if track then
    said[#said + 1] = KEPT:format(track:name())
    after, name = row.track, free_name(wanted.name)
  end
  return { make = setmetatable({ after = after, name = name }, { __index = wanted }) }
end

-- Tracks of the earlier revision for which the new one has no part: their notes go, where they are still ours.
local function left_over(by_key, said)
  local found = {}
  for _, row in pairs(by_key) do
    local track = app.placed.track(row)
    local old = track and app.placed.untouched(row, track)
    if old and #old > 0 then
      said[#said + 1] = GONE:format(track:name())
      found[#found + 1] = { key = row.key, track = track, old = old, former = row }
    end
  end
  return found
end

-- A target for each track of the plan, those that only lose their notes, and sentences about both.
function update.targets(plan, rows)
  local by_key, targets, said = {}, {}, {}
  for _, row in ipairs(rows) do by_key[row.key] = row end
  for index, wanted in ipairs(plan.tracks) do
    targets[index] = target(wanted, by_key[wanted.key], rows, said)
    by_key[wanted.key] = nil
  end
  return targets, left_over(by_key, said), said
end

return update
