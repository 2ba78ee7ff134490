-- Writes what an entry of the selection sounds like to a float WAV, a few milliseconds of work per tick so that
-- REAPER's windows stay alive.

local online = require 'online'
local selection = require 'selection'
local voice = require 'voice'
local wav_bytes = require 'wav_bytes'

local wav_writer = {}

-- Work per tick: a third of a 30 Hz tick while REAPER plays, three quarters of one while it is stopped and has little
-- else to do; both are below the 30 ms at which a stall is seen.
local PLAYING_S, STOPPED_S = 0.010, 0.025

-- Samples read at once: 16,384 take 3 to 8 ms, so the budget is never overdrawn by much.
local BLOCK = 16384

-- An item that is edited again and again while it is read is begun anew this often.
local MAX_RESTARTS = 2

-- Silence of this length is looked at a second time: it may be media that went offline without saying so.
local SILENCE_S = 0.5

-- Ticks that media is waited for which cannot be set online: a second and a half.
local MAX_OFFLINE = 45

local UNWRITTEN = 'The item could not be written to disk (%s); free some disk space and try again.'
local CHANGED = '"%s" was changed while it was read; transcribe it again.'

local methods = {}

local function budget(project)
  return reaper.GetPlayStateEx(project) == 0 and STOPPED_S or PLAYING_S
end

-- Opens voices and file; nothing, or a sentence.
function methods:open()
  for _, one in ipairs(self.voices) do
    local problem = one:open()
    if problem then return problem end
  end
  local first, entry = self.voices[1], self.entry
  self.rate, self.channels = first.rate, #self.voices > 1 and 2 or first.channels
  self.frames, self.done, self.quiet, self.longest = math.floor(entry.length_s * self.rate), 0, 0, { 0 }
  local widest = 1
  for _, one in ipairs(self.voices) do widest = math.max(widest, one.channels) end
  self.block = math.max(1, BLOCK // widest)
  self.buffer = reaper.new_array(self.block * widest)
  local header = wav_bytes.header(self.rate, self.channels, self.frames)
  if not header then return ('"%s" is too long to be read; split it and try again.'):format(entry.name) end
  local reason
  self.handle, reason = io.open(self.path, 'wb')
  if not self.handle then return UNWRITTEN:format(tostring(reason)) end
  self.handle:write(header)
  return nil
end

function methods:close()
  for _, one in ipairs(self.voices) do one:close() end
  if self.handle then self.handle:close() end
  self.handle = nil
end

-- True once all of the file is on disk, or false and a sentence: a full disk may show only here.
function methods:complete()
  for _, one in ipairs(self.voices) do one:close() end
  local closed, reason = self.handle:close()
  self.handle = nil
  if closed then return true end
  return false, UNWRITTEN:format(tostring(reason))
end

-- A voice's samples added to what there is, from a frame on.
local function add(sum, first, samples, channels, gain)
  local right = channels > 1 and 2 or 1
  for frame = 0, #samples // channels - 1 do
    local at, to = frame * channels, 2 * (first + frame)
    sum[to + 1] = sum[to + 1] + samples[at + 1] * gain
    sum[to + 2] = sum[to + 2] + samples[at + right] * gain
  end
end

-- Which frames of a piece of the span a voice has: the first, and how many.
local function part_of(entry, at, count, rate)
  local first = math.max(0, math.ceil((entry.late_s - at) * rate - 0.5))
  local stop = math.min(count, math.floor((entry.late_s + entry.length_s - at) * rate + 0.5))
  return first, stop - first
end

-- The next frames of all voices; false when media has to be waited for, nil and a sentence.
function methods:read(at, count)
  if #self.voices == 1 then return self.voices[1]:read(at, count, self.rate, self.buffer) end
  local sum = {}
  for index = 1, count * 2 do sum[index] = 0.0 end
  for _, one in ipairs(self.voices) do
    local first, frames = part_of(one.entry, at, count, self.rate)
    if frames > 0 then
      local from = at + first / self.rate - one.entry.late_s
      local samples, problem = one:read(from, frames, self.rate, self.buffer)
      if not samples then return samples, problem end
      add(sum, first, samples, one.channels, one.entry.gain)
    end
  end
  return sum
end

local function is_silent(samples)
  for index = 1, #samples do
    if samples[index] ~= 0 then return false end
  end
  return true
end

-- Keeps the longest run of blocks without any sound: {frames, where its middle lies}.
function methods:note_silence(silent, count)
  self.quiet = silent and self.quiet + count or 0
  if self.quiet > self.longest[1] then self.longest = { self.quiet, self.done - self.quiet // 2 } end
end

-- True when a block was written, false when media has to be waited for, nil and a sentence.
function methods:write_block()
  local count = math.min(self.block, self.frames - self.done)
  local samples, problem = self:read(self.done / self.rate, count)
  if not samples then return samples, problem end
  local ok, reason = self.handle:write(wav_bytes.pack(samples))
  if not ok then return nil, UNWRITTEN:format(tostring(reason)) end
  self.done = self.done + count
  self:note_silence(is_silent(samples), count)
  return true
end

-- Whether the longest silence is silence still, after all media was set online by force.
function methods:is_silence_true()
  if self.longest[1] < SILENCE_S * self.rate then return true end
  for _, one in ipairs(self.voices) do
    for _, entry in ipairs(one.items or { one.entry }) do
      online.force(entry.project, entry.item, online.root_of(reaper.GetMediaItemTake_Source(entry.take)))
    end
    if not one:listen() then return false end
  end
  local at = math.max(0, math.min(self.longest[2], self.frames - self.block))
  local samples = self:read(at / self.rate, math.min(self.block, self.frames))
  return samples and is_silent(samples)
end

-- Begins anew; a sentence when that was done often enough.
function methods:restart(sentence)
  self.restarts = self.restarts + 1
  if self.restarts > MAX_RESTARTS then return sentence:format(self.entry.name) end
  self:close()
  return nil
end

-- Opens what is not open, and begins again where an item was edited meanwhile; a sentence when that is impossible,
-- false when media is offline and has to be waited for.
function methods:prepare()
  for _, one in ipairs(self.voices) do
    if not one:find_again() then return selection.GONE end
    if not one:ensure_online() then
      self.offline = self.offline + 1
      return self.offline > MAX_OFFLINE and online.LOST:format(self.entry.name) or false
    end
    self.offline = 0
    if self.handle and one:has_changed() then
      local problem = self:restart(CHANGED)
      if problem then return problem end
    end
  end
  if self.handle then return nil end
  return self:open()
end

-- nil while there is more to write, true at the end, false and a sentence.
function methods:step()
  local begun = reaper.time_precise()
  local problem = self:prepare()
  if problem then return false, problem end
  if problem == false then return nil end
  local limit = budget(self.entry.project)
  repeat
    local ok, reason = self:write_block()
    if ok == nil then return false, reason end
    if not ok then return nil end
  until self.done >= self.frames or reaper.time_precise() - begun > limit
  if self.done < self.frames then return nil end
  if self:is_silence_true() then return self:complete() end
  problem = self:restart(online.LOST)
  if problem then return false, problem end
  return nil
end

-- The part that is read already, 0 to 1.
function methods:fraction()
  return self.handle and self.frames > 0 and self.done / self.frames or 0
end

-- A writer for an entry; one with `voices` is several entries that sound together (see selection).
function wav_writer.new(entry, path)
  local voices = {}
  for index, one in ipairs(entry.voices or { entry }) do voices[index] = voice.new(one) end
  return setmetatable({ entry = entry, path = path, restarts = 0, offline = 0, voices = voices }, { __index = methods })
end

return wav_writer
