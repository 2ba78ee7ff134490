-- Runs on Ardour's timer: follows this session's jobs, shows their progress and inserts what is finished.

local app = ...
local hook = {}

-- Timer calls between two looks at the spool: three a second is quick enough for a progress bar.
local EVERY = 3
-- Seconds between two attempts to start the daemon, and how many there are before the user is told.
local START_PAUSE_S, STARTS = 15, 3

-- Timer calls after which an opened session stands: a question before that would hold up Ardour's start.
local SETTLED = 30

local OFFER = 'dawscribe finished a transcription for this session while it was closed. Insert it now?\n'
  .. '"No" discards it.'
local NO_DAEMON = "dawscribe cannot be started; run 'dawscribe doctor'. Your transcription continues when it runs again."

local calls, busy = 0, false
local opened = os.time()
-- Per job id: true once it failed to insert, so that it is not tried again before the session is opened anew.
local set_aside = {}
-- Per job id: true once it was seen unfinished, so that it needs no question when it is done.
local watched = {}
-- Per job id: true once the user cancelled it.
local cancelled = {}
local starts, last_start = 0, 0

local function forget(id)
  app.progress.close()
  app.rendering.clean(id)
  app.pending.remove(id)
end

-- Inserts a finished job, once: its mark is set before, so that a crash in between cannot double the tracks.
local function insert(id)
  if not app.insert.possible() then
    set_aside[id] = app.progress.show({ state = 'done', fraction = 1 })
    if set_aside[id] then app.progress.close() end
    return
  end
  app.progress.close()
  local marked, why = app.spool:mark_inserted(id)
  if not marked then app.spool:complain(why) end
  local ok, result = pcall(app.insert.run, id)
  if ok then
    for _, warning in ipairs(result) do app.messages.log(warning) end
    return forget(id)
  end
  app.spool:unmark_inserted(id)
  set_aside[id] = true
  app.messages.show(app.messages.sentence(result))
end

-- A job that ended before this session was opened is offered, not forced upon the user.
local function finished(id)
  if app.spool:is_inserted(id) then return forget(id) end
  local asked_at = tonumber(id:match('^ardour%-(%d+)%-')) or 0
  if not watched[id] and asked_at < opened then
    if calls < SETTLED then return end
    if not app.messages.ask(OFFER) then
      app.spool:mark_inserted(id)
      return forget(id)
    end
    watched[id] = true
  end
  insert(id)
end

local function failed(id, message)
  forget(id)
  app.messages.show(type(message) == 'string' and message ~= '' and message or 'The transcription failed; see the log.')
end

-- The daemon died or was never there: its journal goes on once it runs again.
local function keep_daemon()
  if app.spool:daemon_runs() then
    starts = 0
  elseif os.time() - last_start >= START_PAUSE_S and starts <= STARTS then
    last_start, starts = os.time(), starts + 1
    if starts > STARTS or not app.spool:start_daemon() then
      starts = STARTS + 1
      app.progress.close()
      app.messages.show(NO_DAEMON)
    end
  end
end

local function cancel(id)
  -- Not taken over yet: without its request there is no job.
  if app.files:remove(app.spool:path('inbox', id .. '.json')) then return forget(id) end
  app.spool:cancel(id)
end

local function follow(id)
  local status = app.spool:status(id) or { state = 'queued' }
  if status.state == 'done' then return finished(id) end
  if status.state == 'failed' then return failed(id, status.message) end
  if status.state == 'cancelled' then return forget(id) end
  watched[id] = true
  keep_daemon()
  if starts <= STARTS and not cancelled[id] and app.progress.show(status) then
    cancelled[id] = true
    app.progress.close()
    cancel(id)
  end
end

-- A command from outside, such as an OSC message; removed before it is obeyed, so that it is obeyed once.
local function obey()
  local command = app.spool:take_command('ardour', os.time())
  if not command or command.command ~= 'transcribe_selected' then return end
  app.request.send(type(command.options) == 'table' and command.options or {})
end

local function look()
  obey()
  for _, id in ipairs(app.pending.ids()) do
    if not set_aside[id] then
      local ok, reason = pcall(follow, id)
      if ok then return end
      -- One sentence, not three a second.
      set_aside[id] = true
      error(reason, 0)
    end
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
