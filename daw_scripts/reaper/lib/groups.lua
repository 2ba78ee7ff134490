-- What a result asks for: a folder per source track, and in it a track per part and stem.

local app = require 'app'

local groups = {}

-- Where a part or stem of an item goes: a row of the group of its source track, both made when first needed.
local function row_of(found, item, kind, role, name)
  local group = found.by_track[item.track]
  if not group then
    group = { track = item.track, name = app.plain_name(item.name, 'item'), rows = {}, by_name = {} }
    found[#found + 1], found.by_track[item.track] = group, group
  end
  local row = group.by_name[kind .. name]
  if not row then
    row = { kind = kind, role = role, name = name, contents = {} }
    group.rows[#group.rows + 1], group.by_name[kind .. name] = row, row
  end
  return row
end

-- The folders as {track, name, rows}, a row being a track to make. Items in which nothing was heard have none.
function groups.of(result)
  local found = { by_track = {} }
  local function add(item, kind, role, name, content)
    local row = row_of(found, item, kind, role, name)
    row.contents[#row.contents + 1] = { item = item, content = content }
  end
  for _, item in ipairs(result.items) do
    for _, part in ipairs(item.parts) do add(item, 'midi', part.role, part.name, part) end
    for _, stem in ipairs(result.insertion.stem_tracks and item.stems or {}) do
      add(item, 'stem', stem.role, stem.role .. ' stem', stem)
    end
  end
  return found
end

return groups
