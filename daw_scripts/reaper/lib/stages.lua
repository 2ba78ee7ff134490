-- The stages of a running job, each called once a tick while it lasts: start, read, wait, keep; cancel ends any.

local app = require 'app'
local spool = require 'spool'
local start_daemon = require 'start_daemon'
local insert = require 'insert'
local keep_files = require 'keep_files'

-- How often the status file is read: often enough for a smooth bar, seldom enough not to be felt.
local LOOK_S = 0.2

-- A request is in the inbox or in a job folder, but for the moment in which the daemon takes it over or a status
-- file is replaced.
local GONE_S = 5
local GONE = 'The job was removed before it was done; transcribe the item again.'

local stages = {}

function stages.start(self)
  local context = self.context
  self.start = self.start or start_daemon.new(context.spool, context.launch, context.version, 'reaper')
  local answer, note = self.start(os.time())
  if not answer then return self:fail(note) end
  if note then app.note(note) end
  if answer == 'running' then
    self.stage = self.id and 'wait' or 'read'
  else
    self.status = { stage = 'start', fraction = 0 }
  end
end

function stages.read(self)
  local id, more = self.reader.step()
  if id == false then return self:fail(more) end
  self.status = { stage = 'item', fraction = more or 0 }
  if id then
    self.id, self.stage = id, 'wait'
    self.status = { stage = 'queued', fraction = 0 }
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

function stages.wait(self)
  local now = reaper.time_precise()
  if now < self.next_look then return end
  self.next_look = now + LOOK_S
  local status, daemon = self.context.spool:status(self.id), self.context.spool:daemon(os.time())
  if is_gone(self, status, now) then return self:fail(GONE) end
  self.status = status or self.status
  self.notice = not status and spool.problem(daemon) or nil
  if self.status.state == 'failed' then return self:fail(self.status.message) end
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
    if result == false and self.context.spool:is_inserted(self.id) then return self:finish() end
    if not result then return self:fail(more or insert.CLOSED) end
    self.result, self.project = result, more
    self.keep = keep_files.new(self.context, result, more)
  end
  if not self.keep.step() then return end
  local ok, more = insert.result(self.context, self.result, self.project)
  if not ok then return self:fail(more) end
  self:finish()
  if more then self.context.say(more) end
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

return stages
