-- The jobs this session waits for: a small file per session in the spool, so that they outlive Ardour.

local app = ...
local pending = {}

-- The session when the hook last looked: a session has a new key once it is renamed or saved under another name.
local seen

-- A name for the session's files: its folder may hold any character, and several snapshots.
local function key_of(path, name)
  local hash = 5381
  for _, byte in ipairs { (path .. '/' .. name):byte(1, -1) } do
    hash = (hash * 33 + byte) & 0xffffffffffff
  end
  return string.format('%012x', hash)
end

-- How a result is known to belong to this session; the daemon announces it under `key`.
function pending.session()
  local path, name = Session:path(), Session:name()
  return { path = path, name = name, key = key_of(path, name) }
end

local function file_name(suffix, session)
  return 'hosts/ardour-' .. (session or pending.session()).key .. suffix
end

local function list(record, name)
  return record and type(record[name]) == 'table' and record[name] or {}
end

local function ids_in(record)
  local ids = {}
  for _, id in ipairs(list(record, 'jobs')) do
    if app.spool.is_id(id) then ids[#ids + 1] = id end
  end
  return ids
end

local function own_record(session)
  return app.spool:read_json(file_name('.json', session))
end

local function write(ids, former)
  local content = { session = pending.session(), jobs = app.json.array(ids), former = app.json.array(former) }
  app.spool:write_json(file_name('.json'), content)
end

local function append(target, more)
  for _, one in ipairs(more) do target[#target + 1] = one end
  return target
end

-- Takes the jobs along when the session has got a new name under the hook's eyes. The old name is kept also where no
-- job waits: one that has failed may be tried again, and its result is announced under that name.
local function follow_name()
  local before = seen
  seen = pending.session()
  if not before or before.key == seen.key then return end
  local record, now = own_record(before), own_record()
  before.left = os.time()
  local former = append(append(list(record, 'former'), list(now, 'former')), { before })
  write(append(ids_in(record), ids_in(now)), former)
  app.files:remove(app.spool:path(file_name('.json', before)))
end

-- Whether a result of this session, or of what it was called before, is meant.
function pending.is_ours(session)
  if type(session) ~= 'table' then return false end
  for _, one in ipairs({ pending.session(), table.unpack(list(own_record(), 'former')) }) do
    if type(one) == 'table' and one.path == session.path and one.name == session.name then return true end
  end
  return false
end

-- Whether a result that the daemon has announced still waits, or a correction of one that is in the session.
local function waits(id)
  local status = app.spool:status(id)
  if not status or status.state ~= 'done' then return false end
  return (app.spool:inserted_revision(id) or 0) < app.spool.revision(status)
end

-- Whether an entry of `former` can be used: its key becomes part of a file's name.
local function is_former(one)
  return type(one) == 'table' and type(one.key) == 'string' and #one.key == 12 and not one.key:find('[^0-9a-f]')
    and type(one.left) == 'number'
end

local function announced(session)
  return ids_in(app.spool:read_json(file_name('-results.json', session)))
end

-- What the daemon announced to this session. Under a former name only what was asked for before that was left: after
-- Save As, the session that was left may go on with jobs of its own.
local function results(record)
  local ids = announced()
  for _, former in ipairs(list(record, 'former')) do
    for _, id in ipairs(is_former(former) and announced(former) or {}) do
      if app.spool.asked_at(id) <= former.left then ids[#ids + 1] = id end
    end
  end
  return ids
end

-- Ids of the jobs: those that were sent from here, oldest first, then what the daemon announced beside them, such as
-- a job that was tried again with 'dawscribe retry'.
function pending.ids()
  follow_name()
  local record = own_record()
  local ids, known = ids_in(record), {}
  for _, id in ipairs(ids) do known[id] = true end
  for _, id in ipairs(results(record)) do
    if not known[id] and waits(id) then
      ids[#ids + 1], known[id] = id, true
    end
  end
  return ids
end

function pending.add(id)
  local record = own_record()
  local ids = ids_in(record)
  ids[#ids + 1] = id
  write(ids, list(record, 'former'))
end

function pending.remove(id)
  local record, left = own_record(), {}
  for _, other in ipairs(ids_in(record)) do
    if other ~= id then left[#left + 1] = other end
  end
  local former = list(record, 'former')
  -- A former name outlives its last job: one of them may be tried again.
  if #left + #former > 0 then write(left, former) else app.files:remove(app.spool:path(file_name('.json'))) end
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
