-- Keeps dawscribe's daemon running while a job of this session is unfinished: it starts a daemon that sleeps or has
-- died, whose journal then goes on.

local app = ...
local daemon = {}

local LATER = ' Your transcription continues when dawscribe runs again.'

-- Shared with other DAWs' scripts; nil while there is nothing to attend to.
local attend
-- Whether the user knows that it cannot be started.
local told = false

-- A new job: what failed for the last one is tried again.
function daemon.renew()
  attend, told = nil, false
end

local function launch(command)
  return app.spool:launch(command)
end

function daemon.keep()
  attend = attend or app.library('start_daemon').new(app.spool, launch, app.version, 'ardour')
  local state, why = attend(os.time())
  if state == 'running' then return daemon.renew() end
  if state or told or not app.insert.possible() then return end
  told = true
  app.messages.show(why .. LATER)
end

return daemon
