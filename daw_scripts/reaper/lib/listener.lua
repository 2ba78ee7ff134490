-- The background listener: commands that OSC, MIDI and other programs send through the daemon reach the selection here.

local selection = require 'selection'
local settings = require 'settings'
local job = require 'job'

local listener = {}

-- How often the command file is looked for: a quarter of a second is not felt, four file checks a second cost nothing.
local LOOK_S = 0.25

local handlers = {}

function handlers.transcribe_selected(context, command)
  local entries, problem = selection.read()
  if entries then
    job.run(context, entries, settings.merge(settings.read(), command.options))
  else
    -- No message box: whoever sent the command may not sit at this screen.
    reaper.ShowConsoleMsg('dawscribe: ' .. problem .. '\n')
  end
end

-- Looks for commands until REAPER quits.
function listener.run(context)
  local next_look = 0
  local function loop()
    local now = reaper.time_precise()
    if now >= next_look then
      next_look = now + LOOK_S
      local command = context.spool:take_command('reaper', os.time())
      local handler = command and handlers[command.command]
      if handler then handler(context, command) end
    end
    reaper.defer(loop)
  end
  loop()
end

return listener
