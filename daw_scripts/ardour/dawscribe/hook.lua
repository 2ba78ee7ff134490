-- Runs on Ardour's timer: follows this session's jobs, keeps the daemon running for them and hands on what has ended.

local app = ...
local hook = {}

-- Timer calls between two looks at the spool: three a second is quick enough for a progress bar.
local EVERY = 3
-- Timer calls after which an opened session stands: a question before that would hold up Ardour's start.
local SETTLED = 30

local calls, busy = 0, false

function hook.settled()
  return calls >= SETTLED
end

local function cancel(id)
  -- Not taken over yet: without its request there is no job.
  if app.spool:withdraw(id) then
    app.pending.remove(id)
    return app.rendering.clean(id)
  end
  app.spool:cancel(id)
end

-- A command from outside, such as an OSC message; removed before it is obeyed, so that it is obeyed once.
local function obey()
  local command = app.spool:take_command('ardour', os.time())
  if not command or command.command ~= 'transcribe_selected' then return end
  app.request.send(type(command.options) == 'table' and command.options or {})
end

-- Hands on a job that has ended. Dialogs and new tracks wait for the transport: they would keep the mouse from its
-- buttons.
local function close(id, status)
  app.progress.leave(id)
  if not app.insert.possible() then return end
  local well = app.messages.guard(function() app.job_outcome.handle(id, status) end)
  -- One sentence, not three a second.
  if not well then app.job_outcome.set_aside(id, status) end
end

-- The jobs that have not ended, with their status; the others are handed on.
local function follow()
  local unfinished = {}
  for _, id in ipairs(app.pending.ids()) do
    local status = app.spool:progress_of(id)
    if status and not app.spool.is_final(status) then
      unfinished[#unfinished + 1] = { id = id, status = status }
      if app.job_outcome.watch(id) then app.daemon.renew() end
    elseif not app.job_outcome.is_set_aside(id, status) then
      close(id, status)
    end
  end
  return unfinished
end

local function look()
  obey()
  local unfinished = follow()
  if #unfinished > 0 then app.daemon.keep() end
  if app.pending.take_question() and #unfinished > 0 then app.progress.open(unfinished) end
  for _, job in ipairs(unfinished) do
    if app.progress.update(job) then cancel(job.id) end
  end
end

-- Called ten times a second. Dialogs and imports run Ardour's event loop, which calls this again: `busy` stops that.
function hook.tick()
  if busy or not Session then return end
  calls = calls + 1
  if calls % EVERY ~= 0 then return end
  busy = true
  app.messages.guard(look)
  busy = false
end

return hook
