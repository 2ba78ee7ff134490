-- The jobs this session waits for: a small file per session in the spool, so that they outlive Ardour.

local app = ...
local pending = {}

-- A name for the session's files: its folder may hold any character, and several snapshots.
local function key()
  local hash = 5381
  for _, byte in ipairs { (Session:path() .. '/' .. Session:name()):byte(1, -1) } do
    hash = (hash * 33 + byte) & 0xffffffffffff
  end
  return string.format('%012x', hash)
end

local function file_name(suffix)
  return 'hosts/ardour-' .. key() .. suffix
end

local function ids_in(name)
  local record = app.spool:read_json(name)
  local ids = {}
  for _, id in ipairs(record and type(record.jobs) == 'table' and record.jobs or {}) do
    if app.spool.is_id(id) then ids[#ids + 1] = id end
  end
  return ids
end

local function own()
  return ids_in(file_name('.json'))
end

-- Whether a result that the daemon has announced still waits.
local function waits(id)
  if app.spool:is_inserted(id) then return false end
  local status = app.spool:status(id)
  return status ~= nil and status.state == 'done'
end

-- Ids of the jobs: those that were sent from here, oldest first, then what the daemon announced beside them, such as
-- a job that was tried again with 'dawscribe retry'.
function pending.ids()
  local ids, known = own(), {}
  for _, id in ipairs(ids) do known[id] = true end
  for _, id in ipairs(ids_in(file_name('-results.json'))) do
    if not known[id] and waits(id) then ids[#ids + 1] = id end
  end
  return ids
end

local function write(ids)
  app.spool:write_json(file_name('.json'), { session = pending.session(), jobs = app.json.array(ids) })
end

function pending.add(id)
  local ids = own()
  ids[#ids + 1] = id
  write(ids)
end

function pending.remove(id)
  local left = {}
  for _, other in ipairs(own()) do
    if other ~= id then left[#left + 1] = other end
  end
  if #left > 0 then write(left) else app.files:remove(app.spool:path(file_name('.json'))) end
end

-- How a result is known to belong to this session; the daemon announces it under `key`.
function pending.session()
  return { path = Session:path(), name = Session:name(), key = key() }
end

-- Asks for the progress window. Action and hook live in two Lua states, so a file carries the question.
function pending.ask_progress()
  app.files:write(app.spool:path(file_name('.show')), '')
end

-- Whether it was asked for since the last call.
function pending.take_question()
  return app.files:remove(app.spool:path(file_name('.show'))) == true
end

return pending
