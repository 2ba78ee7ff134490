-- A result.json from the spool, checked field by field before anything of it reaches the project.

local spool = require 'spool'

local result_check = {}

local DAMAGED = 'The result is damaged; transcribe the item again.'

local function number(value, low, high)
  return type(value) == 'number' and value >= low and value <= high and value or nil
end

local function text(value, fallback)
  return type(value) == 'string' and spool.sentence(value) or fallback
end

-- A file that the job owns: a path below the job's folder, or none.
local function job_file(folder, path)
  if type(path) ~= 'string' or path == '' or path:find('%c') then return nil end
  path = path:gsub('\\', '/')
  if path:sub(1, #folder + 1) == folder .. '/' then path = path:sub(#folder + 2) end
  if path:sub(1, 1) == '/' or path:find('^%a:') then return nil end
  for piece in path:gmatch('[^/]+') do
    if piece == '..' then return nil end
  end
  return folder .. '/' .. path
end

local function rows(values, fields, check)
  local found = {}
  if type(values) ~= 'table' then return found end
  for _, row in ipairs(values) do
    if type(row) ~= 'table' or #row < fields or not check(row) then return nil end
    found[#found + 1] = row
  end
  return found
end

local function is_note(row)
  return number(row[1], 0, 1e6) and number(row[2], 0, 1e6) and row[2] > row[1] and number(row[3], 0, 127)
    and number(row[4], 1, 127)
end

local function is_bend(row)
  return number(row[1], 0, 1e6) and number(row[2], -48, 48)
end

local function keys_of(values)
  local found = {}
  for _, key in ipairs(type(values) == 'table' and values or {}) do found[#found + 1] = number(key, 0, 127) end
  return found
end

local function shots_of(values, folder)
  local found = {}
  for _, shot in ipairs(type(values) == 'table' and values or {}) do
    local path = type(shot) == 'table' and job_file(folder, shot.path)
    if path and number(shot.pitch, 0, 127) then
      found[#found + 1] = {
        pitch = shot.pitch, path = path, name = text(shot.name, 'drum'), least_gain = number(shot.least_gain, 0, 1) or 0,
        softest = number(shot.softest, 1, 127) or 1, loudest = number(shot.loudest, 1, 127) or 127,
        choked_by = keys_of(shot.choked_by),
      }
    end
  end
  return found
end

-- Names of drum keys as {key, name} rows, by key.
local function names_of(pieces)
  local found = {}
  for key, name in pairs(type(pieces) == 'table' and pieces or {}) do
    key = number(tonumber(key), 0, 127)
    if key and type(name) == 'string' then found[#found + 1] = { key = math.floor(key), name = text(name, '') } end
  end
  table.sort(found, function(a, b) return a.key < b.key end)
  return found
end

-- Sections or chords: a start, an end and a name each.
local function named_spans(values)
  local found = {}
  for _, row in ipairs(type(values) == 'table' and values or {}) do
    local start = type(row) == 'table' and number(row.onset_s, 0, 1e6)
    local stop, name = start and number(row.offset_s, 0, 1e6), start and (row.name or row.symbol)
    -- "N" is no chord.
    if stop and stop > start and type(name) == 'string' and name ~= '' and name ~= 'N' then
      found[#found + 1] = { start_s = start, end_s = stop, name = text(name, '') }
    end
  end
  return found
end

local function tempo_of(value)
  if type(value) ~= 'table' or type(value.points) ~= 'table' then return nil end
  local points = {}
  for _, point in ipairs(value.points) do
    local time_s = type(point) == 'table' and number(point.time_s, 0, 1e6)
    local bpm = time_s and number(point.bpm, 10, 960)
    if not bpm then return nil end
    points[#points + 1] = { time_s = time_s, bpm = bpm, beats_per_bar = number(point.beats_per_bar, 1, 64),
      beat_unit = number(point.beat_unit, 1, 16) or 4 }
  end
  return { confident = value.confident == true, points = points }
end

local function part_of(raw, item, folder)
  if type(raw) ~= 'table' then return nil end
  local notes, bends = rows(raw.notes, 4, is_note), rows(raw.bends, 2, is_bend)
  if not notes or not bends then return nil end
  local role = text(raw.role, 'other')
  local names = {}
  for _, name in ipairs(type(raw.instruments) == 'table' and raw.instruments or {}) do
    names[#names + 1] = text(name, '')
  end
  return {
    id = text(raw.id, role), role = role, name = text(raw.name, role), is_drums = raw.is_drums == true, notes = notes,
    bends = bends, key_names = raw.is_drums == true and names_of(raw.pieces) or {},
    channel = number(raw.channel, 0, 15) or 0, program = number(raw.program, 0, 127) or 0,
    bend_range = number(raw.bend_range, 1, 24) or 2, instruments = names,
    one_shots = shots_of(raw.is_drums == true and item.one_shots, folder),
  }
end

-- The GUIDs of the items that this one was heard from.
local function guids_of(values, only)
  local found = {}
  for _, guid in ipairs(type(values) == 'table' and values or {}) do found[#found + 1] = text(guid, nil) end
  return #found > 0 and found or { text(only, '') }
end

local function item_of(raw, folder)
  if type(raw) ~= 'table' or type(raw.parts) ~= 'table' then return nil end
  local position, length = number(raw.position_s, 0, 1e6), number(raw.length_s, 0.001, 1e6)
  if not position or not length then return nil end
  local item = {
    name = text(raw.name, 'item'), track = text(raw.track, ''), item = text(raw.item, ''), take = text(raw.take, ''),
    position_s = position, origin_s = number(raw.origin_s, -1e6, 1e6), length_s = length, parts = {}, stems = {},
    sources = guids_of(raw.sources, raw.item), tempo = tempo_of(raw.tempo), sections = named_spans(raw.sections),
    chords = named_spans(raw.chords),
  }
  for _, raw_part in ipairs(raw.parts) do
    local part = part_of(raw_part, raw, folder)
    if not part then return nil end
    item.parts[#item.parts + 1] = part
  end
  for _, stem in ipairs(type(raw.stems) == 'table' and raw.stems or {}) do
    local path = type(stem) == 'table' and job_file(folder, stem.path)
    if path then item.stems[#item.stems + 1] = { role = text(stem.role, 'stem'), path = path } end
  end
  return item
end

local function sentences(...)
  local found = {}
  for _, list in ipairs { ... } do
    for _, sentence in ipairs(type(list) == 'table' and list or {}) do found[#found + 1] = text(sentence, nil) end
  end
  return found
end

-- The result as plain checked tables, or nil and a sentence.
function result_check.read(raw, folder)
  if raw.protocol ~= spool.PROTOCOL then
    return nil, 'The result is of another version of dawscribe; run "dawscribe setup reaper" and transcribe again.'
  end
  if not spool.is_id(raw.id) or type(raw.items) ~= 'table' or #raw.items == 0 then return nil, DAMAGED end
  local choices = type(raw.insertion) == 'table' and raw.insertion or {}
  local result = {
    id = raw.id, revision = spool.revision(raw), project = type(raw.project) == 'string' and raw.project or '', items = {}, insertion = choices,
    warnings = sentences(raw.warnings),
  }
  for _, raw_item in ipairs(raw.items) do
    local item = item_of(raw_item, folder)
    if not item then return nil, DAMAGED end
    result.items[#result.items + 1] = item
    for _, sentence in ipairs(sentences(raw_item.warnings)) do result.warnings[#result.warnings + 1] = sentence end
  end
  return result
end

return result_check
