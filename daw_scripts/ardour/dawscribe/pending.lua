-- The jobs this session waits for: a small file per session in the spool, so that they outlive Ardour.

local app = ...
local pending = {}

-- A file name for the session: its folder may hold any character, and several snapshots.
local function file_name()
  local hash = 5381
  for _, byte in ipairs { (Session:path() .. '/' .. Session:name()):byte(1, -1) } do
    hash = (hash * 33 + byte) & 0xffffffffffff
  end
  return string.format('hosts/ardour-%012x.json', hash)
end

-- Ids of the jobs, oldest first.
function pending.ids()
  local record = app.spool:read_json(file_name())
  local ids = {}
  for _, id in ipairs(record and type(record.jobs) == 'table' and record.jobs or {}) do
    if app.spool.is_id(id) then ids[#ids + 1] = id end
  end
  return ids
end

local function write(ids)
  app.spool:write_json(file_name(), { session = pending.session(), jobs = app.json.array(ids) })
end

function pending.add(id)
  local ids = pending.ids()
  ids[#ids + 1] = id
  write(ids)
end

function pending.remove(id)
  local left = {}
  for _, other in ipairs(pending.ids()) do
    if other ~= id then left[#left + 1] = other end
  end
  if #left > 0 then write(left) else app.files:remove(app.spool:path(file_name())) end
end

-- How a result is known to belong to this session.
function pending.session()
  return { path = Session:path(), name = Session:name() }
end

return pending
