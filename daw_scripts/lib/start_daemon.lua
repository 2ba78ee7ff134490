-- Starts the daemon when it does not run. Pure Lua 5.3+; `launch(words)` is the host's way to run a program and
-- not to wait for it.

local start_daemon = {}

-- Python needs 1 to 3 s, and ten times that on a machine that is busy; after this the launch has failed.
local PATIENCE_S = 60

-- `host` is the DAW whose scripts these are. Returns a function to call again and again: it answers 'running',
-- 'waiting', or nil and a sentence.
function start_daemon.new(spool, launch, version, host)
  local started
  return function(now)
    local daemon = spool:daemon(now)
    if daemon then
      if daemon.protocol ~= spool.PROTOCOL then return nil, spool.mismatch(daemon, version, host) end
      return 'running', spool.mismatch(daemon, version, host)
    end
    if not started then
      local command = spool:launcher()
      if not command then
        return nil, ('dawscribe is not set up yet; run "dawscribe setup %s" in a terminal once.'):format(host)
      end
      if not launch(command) then
        return nil, 'dawscribe could not be started; run "dawscribe daemon" in a terminal to see why.'
      end
      started = now
    end
    if now - started > PATIENCE_S then
      return nil, 'dawscribe was started but does not answer; run "dawscribe doctor" in a terminal to see why.'
    end
    return 'waiting'
  end
end

return start_daemon
