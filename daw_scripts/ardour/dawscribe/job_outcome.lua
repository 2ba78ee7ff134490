-- What becomes of a job that has ended: it is inserted, offered, or forgotten with a sentence.

local app = ...
local job_outcome = {}

local OFFER = 'dawscribe has a finished transcription for this session that was not inserted yet. Insert it now?\n'
  .. '"No" discards it; closed without an answer, this question comes again when the session is opened again.'
local GONE = 'A transcription for this session was removed before it could be inserted; transcribe the region again.'
local FAILED = "The transcription failed; run 'dawscribe logs' to see why."
local NOTHING = 'No notes were heard in the selection, so there are no new tracks.'

-- Seconds for which a job may be in no folder at all; the daemon moves it from one to the next at once.
local LOST_S = 5

local opened = os.time()
-- Per job id: the revision that failed to insert or was put off, so that it waits until the session is opened anew.
local set_aside = {}
-- Per job id: true once it was seen unfinished, so that it needs no question when it is done.
local watched = {}
-- Per job id: since when it cannot be found.
local lost_since = {}
-- Per sentence: true once it was shown, so that a missing instrument is not told at every insertion.
local told = {}

local function revision_of(status)
  return status and app.spool.revision(status) or 1
end

function job_outcome.set_aside(id, status)
  set_aside[id] = revision_of(status)
end

function job_outcome.is_set_aside(id, status)
  return set_aside[id] == revision_of(status)
end

-- Notes that a job is in work; true the first time.
function job_outcome.watch(id)
  local is_new = not watched[id]
  watched[id], lost_since[id] = true, nil
  return is_new
end

local function settle(id)
  app.pending.remove(id)
  app.rendering.clean(id)
end

-- What the daemon's last words say beside the number of notes, and what the insertion adds.
local function tell(message, warnings, count)
  local rest = type(message) == 'string' and message:gsub('^%d+ notes%.%s*', '') or ''
  if count == 0 then return app.messages.show(rest ~= '' and rest or NOTHING) end
  local new = {}
  for _, sentence in ipairs({ rest, table.unpack(warnings) }) do
    if sentence ~= '' and not told[sentence] then new[#new + 1] = sentence end
    told[sentence] = true
  end
  if #new > 0 then app.messages.show(table.concat(new, '\n')) end
end

-- Inserts a finished job, once: its mark is set before, so that a crash in between cannot double the tracks. `held` is
-- the revision that was inserted before, where one was.
local function insert(id, status, held)
  local marked, why = app.spool:mark_inserted(id, revision_of(status))
  if not marked then app.spool:complain(why) end
  local ok, warnings, count = pcall(app.insert.run, id, held ~= nil)
  if not ok then
    app.spool:unmark_inserted(id, held)
    error(warnings, 0)
  end
  settle(id)
  -- What was to be said about the first hearing was said then.
  tell(held and '' or status.message, warnings, held and 1 or count)
end

local function discard(id, status)
  app.spool:mark_inserted(id, revision_of(status))
  settle(id)
end

-- A job that ended before this session was opened is offered, not forced upon the user; a correction he sent himself.
local function done(id, status)
  local held = app.spool:inserted_revision(id)
  if held and held >= revision_of(status) then return settle(id) end
  if app.spool:is_cancelled(id) then return discard(id, status) end
  if not held and not watched[id] and app.spool.asked_at(id) < opened then
    if not app.hook.settled() then return end
    local answer = app.messages.ask(OFFER)
    if answer == false then return discard(id, status) end
    if answer == nil then return job_outcome.set_aside(id, status) end
  end
  insert(id, status, held)
end

-- What was rendered for a failed job stays for 'dawscribe retry'; of a refused request there is no job to retry.
local function failed(id, message)
  app.pending.remove(id)
  if app.spool:is_refused(id) then app.rendering.clean(id) end
  app.messages.show(type(message) == 'string' and message ~= '' and message or FAILED)
end

local function lost(id)
  lost_since[id] = lost_since[id] or os.time()
  if os.time() - lost_since[id] < LOST_S then return end
  settle(id)
  app.messages.show(GONE)
end

-- Handles a job that is not in work any more; `status` is nil where there is no trace of it.
function job_outcome.handle(id, status)
  if not status then return lost(id) end
  if status.state == 'done' then return done(id, status) end
  if status.state == 'failed' then return failed(id, status.message) end
  app.pending.remove(id)
end

return job_outcome
