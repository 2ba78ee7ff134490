-- One thing that sounds, read piece by piece: the take of an item, or a track with the items of a span on it.

local online = require 'online'
local selection = require 'selection'
local take_gain = require 'take_gain'

local voice = {}

local UNREADABLE = 'REAPER could not read "%s"; glue it and try again.'

-- Ticks that media which has gone offline is waited for: a second and a half.
local MAX_TRIES = 45

-- The end of a source, in seconds, where an accessor may have nothing to give any more.
local EDGE_S = 0.05

local methods = {}

local function value(take, key)
  return reaper.GetMediaItemTakeInfo_Value(take, key)
end

-- What the span's items of a track sound like, as text: a track's accessor tells of edits anywhere on the track.
local function signature(entries)
  local parts = {}
  for _, entry in ipairs(entries) do
    for _, key in ipairs { 'D_POSITION', 'D_LENGTH', 'D_FADEINLEN', 'D_FADEOUTLEN', 'B_MUTE' } do
      parts[#parts + 1] = ('%.6f'):format(reaper.GetMediaItemInfo_Value(entry.item, key))
    end
    for _, key in ipairs { 'D_STARTOFFS', 'D_PLAYRATE', 'D_PITCH', 'I_CHANMODE' } do
      parts[#parts + 1] = ('%.6f'):format(value(entry.take, key))
    end
  end
  return table.concat(parts, ' ')
end

-- Opens the accessor; nothing, or a sentence.
function methods:open()
  local entry = self.entry
  if not self:ensure_online() then return online.LOST:format(entry.name) end
  local source = online.root_of(reaper.GetMediaItemTake_Source(entry.take))
  -- REAPER fills active channels only when asked for all that the file has.
  self.channels = self.items and 2 or math.max(1, math.floor(reaper.GetMediaSourceNumChannels(source)))
  self.rate = math.floor(reaper.GetMediaSourceSampleRate(source))
  return not self:listen() and UNREADABLE:format(entry.name) or nil
end

function methods:ensure_online()
  local all = true
  for _, entry in ipairs(self.items or { self.entry }) do
    all = online.ensure(entry.project, entry.item, entry.take) and all
  end
  return all
end

-- An accessor to what sounds now; false when there is none.
function methods:listen()
  self:close()
  local entry = self.entry
  self.take = entry.take
  self.accessor = self.items and reaper.CreateTrackAudioAccessor(entry.track) or
    not self.items and reaper.CreateTakeAudioAccessor(entry.take) or nil
  if not self.accessor then return false end
  self.state = self:fingerprint()
  self.start = self.items and entry.position_s or reaper.GetAudioAccessorStartTime(self.accessor) + entry.offset_s
  return true
end

function methods:fingerprint()
  return self.items and signature(self.items) or reaper.GetAudioAccessorHash(self.accessor, '')
end

-- While REAPER quits it frees accessors itself, and an access to one is a crash.
function methods:close()
  if self.accessor and reaper.EnumProjects(0) then reaper.DestroyAudioAccessor(self.accessor) end
  self.accessor = nil
end

-- Whether what is read now sounds otherwise than what was read before. An undo of anything gives takes new handles,
-- and the old accessor is silent then.
function methods:has_changed()
  local before = self.state
  if self.items then
    return self:fingerprint() ~= before or (self.entry.take ~= self.take and not self:listen())
  end
  if self.entry.take == self.take then return reaper.AudioAccessorStateChanged(self.accessor) end
  return not self:listen() or self.state ~= before
end

-- Whether the source has sound at a time of the span, as far as that can be told without hearing it.
function methods:expects_sound(at)
  local take = self.entry.take
  if self.items or reaper.GetTakeNumStretchMarkers(take) > 0 then return false end
  if reaper.GetMediaItemInfo_Value(self.entry.item, 'B_LOOPSRC') == 1 then return true end
  local place = value(take, 'D_STARTOFFS') + (self.entry.offset_s + at) * value(take, 'D_PLAYRATE')
  local length = reaper.GetMediaSourceLength(reaper.GetMediaItemTake_Source(take))
  return place >= 0 and (length <= 0 or place < length - EDGE_S)
end

-- Sets the media online by force and looks at it anew, once a tick.
function methods:try_again()
  self.tries = self.tries + 1
  if self.tries > MAX_TRIES then return nil, online.LOST:format(self.entry.name) end
  local entry = self.entry
  online.force(entry.project, entry.item, online.root_of(reaper.GetMediaItemTake_Source(entry.take)))
  if not self:listen() then return nil, UNREADABLE:format(entry.name) end
  return false
end

-- `count` frames from a time of the span on, interleaved; false when the media has to be waited for, nil and a
-- sentence when it cannot be read.
function methods:read(at, count, rate, buffer)
  -- Past the item's end the accessor leaves the buffer as it was: silence must stand there before.
  buffer.clear()
  local answer = reaper.GetAudioAccessorSamples(self.accessor, rate, self.channels, self.start + at, count, buffer)
  if answer < 0 then return nil, UNREADABLE:format(self.entry.name) end
  if answer == 0 and self:expects_sound(at) then return self:try_again() end
  self.tries = 0
  local samples = buffer.table(1, count * self.channels)
  local shape = not self.items and take_gain.of(self.entry.take, rate, self.channels)
  if shape then shape(samples, self.entry.offset_s + at, count) end
  return samples
end

-- Finds the items again after an undo; false when one is gone.
function methods:find_again()
  for _, entry in ipairs(self.items or { self.entry }) do
    if not selection.find_again(entry) then return false end
  end
  return selection.find_again(self.entry)
end

-- A voice for an entry of the selection; one with `items` is a span of its track.
function voice.new(entry)
  return setmetatable({ entry = entry, items = entry.items, tries = 0 }, { __index = methods })
end

return voice
