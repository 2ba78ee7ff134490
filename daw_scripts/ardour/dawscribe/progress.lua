-- Ardour's progress window for the job in work, with its Cancel button.

local app = ...
local progress = { window = nil }

local STAGES = {
  read = 'Reading the audio',
  separate = 'Separating the instruments',
  transcribe = 'Hearing the notes',
  score = 'Writing the notes',
}

local STATES = { queued = 'Waiting for its turn', done = 'Stop the transport to insert the tracks' }

-- The line under the bar.
local function line(status)
  local stage = STAGES[status.stage] or STATES[status.state] or 'Working'
  if type(status.eta_s) == 'number' and status.eta_s >= 1 then
    stage = string.format('%s, about %d s to go', stage, math.ceil(status.eta_s))
  end
  if type(status.notes) == 'number' and status.notes > 0 then
    stage = string.format('%s, %d notes so far', stage, math.floor(status.notes))
  end
  return stage
end

-- Shows how far a job is; true when the user cancelled it.
function progress.show(status)
  progress.window = progress.window or LuaDialog.ProgressWindow('dawscribe', true)
  local fraction = type(status.fraction) == 'number' and status.fraction or 0
  progress.window:progress(math.max(0, math.min(1, fraction)), line(status))
  return progress.window:canceled()
end

function progress.close()
  if not progress.window then return end
  progress.window:done()
  progress.window = nil
end

return progress
