-- A command's way to the action that obeys it: from the listener through REAPER's ext state, since the action is a
-- script of its own; from OSC and other programs through the spool.

local json = require 'json'

local command_handoff = {}

local SECTION, KEY = 'dawscribe', 'command'

-- The listener's part.
function command_handoff.give(command)
  reaper.SetExtState(SECTION, KEY, json.encode(command), false)
end

-- The action's part: the command it is called for, once, or nil when the user called it.
function command_handoff.take(context)
  local text = reaper.GetExtState(SECTION, KEY)
  reaper.DeleteExtState(SECTION, KEY, false)
  local command = text ~= '' and json.decode(text)
  if type(command) == 'table' and context.spool.is_young(command, os.time()) then return command end
  return context.spool:take_command('reaper', os.time())
end

-- How long an action may take to come up after the listener has called it.
local HUSH_S = 2.0

-- The listener's part, before it runs an action by itself: nobody has asked, so no box may come up.
function command_handoff.hush()
  reaper.SetExtState(SECTION, 'hush', tostring(reaper.time_precise()), false)
end

-- The action's part: whether the listener has called it.
function command_handoff.is_hushed()
  local since = tonumber(reaper.GetExtState(SECTION, 'hush'))
  reaper.DeleteExtState(SECTION, 'hush', false)
  return since ~= nil and reaper.time_precise() - since < HUSH_S
end

return command_handoff
