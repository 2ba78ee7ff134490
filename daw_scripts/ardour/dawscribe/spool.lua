-- The spool as Ardour's scripts use it: lib/spool.lua, and Ardour's own way to start a program.

local app = ...

local shared = app.library('spool')
local home = shared.home(os.getenv, app.installed and app.installed.home)
local spool = shared.new(assert(home, 'no home folder'), app.files)

-- Writes a JSON object; stops with a sentence where that fails.
function spool:write_json(name, object)
  local ok, reason = self.files:write(self:path(name), app.json.encode(object))
  if not ok then self:complain(reason) end
end

-- Stops with a sentence about a file that could not be written.
function spool:complain(reason)
  app.messages.refuse(tostring(reason) .. "\nCheck the free space, and run 'dawscribe setup ardour' again.")
end

-- Whether the daemon refused the request, so that there is no job.
function spool:is_refused(id)
  return self.files:exists(self:path('refused', id .. '.json'))
end

-- A job's status; that of a waiting one where it has none yet, nil where there is no trace of the job.
function spool:progress_of(id)
  local status = self:status(id)
  if status then return status end
  local known = self:is_handed_in(id) or self.files:exists(self:path('jobs', id, 'request.json'))
  return known and { state = 'queued', problem = shared.problem(self:daemon(os.time())) } or nil
end

-- The request of a job, also of one that the daemon has not taken over yet.
function spool:asked(id)
  return self:request(id) or self:read_json('inbox', id .. '.json')
end

-- Whether a daemon runs, or could be started as the installer wrote down.
function spool:can_work()
  return self:daemon(os.time()) ~= nil or self:launcher() ~= nil
end

-- Runs a program and does not wait for it.
function spool:launch(command)
  if os.forkexec then
    -- What it returns says nothing (false also when the program runs); the pulse will tell.
    os.forkexec(table.unpack(command))
    return true
  end
  -- Windows: Ardour offers no other way than its shell; quotes cannot stand in a file name there.
  return os.execute('start "" /b "' .. table.concat(command, '" "') .. '"') ~= nil
end

-- When a job was first asked for: another try keeps that time in its id. 0 where the id is not of our making.
function spool.asked_at(id)
  return tonumber(id:match('^ardour%-(%d+)%-')) or 0
end

-- A name for a new job that no other script will choose.
function spool:fresh_id()
  return shared.new_id('ardour', os.time(), ARDOUR.LuaAPI.monotonic_time())
end

return spool
