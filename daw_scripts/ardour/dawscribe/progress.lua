-- Ardour's progress window with its Cancel button. It is modal, and Space presses Cancel in it: so it comes up only
-- when the user asks for it, and goes as soon as its job has ended.

local progress = { id = nil }
local window

local STAGES = {
  read = 'Reading the audio',
  separate = 'Separating the instruments',
  transcribe = 'Hearing the notes',
  score = 'Writing the notes',
}

-- The line under the bar.
local function line(status)
  if type(status.problem) == 'string' then return status.problem end
  local stage = STAGES[status.stage] or (status.state == 'queued' and 'Waiting for its turn') or 'Working'
  if type(status.eta_s) == 'number' and status.eta_s >= 1 then
    stage = string.format('%s, about %d s to go', stage, math.ceil(status.eta_s))
  end
  if type(status.notes) == 'number' and status.notes > 0 then
    stage = string.format('%s, %d notes so far', stage, math.floor(status.notes))
  end
  return stage
end

function progress.close()
  if window then window:done() end
  window, progress.id = nil, nil
end

-- Closes the window of a job that has ended, before anything else is shown.
function progress.leave(id)
  if id == progress.id then progress.close() end
end

-- The job to show: the one in work, else the one that waits longest.
local function chosen(unfinished)
  for _, job in ipairs(unfinished) do
    if job.status.state == 'running' then return job.id end
  end
  return unfinished[1].id
end

-- Opens the window for one of the unfinished jobs; a window that was closed with Esc is made anew.
function progress.open(unfinished)
  progress.close()
  window, progress.id = LuaDialog.ProgressWindow('dawscribe', true), chosen(unfinished)
end

-- Shows how far a job is, where the window is about it; true when the user has just cancelled it.
function progress.update(job)
  if job.id ~= progress.id then return false end
  local fraction = type(job.status.fraction) == 'number' and job.status.fraction or 0
  window:progress(math.max(0, math.min(1, fraction)), line(job.status))
  local cancelled = window:canceled()
  if cancelled then progress.close() end
  return cancelled
end

return progress
