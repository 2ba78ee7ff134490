-- A transcription from the selection to the inserted tracks, one small step per tick.

local app = require 'app'
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
  if self.window then self.window:close() end
  self.window = nil
end

-- Nothing is left to do for the job itself: files that were only for it go.
function methods:settle()
  self:leave()
  self.reader.clear()
  request.sweep(self.context)
end

-- The end of a job that is cancelled, or has nothing to say.
function methods:finish()
  self:settle()
  self:close()
end

-- The last words of a job stay in its window until they were read. Where the user has closed it, or nobody sits at the
-- screen, they go to the console: a box would pop up over whatever is done by then.
function methods:say(stage, sentence)
  -- A drawn window is silent to a screen reader; OSARA speaks for it.
  if sentence and reaper.osara_outputMessage then reaper.osara_outputMessage('dawscribe: ' .. sentence) end
  if not self.window or self.chosen.is_from_outside then
    if sentence then app.note(sentence) end
    return self:close()
  end
  self.stage, self.status, self.notice = 'told', { stage = stage }, sentence
  self.told_at = reaper.time_precise()
end

-- The end of a job that failed; what it was to hear stays for `dawscribe retry`.
function methods:fail(sentence)
  self:leave()
  self:say('failed', sentence)
end

function methods:cancel()
  self.is_cancelled = true
  self:close_window()
  if not self.id then return self:finish() end
  self.stage, self.next_look = 'cancel', 0
end

-- The buttons of a stage, from right to left.
function methods:labels()
  return stages.labels(self)
end

function methods:tick()
  signals.beat()
  local asked = self.window and self.window:draw(self.status, self.notice or self.hint, self:labels())
  if asked == 'closed' then
    -- A closed window is no cancel: the job goes on and its tracks appear when they are ready.
    self:close_window()
    if self.stage == 'told' then return self:close() end
  end
  if (asked == 'Cancel' or self.cancelled()) and self.stage ~= 'cancel' and self.stage ~= 'told' then
    self:cancel()
  elseif asked and asked ~= 'closed' then
    stages.answer(self, asked)
  end
  if not self.over then stages[self.stage](self) end
end

-- Starts a job for the entries of a selection; it lives in the defer loop until it is over. `note` is what the user
-- has to know about the selection; `follow`, where there is one, starts what comes after it, unless it was cancelled.
function job.run(context, entries, chosen, note, follow)
  local self = setmetatable({
    context = context, entries = entries, chosen = chosen, stage = 'start', hint = note,
    status = { stage = 'start', fraction = 0 }, next_look = 0, reader = request.reader(context, entries, chosen),
    window = window.open(entries[1].name), cancelled = signals.listen(), has_more = follow ~= nil,
  }, { __index = methods })
  local function loop()
    self:tick()
    if not self.over then return reaper.defer(loop) end
    if follow and not self.is_cancelled then follow() end
  end
  -- REAPER quits or the user ends the script.
  reaper.atexit(function() self:leave() end)
  signals.beat()
  reaper.defer(loop)
end

-- Runs a job for each group of a selection, one after the other in the same window (a script has but one): what is one
-- part by itself is heard otherwise than a mix.
function job.run_all(context, groups, note)
  local function start(index)
    local group = groups[index]
    local follow = groups[index + 1] and function() start(index + 1) end
    job.run(context, group.entries, group.chosen, index == 1 and note or nil, follow)
  end
  start(1)
end

return job
