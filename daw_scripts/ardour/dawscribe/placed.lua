-- What an insertion put where, so that a later revision finds it again and sees what the user has changed since: a file
-- in the job's folder. Ardour's ids of tracks and regions last as long as the session.

local app = ...
local placed = {}

-- Of a session whose jobs are remembered; the daemon itself keeps fewer.
local MAX_JOBS = 200

local function file_of(id)
  return app.spool:path('jobs', id, 'ardour-placed.json')
end

local function id_of(object)
  return object:to_stateful():id():to_s()
end

-- The notes of a region as one number, FNV-1a: two edits that cancel out in it do not happen by hand.
local function notes_of(region)
  local value = 2166136261
  local model = region:to_midiregion():midi_source(0):model()
  for note in ARDOUR.LuaAPI.note_list(model):iter() do
    local row = ('%s %s %d %d %d;'):format(note:time():str(), note:length():str(), note:note(), note:velocity(),
      note:channel())
    for index = 1, #row do value = ((value ~ row:byte(index)) * 16777619) & 0xFFFFFFFF end
  end
  return value
end

-- How a region is now, in one short text: its place, and the notes of its file.
local function state_of(region)
  return ('%d %d %d %08x'):format(region:position():samples(), region:length():samples(), region:start():ticks(),
    notes_of(region))
end

-- The ids of a playlist's regions.
function placed.regions(playlist)
  local found = {}
  for region in playlist:region_list():iter() do found[id_of(region)] = region end
  return found
end

-- A row of the record: `new` is what the insertion put on the track, by id; `former` the row that it takes the place of.
function placed.row(key, track, new, former)
  local regions = {}
  for id, region in pairs(new) do regions[#regions + 1] = { id = id, state = state_of(region) } end
  return {
    key = key, track = id_of(track), regions = app.json.array(regions),
    former = app.json.array(former and former.regions or {}),
  }
end

-- Where the ids of the jobs stand whose notes are in this session.
local function list_of_jobs()
  return 'hosts/ardour-' .. app.pending.session().key .. '-placed.json'
end

-- Ids of the jobs whose notes were put into this session, oldest first.
function placed.jobs()
  local record, ids = app.spool:read_json(list_of_jobs()), {}
  for _, id in ipairs(record and type(record.jobs) == 'table' and record.jobs or {}) do
    if app.spool.is_id(id) then ids[#ids + 1] = id end
  end
  return ids
end

function placed.remember(id, rows)
  app.files:write(file_of(id), app.json.encode { rows = app.json.array(rows) })
  local ids = {}
  for _, other in ipairs(placed.jobs()) do
    if other ~= id then ids[#ids + 1] = other end
  end
  ids[#ids + 1] = id
  local kept = table.move(ids, math.max(1, #ids - MAX_JOBS + 1), #ids, 1, {})
  app.files:write(app.spool:path(list_of_jobs()), app.json.encode { jobs = app.json.array(kept) })
end

local function are_regions(list)
  for _, region in ipairs(type(list) == 'table' and list or {}) do
    if type(region) ~= 'table' or type(region.id) ~= 'string' then return false end
  end
  return type(list) == 'table'
end

local function is_row(row)
  return type(row) == 'table' and type(row.key) == 'string' and type(row.track) == 'string' and are_regions(row.regions)
    and are_regions(row.former)
end

-- The rows of an earlier insertion of the job; none where it has left no record.
function placed.recall(id)
  local record = app.spool:read_json('jobs', id, 'ardour-placed.json')
  local rows = {}
  for _, row in ipairs(record and type(record.rows) == 'table' and record.rows or {}) do
    if is_row(row) then rows[#rows + 1] = row end
  end
  return rows
end

-- The track of a row, or nil where the user has removed it.
function placed.track(row)
  for route in Session:get_tracks():iter() do
    if id_of(route) == row.track then return route:to_track() end
  end
end

-- Those of `there` that a record names, nil unless all of them are there as they were.
local function as_they_were(there, regions)
  local found = {}
  for _, known in ipairs(regions) do
    local region = there[known.id]
    if not region or state_of(region) ~= known.state then return nil end
    found[#found + 1] = region
  end
  return found
end

-- The regions of a row where they all are as they were, nil where the user has changed something. After an undo of the
-- insertion its tracks are empty, and nobody's notes are lost on them; after an undo of an update, the regions of the
-- revision before are back.
function placed.untouched(row, track)
  local there = placed.regions(track:playlist())
  if not next(there) then return {} end
  local found = as_they_were(there, row.regions)
  if found or #row.former == 0 then return found end
  return as_they_were(there, row.former)
end

return placed
