-- A transcription from the selection to the inserted tracks, one small step per tick.

local request = require 'request'
local start_daemon = require 'start_daemon'
local insert = require 'insert'
local keep_files = require 'keep_files'
local signals = require 'signals'
local window = require 'window'

local job = {}

-- How often the status file is read: often enough for a smooth bar, seldom enough not to be felt.
local LOOK_S = 0.2

-- A request is in the inbox or in a job folder, but for the moment in which the daemon takes it over or a status
-- file is replaced.
local GONE_S = 5
local GONE = 'The job was removed before it was done; transcribe the item again.'

local stages = {}

function stages.start(self)
  local answer, note = self.start(os.time())
  if not answer then return self:fail(note) end
  self.notice = note
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
  local now, spool = reaper.time_precise(), self.context.spool
  if now < self.next_look then return end
  self.next_look = now + LOOK_S
  local status = spool:status(self.id)
  if is_gone(self, status, now) then return self:fail(GONE) end
  self.status = status or self.status
  if self.status.state == 'failed' then return self:fail(self.status.message) end
  if self.status.state == 'cancelled' then return self:finish() end
  if self.status.state == 'done' then
    self.stage = 'keep'
  elseif not spool:daemon(os.time()) then
    -- It died, or the machine slept. A new one goes on with what is in the spool.
    self.start, self.stage = start_daemon.new(spool, self.context.launch, self.context.version, 'reaper'), 'start'
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
  local now, spool = reaper.time_precise(), self.context.spool
  if now < self.next_look then return end
  self.next_look = now + LOOK_S
  spool:withdraw(self.id)
  spool:cancel(self.id)
  local status = spool:status(self.id)
  if spool.is_final(status) or is_gone(self, status, now) or not spool:daemon(os.time()) then self:finish() end
end

local methods = {}

function methods:close()
  self.over = true
  self:close_window()
  self:leave()
end

-- Leaves nothing behind that was half read, or copied for an insertion that does not come.
function methods:leave()
  self.reader.abort()
  if self.keep then self.keep.abort() end
  signals.rest()
end

function methods:close_window()
  if self.window then self.window.close() end
  self.window = nil
end

-- The end of a job that is done or cancelled.
function methods:finish()
  self:close()
  self.reader.clear()
  request.sweep(self.context)
end

-- The end of a job that failed; what it was to hear stays for `dawscribe retry`.
function methods:fail(sentence)
  self:close()
  self.context.say(sentence)
end

function methods:cancel()
  self:close_window()
  if not self.id then return self:finish() end
  self.stage, self.next_look = 'cancel', 0
end

function methods:tick()
  signals.beat()
  local asked = self.window and self.window.draw(self.status, self.notice)
  -- A closed window is no cancel: the job goes on and its tracks appear when they are ready.
  if asked == 'closed' then self.window = nil end
  if (asked == 'cancel' or self.cancelled()) and self.stage ~= 'cancel' then self:cancel() end
  if not self.over then stages[self.stage](self) end
end

-- Starts a job for the entries of a selection; it lives in the defer loop until it is over.
function job.run(context, entries, chosen)
  local self = setmetatable({
    context = context, entries = entries, stage = 'start', status = { stage = 'start', fraction = 0 }, next_look = 0,
    start = start_daemon.new(context.spool, context.launch, context.version, 'reaper'),
    reader = request.reader(context, entries, chosen), window = window.open(entries[1].name),
    cancelled = signals.listen(),
  }, { __index = methods })
  local function loop()
    self:tick()
    if not self.over then reaper.defer(loop) end
  end
  -- REAPER quits or the user ends the script.
  reaper.atexit(function() self:leave() end)
  signals.beat()
  reaper.defer(loop)
end

return job
