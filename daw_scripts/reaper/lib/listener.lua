-- The background listener: commands that OSC, MIDI and other programs send through the daemon reach the selection
-- here, and corrected results the project. It runs actions and nothing else: each job is a script of its own, with its
-- own window and its own end.

local app = require 'app'
local collect = require 'collect'
local command_handoff = require 'command_handoff'
local finished = require 'finished'
local marks = require 'marks'
local spool = require 'spool'
local startup = require 'startup'

local listener = {}

-- How often the command file is looked for: a quarter of a second is not felt, four file checks a second cost nothing.
local LOOK_S = 0.25

-- How often results of the project in front are looked at: a correction is in the project a moment after it was sent.
local REVISIONS_S = 2.0

-- Toggle state of a toolbar button, and set_action_options' flags for it.
local ON, OFF = 4, 8

-- Command -> the script of the action that obeys it.
local TRANSCRIBE, INSERT = 'dawscribe_Transcribe selected items.lua', 'dawscribe_Insert finished transcriptions.lua'
local COLLECT = 'dawscribe_Collect sounds.lua'
local ACTIONS = { transcribe_selected = TRANSCRIBE, insert_finished = INSERT }

local function number_of(script, folder)
  local action = reaper.AddRemoveReaScript(true, 0, folder .. '/' .. script, true)
  if action == 0 then error('REAPER could not register "' .. script .. '"; run "dawscribe setup reaper" again.', 0) end
  return action
end

local WAITS = 'A finished transcription waits for this project: run "dawscribe: Insert finished transcriptions".'

local methods = {}

-- Once per action: REAPER writes its key map each time.
function methods:run(script)
  self.numbers[script] = self.numbers[script] or number_of(script, self.folder)
  reaper.Main_OnCommand(self.numbers[script], 0)
end

function methods:obey()
  local command = self.context.spool:take_command('reaper', os.time())
  local script = command and ACTIONS[command.command]
  if not script then return end
  if script == TRANSCRIBE then command_handoff.give(command) end
  if script == INSERT then command_handoff.hush() end
  self:run(script)
end

-- Whether a job of the project in front has a revision that was never inserted.
function methods:is_corrected()
  for job, held in pairs(marks.jobs((reaper.EnumProjects(-1)))) do
    local status = spool.is_id(job) and self.context.spool:status(job)
    local known = math.max(held, status and self.context.spool:inserted_revision(job) or 0)
    if status and status.state == 'done' and spool.revision(status) > known then return true end
  end
  return false
end

-- Looks at each project that comes to the front, or is saved under a name: says when finished jobs wait for it, and
-- collects the sounds that were made before. The names of the jobs are few, and each is looked at only then.
function methods:greet()
  local project, path = reaper.EnumProjects(-1)
  if path == self.project then return end
  self.project = path
  if finished.waits(self.context) then app.note(WAITS) end
  if #collect.strays(project) > 0 then self:run(COLLECT) end
end

-- Brings corrections in; once for each state of the spool, so that one that cannot be inserted does not come back
-- every other second.
function methods:correct(now)
  if now < self.next_revisions then return end
  self.next_revisions = now + REVISIONS_S
  if not self:is_corrected() then
    self.tried = false
  elseif not self.tried and reaper.GetPlayStateEx(reaper.EnumProjects(-1)) & 4 == 0 then
    self.tried = true
    command_handoff.hush()
    self:run(INSERT)
  end
end

-- Looks for commands until REAPER quits, or the action "Set up" switches it off; `folder` is where the actions lie.
function listener.run(context, folder)
  local self = setmetatable({ context = context, folder = folder, numbers = {}, next_revisions = 0, tried = false },
    { __index = methods })
  local next_look, was_on = 0, startup.is_on()
  if reaper.set_action_options then reaper.set_action_options(ON) end
  local function loop()
    local now = reaper.time_precise()
    if now >= next_look then
      next_look = now + LOOK_S
      local ok, problem = pcall(function()
        self:obey()
        self:greet()
        self:correct(now)
      end)
      -- No message box: whoever sent the command may not sit at this screen. The next command may fare better.
      if not ok then app.note(tostring(problem)) end
      -- One that was started by hand goes on whatever the start-up file says.
      if was_on and not startup.is_on() then
        if reaper.set_action_options then reaper.set_action_options(OFF) end
        return
      end
    end
    reaper.defer(loop)
  end
  loop()
end

return listener
