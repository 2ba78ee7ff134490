-- How an item's sound reaches the daemon, the least intrusive way that is true: a span of its file, samples from
-- an accessor, or a render of its take FX and envelopes. Each way is a reader: `step`, to be called once a tick, is
-- nil while it works, then the request's `audio`, or false and a sentence; `abort` leaves nothing behind.

local wav_writer = require 'wav_writer'
local render_take = require 'render_take'

local item_audio = {}

-- Files the daemon reads by itself; all else comes through REAPER's own decoders.
local READABLE = { wav = true, wave = true, flac = true, aif = true, aiff = true, ogg = true, mp3 = true }

-- Take lengths and file lengths may differ by a rounded sample.
local TOLERANCE_S = 0.002

local function value(take, key)
  return reaper.GetMediaItemTakeInfo_Value(take, key)
end

local function has_active_fx(take)
  for index = 0, reaper.TakeFX_GetCount(take) - 1 do
    if reaper.TakeFX_GetEnabled(take, index) and not reaper.TakeFX_GetOffline(take, index) then return true end
  end
  return false
end

-- Volume, pan, mute and pitch over time are in no accessor.
local function has_active_envelope(take)
  for index = 0, reaper.CountTakeEnvelopes(take) - 1 do
    local known, active = reaper.GetSetEnvelopeInfo_String(reaper.GetTakeEnvelope(take, index), 'ACTIVE', '', false)
    if not known or active ~= '0' then return true end
  end
  return false
end

-- The file's span when the take plays it untouched, else nil.
local function plain_span(entry)
  local take, source = entry.take, reaper.GetMediaItemTake_Source(entry.take)
  if reaper.GetMediaSourceParent(source) or reaper.GetTakeNumStretchMarkers(take) > 0 then return nil end
  if value(take, 'D_PLAYRATE') ~= 1 or value(take, 'D_PITCH') ~= 0 or value(take, 'I_CHANMODE') ~= 0 then return nil end
  local path = reaper.GetMediaSourceFileName(source)
  if not READABLE[(path:match('%.(%w+)$') or ''):lower()] then return nil end
  local start = value(take, 'D_STARTOFFS') + entry.offset_s
  local length = reaper.GetMediaSourceLength(source)
  if start < 0 or start + entry.length_s > length + TOLERANCE_S then return nil end
  return { path = path, start_s = start, length_s = math.min(entry.length_s, length - start) }
end

local function gain_of(entry)
  local gain = reaper.GetMediaItemInfo_Value(entry.item, 'D_VOL') * math.abs(value(entry.take, 'D_VOL'))
  -- A fader that is all the way down says nothing about the notes.
  return gain > 1e-4 and gain or 1.0
end

local function span_reader(entry, span)
  span.gain = gain_of(entry)
  return { step = function() return span end, abort = function() end }
end

local function accessor_reader(entry, path)
  local writer = wav_writer.new(entry, path)
  local function step()
    local done, problem = writer:step()
    if not done then return done, problem end
    return { path = path, start_s = 0.0, length_s = entry.length_s, gain = gain_of(entry), temporary = true }
  end
  local function abort()
    writer:close()
    os.remove(path)
  end
  return { step = step, abort = abort }
end

-- The reader for one selected item; `path` is where it may write.
function item_audio.reader(entry, path)
  if has_active_fx(entry.take) or has_active_envelope(entry.take) then return render_take.reader(entry, path) end
  local span = plain_span(entry)
  return span and span_reader(entry, span) or accessor_reader(entry, path)
end

return item_audio
