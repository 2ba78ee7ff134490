-- What the running jobs and the action "Cancel" tell each other: every script has a Lua state of its own, REAPER's
-- ext state is what they share.

local signals = {}

local SECTION = 'dawscribe'

-- A job that has not been heard of for this long was broken off. An open menu may hold the ticks up for seconds.
local ALIVE_S = 30.0

-- A running job says that it is there.
function signals.beat()
  reaper.SetExtState(SECTION, 'job_beat', tostring(reaper.time_precise()), false)
end

-- A job has ended; others that run say so themselves within a tick.
function signals.rest()
  reaper.DeleteExtState(SECTION, 'job_beat', false)
end

local function cancel_count()
  return tonumber(reaper.GetExtState(SECTION, 'cancel_count')) or 0
end

-- Asks all running jobs to cancel; whether there are any.
function signals.cancel_all()
  reaper.SetExtState(SECTION, 'cancel_count', tostring(cancel_count() + 1), false)
  local beat = tonumber(reaper.GetExtState(SECTION, 'job_beat'))
  return beat ~= nil and reaper.time_precise() - beat < ALIVE_S
end

-- A function that is true once the jobs have been asked to cancel.
function signals.listen()
  local before = cancel_count()
  return function() return cancel_count() ~= before end
end

return signals
