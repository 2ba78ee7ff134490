-- The spool as Ardour's scripts use it: lib/spool.lua, and Ardour's own way to start a program.

local app = ...

local shared = app.library('spool')
local spool = shared.new(assert(shared.home(os.getenv), 'no home folder'), app.files)

-- Writes a JSON object; stops with a sentence where that fails.
function spool:write_json(name, object)
  local ok, reason = self.files:write(self:path(name), app.json.encode(object))
  if not ok then self:complain(reason) end
end

-- Stops with a sentence about a file that could not be written.
function spool:complain(reason)
  app.messages.refuse(tostring(reason) .. "\nCheck the free space, and run 'dawscribe setup ardour' again.")
end

function spool:daemon_runs()
  return self:daemon(os.time()) ~= nil
end

-- Starts the daemon as the installer wrote down; false where it wrote nothing.
function spool:start_daemon()
  local command = self:launcher()
  if not command then return false end
  if os.forkexec then
    -- What it returns says nothing (false also when the program runs); the pulse will tell.
    os.forkexec(table.unpack(command))
    return true
  end
  -- Windows: Ardour offers no other way than its shell; quotes cannot stand in a file name there.
  return os.execute('start "" /b "' .. table.concat(command, '" "') .. '"') ~= nil
end

-- A name for a new job that no other script will choose.
function spool:fresh_id()
  return shared.new_id('ardour', os.time(), ARDOUR.LuaAPI.monotonic_time())
end

return spool
