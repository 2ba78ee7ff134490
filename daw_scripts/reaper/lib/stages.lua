-- The stages of a running job, each called once a tick while it lasts: start, read, wait, keep, ask, put, told;
-- cancel ends any.

local app = require 'app'
local project_tab = require 'project_tab'
local insert = require 'insert'
local project_files = require 'project_files'
local online = require 'online'
local request = require 'request'
local review = require 'review'
local spool = require 'spool'
local start_daemon = require 'start_daemon'
local tempo = require 'tempo'

-- How often the status file is read: often enough for a smooth bar, seldom enough not to be felt.
local LOOK_S = 0.2

-- A request is in the inbox or in a job folder, but for the moment in which the daemon takes it over or a status
-- file is replaced.
local GONE_S = 5
local GONE = 'The job was removed before it was done; transcribe the item again.'

-- How long a window that offers the review stays after the insertion: long enough to be seen and reached.
local OFFER_S = 20.0

local PRIVACY = 'macOS may forbid dawscribe to read where the audio lies: allow it under System Settings > Privacy & '
  .. 'Security > Files and Folders (or Full Disk Access), for "python" or "dawscribe".'

local stages = {}

function stages.start(self)
  local context = self.context
  self.start = self.start or start_daemon.new(context.spool, context.launch, context.version, 'reaper')
  local answer, note = self.start(os.time())
  if not answer then return self:fail(context.sandboxed and app.SANDBOXED or note) end
  if note then self.hint = note end
  if answer == 'running' then
    self.stage = self.id and 'wait' or 'read'
  else
    self.status = { stage = 'start', fraction = 0 }
  end
end

function stages.read(self)
  local id, more, notice = self.reader.step()
  if id == false then return self:fail(more) end
  self.status, self.notice = { stage = 'item', fraction = more or 0 }, notice
  if id then
    self.id, self.stage, self.missing_since = id, 'wait', nil
    self.status = { stage = 'queued', fraction = 0 }
    -- Said only where it mattered: REAPER read the item itself, and may be in the back.
    self.hint = self.hint or (not self.reader.uses_own_files() and online.hint() or nil)
  end
end

-- True once nothing has been known of the job for so long that it will not come back.
local function is_gone(self, status, now)
  if status or self.context.spool:is_handed_in(self.id) then
    self.missing_since = nil
    return false
  end
  self.missing_since = self.missing_since or now
  return now - self.missing_since > GONE_S
end

local function is_mac()
  return reaper.GetOS():match('^OSX') ~= nil or reaper.GetOS():match('^macOS') ~= nil
end

-- A job that failed. macOS asks for each program anew who may read the user's folders: what the daemon was refused,
-- REAPER reads itself.
local function failed(self)
  if is_mac() and self.status.stage == 'read' and not self.own and self.reader.uses_own_files() then
    self.own, self.id = true, nil
    self.reader = request.reader(self.context, self.entries, self.chosen, true)
    self.stage = 'read'
    return
  end
  local hint = is_mac() and self.status.stage == 'read' and ' ' .. PRIVACY or ''
  self:fail(spool.sentence(self.status.message) .. hint)
end

function stages.wait(self)
  local now = reaper.time_precise()
  if now < self.next_look then return end
  self.next_look = now + LOOK_S
  local status, daemon = self.context.spool:status(self.id), self.context.spool:daemon(os.time())
  if is_gone(self, status, now) then return self:fail(GONE) end
  self.status = status or self.status
  self.notice = not status and spool.problem(daemon) or nil
  if self.status.state == 'failed' then return failed(self) end
  if self.status.state == 'cancelled' then return self:finish() end
  if self.status.state == 'done' then
    self.stage = 'keep'
  elseif not daemon then
    -- It died, or the machine slept. A new one goes on with what is in the spool.
    self.start, self.stage = nil, 'start'
  end
end

function stages.keep(self)
  self.status = { stage = 'insert', fraction = 1, device = self.status.device }
  if not self.result then
    local result, more = insert.load(self.context, self.id, self.entries)
    -- The action "Insert finished transcriptions" may have been faster.
    if result == false and self.context.spool:inserted_revision(self.id) then return self:finish() end
    if not result then return self:fail(more or insert.CLOSED) end
    self.result, self.project = result, more
    self.keep = project_files.new(self.context, result, more)
  end
  if not self.keep.step() then return end
  local is_asked = self.window and not self.chosen.is_from_outside
  self.stage = is_asked and tempo.is_question(self.project, self.result) and 'ask' or 'put'
  -- The question stands in the picture as soon as its buttons do.
  if self.stage == 'ask' then self.status, self.notice = { stage = 'question' }, tempo.question(self.result) end
end

-- The project has no tempo of its own and the song's beat is certain: whose tempo is it to be?
function stages.ask(self)
  if not self.window then
    self.stage = 'put'
    return
  end
  if not project_tab.is_open(self.project) then return self:fail(insert.CLOSED) end
end

-- Nothing changes under the user's hands: neither while REAPER records nor while the mouse drags something.
local function is_busy(project)
  if project_tab.is_recording(project) then return 'recording' end
  return reaper.JS_Mouse_GetState and reaper.JS_Mouse_GetState(1) == 1 and 'insert' or nil
end

function stages.put(self)
  self.notice = nil
  if not project_tab.is_open(self.project) then return self:fail(insert.CLOSED) end
  local busy = is_busy(self.project)
  if busy then
    self.status = { stage = busy, fraction = 1 }
    return
  end
  local ok, more = insert.result(self.context, self.result, self.project)
  if not ok then return self:fail(more) end
  self:settle()
  if more then return self:say('done', more) end
  if self.window and review.command(self.context) and not self.chosen.is_from_outside and not self.has_more then
    self:say('done', insert.DONE)
    self.offers = true
    return
  end
  self:close()
end

-- The last words are in the window.
function stages.told(self)
  local is_over = self.offers and reaper.time_precise() - self.told_at > OFFER_S
  if is_over or self.cancelled() then self:close() end
end

-- Asks for the end until the daemon has obeyed; one that does not run will find the cancel file.
function stages.cancel(self)
  local now, home = reaper.time_precise(), self.context.spool
  if now < self.next_look then return end
  self.next_look = now + LOOK_S
  home:withdraw(self.id)
  home:cancel(self.id)
  local status = home:status(self.id)
  if spool.is_final(status) or is_gone(self, status, now) or not home:daemon(os.time()) then self:finish() end
end

-- The labels of a stage's buttons, from right to left.
function stages.labels(self)
  if self.stage == 'told' then return self.offers and { 'Close', 'Review' } or { 'Close' } end
  if self.stage == 'ask' then return { 'Keep', 'Set tempo' } end
  return { 'Cancel' }
end

-- What a click means.
function stages.answer(self, label)
  if label == 'Close' then return self:close() end
  if label == 'Review' then
    review.open(self.context, self.id)
    return self:close()
  end
  tempo.answer(self.project, self.result, label == 'Set tempo')
  self.stage = 'put'
end

return stages
