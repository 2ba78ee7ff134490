-- What a result asks for: a folder per source track, and in it a track per part and stem.

local app = require 'app'

local groups = {}

-- Where a part or stem of an item goes: a row of the group of its source track, both made when first needed. `id` is
-- what the row is found again by in a later revision.
local function row_of(found, item, kind, role, name, id)
  local group = found.by_track[item.track]
  if not group then
    group = { track = item.track, id = item.group or item.track, name = app.plain_name(item.name, 'item'), rows = {}, by_id = {} }
    found[#found + 1], found.by_track[item.track] = group, group
  end
  local row = group.by_id[id]
  if not row then
    row = { kind = kind, role = role, name = name, id = id, contents = {} }
    group.rows[#group.rows + 1], group.by_id[id] = row, row
  end
  return row
end

-- A drum part as one part per piece, by the names of its keys.
local function pieces_of(part)
  local by_key, order, found = {}, {}, {}
  for _, row in ipairs(part.key_names) do by_key[row.key] = row.name end
  for _, note in ipairs(part.notes) do
    local name = by_key[note[3]] or 'other drums'
    if not found[name] then
      order[#order + 1] = name
      found[name] = setmetatable({ name = name, id = part.id .. '/' .. name, notes = {}, one_shots = {} }, { __index = part })
    end
    table.insert(found[name].notes, note)
  end
  for _, shot in ipairs(part.one_shots) do
    local piece = found[by_key[shot.pitch] or 'other drums']
    if piece then table.insert(piece.one_shots, shot) end
  end
  for index, name in ipairs(order) do order[index] = found[name] end
  return order
end

local function parts_of(item, insertion)
  if insertion.drum_tracks ~= true then return item.parts end
  local found = {}
  for _, part in ipairs(item.parts) do
    for _, piece in ipairs(part.is_drums and pieces_of(part) or { part }) do found[#found + 1] = piece end
  end
  return found
end

-- The folders as {track, name, rows}, a row being a track to make. Items in which nothing was heard have none.
function groups.of(result)
  local found = { by_track = {} }
  local function add(item, kind, role, name, id, content)
    local row = row_of(found, item, kind, role, name, id)
    row.contents[#row.contents + 1] = { item = item, content = content }
  end
  for _, item in ipairs(result.items) do
    for _, part in ipairs(parts_of(item, result.insertion)) do add(item, 'midi', part.role, part.name, part.id, part) end
    for _, stem in ipairs(result.insertion.stem_tracks and item.stems or {}) do
      add(item, 'stem', stem.role, stem.role .. ' stem', 'stem:' .. stem.role, stem)
    end
  end
  return found
end

return groups
