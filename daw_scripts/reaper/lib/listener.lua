-- The background listener: commands that OSC, MIDI and other programs send through the daemon reach the selection
-- here. It runs actions and nothing else: each job is a script of its own, with its own window and its own end.

local handover = require 'handover'

local listener = {}

-- How often the command file is looked for: a quarter of a second is not felt, four file checks a second cost nothing.
local LOOK_S = 0.25

-- Command -> the script of the action that obeys it.
local ACTIONS = { transcribe_selected = 'dawscribe_Transcribe selected items.lua' }

local function number_of(script, folder)
  local action = reaper.AddRemoveReaScript(true, 0, folder .. '/' .. script, true)
  if action == 0 then error('REAPER could not register "' .. script .. '"; run "dawscribe setup reaper" again.', 0) end
  return action
end

local function obey(context, folder, numbers)
  local command = context.spool:take_command('reaper', os.time())
  local script = command and ACTIONS[command.command]
  if not script then return end
  -- Once per action: REAPER writes its key map each time.
  numbers[script] = numbers[script] or number_of(script, folder)
  handover.give(command)
  reaper.Main_OnCommand(numbers[script], 0)
end

-- Looks for commands until REAPER quits; `folder` is where the actions lie.
function listener.run(context, folder)
  local next_look, numbers = 0, {}
  local function loop()
    local now = reaper.time_precise()
    if now >= next_look then
      next_look = now + LOOK_S
      local ok, problem = pcall(obey, context, folder, numbers)
      -- No message box: whoever sent the command may not sit at this screen. The next command may fare better.
      if not ok then reaper.ShowConsoleMsg('dawscribe: ' .. tostring(problem) .. '\n') end
    end
    reaper.defer(loop)
  end
  loop()
end

return listener
