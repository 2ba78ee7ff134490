-- A transcription from the selection to the inserted tracks, one small step per tick.

local request = require 'request'
local signals = require 'signals'
local stages = require 'stages'
local window = require 'window'

local job = {}

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
