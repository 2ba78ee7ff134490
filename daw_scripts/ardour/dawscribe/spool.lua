-- The spool (protocol 1, see daw_scripts/README.md): requests out, status and results in, and the daemon's pulse.

local app = ...
local spool = { PROTOCOL = 1 }

spool.home = os.getenv('DAWSCRIBE_HOME') or (os.getenv('HOME') or os.getenv('USERPROFILE') or '') .. '/.dawscribe'

-- Seconds; the daemon renews its pulse every two, so three are missed.
local STALE_S = 6

-- A JSON object from the spool, or nil where there is none (yet).
function spool.read(name)
  local text = app.files:read(spool.home .. '/' .. name)
  local object = text and app.json.decode(text)
  return type(object) == 'table' and object or nil
end

-- Writes a JSON object; stops with a sentence where that fails.
function spool.write(name, object)
  local ok, reason = app.files:write(spool.home .. '/' .. name, app.json.encode(object))
  if not ok then
    app.messages.refuse(tostring(reason) .. "\nCheck the free space, and run 'dawscribe setup ardour' again.")
  end
end

function spool.exists(name)
  return app.files:exists(spool.home .. '/' .. name)
end

function spool.remove(name)
  return os.remove(spool.home .. '/' .. name)
end

function spool.daemon_runs()
  local pulse = spool.read('daemon.json')
  local heartbeat = pulse and pulse.heartbeat
  return type(heartbeat) == 'number' and os.time() - heartbeat <= STALE_S
end

local function words(command)
  local plain = type(command) == 'table' and #command > 0
  for _, word in ipairs(plain and command or {}) do plain = plain and type(word) == 'string' end
  return plain and command or nil
end

-- Starts the daemon as the installer wrote down; false where it wrote nothing.
function spool.start_daemon()
  local launcher = spool.read('launcher.json')
  local command = words(launcher and launcher.command)
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
function spool.new_id()
  return string.format('ardour-%d-%06x', os.time(), ARDOUR.LuaAPI.monotonic_time() & 0xffffff)
end

return spool
