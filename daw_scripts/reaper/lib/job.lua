-- A transcription from the selection to the inserted tracks, one small step per tick.

local app = require 'app'
local request = require 'request'
local start_daemon = require 'start_daemon'
local insert = require 'insert'
local keep_files = require 'keep_files'
local window = require 'window'

local job = {}

-- How often the status file is read: often enough for a smooth bar, seldom enough not to be felt.
local LOOK_S = 0.2

local stages = {}

function stages.start(self)
  local answer, note = self.start(os.time())
  if not answer then return self:stop(note) end
  self.notice = note
  self.status = { stage = 'start', fraction = 0 }
  if answer == 'running' then self.stage = 'read' end
end

function stages.read(self)
  local id, more = self.read()
  if id == false then return self:stop(more) end
  self.status = { stage = 'item', fraction = more or 0 }
  if id then
    self.id, self.stage = id, 'wait'
    self.status = { stage = 'queued', fraction = 0 }
  end
end

function stages.wait(self)
  local now = reaper.time_precise()
  if now < (self.next_look or 0) then return end
  self.next_look = now + LOOK_S
  local status = self.context.spool:status(self.id)
  if not status then return end
  self.status = status
  if status.state == 'failed' then return self:stop(status.message) end
  if status.state == 'cancelled' then return self:stop() end
  if status.state == 'done' then self.stage = 'keep' end
end

function stages.keep(self)
  self.status = { stage = 'insert', fraction = 1, device = self.status.device }
  if not self.result then
    local result, more = insert.load(self.context, self.id)
    if not result then return self:stop(more or insert.CLOSED) end
    self.result, self.project = result, more
    self.keep = keep_files.steps(result, more, self.context.home .. '/jobs/' .. self.id)
  end
  if not self.keep() then return end
  local ok, more = insert.result(self.context, self.result, self.project)
  if not ok then return self:stop(more) end
  if #more > 0 then reaper.ShowConsoleMsg('dawscribe: ' .. table.concat(more, '\ndawscribe: ') .. '\n') end
  self:stop()
end

local methods = {}

function methods:stop(sentence)
  self.over = true
  if self.window then self.window.close() end
  if self.id then request.clean(self.context, self.id) end
  if sentence then app.say(sentence) end
end

function methods:cancel()
  if self.id then
    self.context.spool:cancel(self.id)
  else
    self.over = true
    if self.window then self.window.close() end
  end
end

function methods:tick()
  local asked = self.window and self.window.draw(self.status, self.notice)
  if asked == 'cancel' then self:cancel() end
  -- A closed window is no cancel: the job goes on and its tracks appear when they are ready.
  if asked == 'closed' then self.window = nil end
  if not self.over then stages[self.stage](self) end
end

-- Starts a job for the entries of a selection; it lives in the defer loop until it is over.
function job.run(context, entries, chosen)
  local self = setmetatable({
    context = context, stage = 'start', status = { stage = 'start', fraction = 0 },
    start = start_daemon.new(context.spool, context.launch, context.version),
    read = request.steps(context, entries, chosen), window = window.open(entries[1].name),
  }, { __index = methods })
  local function loop()
    self:tick()
    if not self.over then reaper.defer(loop) end
  end
  reaper.defer(loop)
  return self
end

return job
