-- Writes what a take plays to a float WAV, a few milliseconds of work per tick so that REAPER's windows stay alive.

local selection = require 'selection'
local wav_bytes = require 'wav_bytes'

local wav_writer = {}

-- Work per tick: a third of a 30 Hz tick, and well below the 30 ms at which a stall is seen.
local BUDGET_S = 0.010

-- Samples read at once: 4,096 take about 2 ms, so the budget is never overdrawn by much.
local BLOCK = 4096

-- An item that is edited again and again while it is read is begun anew this often.
local MOST_RESTARTS = 2

local UNWRITTEN = 'The item could not be written to disk (%s); free some disk space and try again.'
local CHANGED = '"%s" was changed while it was read; transcribe it again.'

local methods = {}

-- Opens accessor and file; nothing, or a sentence.
function methods:open()
  local entry = self.entry
  local source = selection.root_of(reaper.GetMediaItemTake_Source(entry.take))
  -- REAPER fills active channels only when asked for all that the file has.
  self.channels = math.max(1, math.floor(reaper.GetMediaSourceNumChannels(source)))
  self.rate = math.floor(reaper.GetMediaSourceSampleRate(source))
  self.frames, self.done = math.floor(entry.length_s * self.rate), 0
  self.block = math.max(1, BLOCK // self.channels)
  self.buffer = reaper.new_array(self.block * self.channels)
  local header = wav_bytes.header(self.rate, self.channels, self.frames)
  if not header then return ('"%s" is too long to be read; split it and try again.'):format(entry.name) end
  if not self:listen() then return ('REAPER could not read "%s"; glue it and try again.'):format(entry.name) end
  local reason
  self.handle, reason = io.open(self.path, 'wb')
  if not self.handle then return UNWRITTEN:format(tostring(reason)) end
  self.handle:write(header)
  return nil
end

-- An accessor to the take as it is now; false when it has no sound.
function methods:listen()
  self:release()
  self.take, self.accessor = self.entry.take, reaper.CreateTakeAudioAccessor(self.entry.take)
  if not self.accessor then return false end
  self.hash = reaper.GetAudioAccessorHash(self.accessor, '')
  self.start = reaper.GetAudioAccessorStartTime(self.accessor) + self.entry.offset_s
  return true
end

function methods:release()
  if self.accessor then reaper.DestroyAudioAccessor(self.accessor) end
  self.accessor = nil
end

function methods:close()
  self:release()
  if self.handle then self.handle:close() end
  self.handle = nil
end

-- True once all of the file is on disk, or false and a sentence: a full disk may show only here.
function methods:complete()
  self:release()
  local closed, reason = self.handle:close()
  self.handle = nil
  if closed then return true end
  return false, UNWRITTEN:format(tostring(reason))
end

-- Whether what is read now sounds otherwise than what was read before. An undo of anything gives the take a new
-- handle, and the old accessor is silent then.
function methods:has_changed()
  if self.entry.take == self.take then return reaper.AudioAccessorStateChanged(self.accessor) end
  local before = self.hash
  return not self:listen() or self.hash ~= before
end

function methods:write_block()
  local count = math.min(self.block, self.frames - self.done)
  -- Past the item's end the accessor leaves the buffer as it was: silence must stand there before.
  self.buffer.clear()
  local at = self.start + self.done / self.rate
  local answer = reaper.GetAudioAccessorSamples(self.accessor, self.rate, self.channels, at, count, self.buffer)
  if answer < 0 then return nil, 'REAPER could not read the item; try again.' end
  local ok, reason = self.handle:write(wav_bytes.pack(self.buffer.table(1, count * self.channels)))
  if not ok then return nil, UNWRITTEN:format(tostring(reason)) end
  self.done = self.done + count
  return true
end

-- Opens what is not open, and begins again where the item was edited meanwhile; a sentence when that is impossible.
function methods:prepare()
  if not selection.find_again(self.entry) then return selection.GONE end
  if self.handle and self:has_changed() then
    self.restarts = self.restarts + 1
    if self.restarts > MOST_RESTARTS then return CHANGED:format(self.entry.name) end
    self:close()
  end
  return not self.handle and self:open() or nil
end

-- nil while there is more to write, true at the end, false and a sentence.
function methods:step()
  local begun = reaper.time_precise()
  local problem = self:prepare()
  if problem then return false, problem end
  repeat
    local ok, reason = self:write_block()
    if not ok then return false, reason end
  until self.done >= self.frames or reaper.time_precise() - begun > BUDGET_S
  if self.done < self.frames then return nil end
  return self:complete()
end

function wav_writer.new(entry, path)
  return setmetatable({ entry = entry, path = path, restarts = 0 }, { __index = methods })
end

return wav_writer
