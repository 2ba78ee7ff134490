-- How an entry's sound reaches the daemon, the least intrusive way that is true: a span of its file, samples from an
-- accessor, or a render of its take FX. Each way is a reader: `step`, to be called once a tick, is nil while it works,
-- then the request's `audio`, or false and a sentence; `abort` leaves nothing behind.

local render_take = require 'render_take'
local spans = require 'spans'
local take_gain = require 'take_gain'
local wav_writer = require 'wav_writer'

local item_audio = {}

-- Files that the daemon reads as REAPER does, sample for sample. Lossy ones are not among them: decoders differ in
-- where they begin (an MP3 by 25 to 50 ms).
local READABLE = { wav = true, wave = true, flac = true, aif = true, aiff = true }

-- REAPER plays the first pair of a file with more channels; the daemon would mix all of them.
local MAX_CHANNELS = 2

-- Take lengths and file lengths may differ by a rounded sample.
local TOLERANCE_S = 0.002

local function value(take, key)
  return reaper.GetMediaItemTakeInfo_Value(take, key)
end

-- Whether the take is edited in ways that only REAPER hears: stretched, pitched, or in its spectrum.
local function is_edited(take)
  local _, edits = reaper.GetSetMediaItemTakeInfo_String(take, 'IP_SPECEDIT:CNT', '', false)
  return reaper.GetTakeNumStretchMarkers(take) > 0 or value(take, 'D_PLAYRATE') ~= 1 or value(take, 'D_PITCH') ~= 0
    or value(take, 'I_CHANMODE') ~= 0 or (tonumber(edits) or 0) > 0
end

-- The file's span when the take plays it untouched, else nil.
local function plain_span(entry)
  local take, source = entry.take, reaper.GetMediaItemTake_Source(entry.take)
  if entry.items or entry.voices or reaper.GetMediaSourceParent(source) or is_edited(take) then return nil end
  if take_gain.has_any(take) or reaper.GetMediaSourceNumChannels(source) > MAX_CHANNELS then return nil end
  local path = reaper.GetMediaSourceFileName(source)
  if not READABLE[(path:match('%.(%w+)$') or ''):lower()] then return nil end
  local start = value(take, 'D_STARTOFFS') + entry.offset_s
  local length = reaper.GetMediaSourceLength(source)
  if start < 0 or start + entry.length_s > length + TOLERANCE_S then return nil end
  return { path = path, start_s = start, length_s = math.min(entry.length_s, length - start) }
end

local function span_reader(entry, span)
  span.gain = entry.gain
  return { step = function() return span end, abort = function() end, fraction = function() return 1 end }
end

local function accessor_reader(entry, path)
  local writer = wav_writer.new(entry, path)
  local function step()
    local done, problem = writer:step()
    if not done then return done, problem end
    return { path = path, start_s = 0.0, length_s = entry.length_s, gain = entry.gain, temporary = true }
  end
  local function abort()
    writer:close()
    os.remove(path)
  end
  return { step = step, abort = abort, fraction = function() return writer:fraction() end }
end

-- The reader for one entry; `path` is where it may write. `own` makes REAPER read what the daemon could: it may be
-- forbidden to (macOS asks for every program anew).
function item_audio.reader(entry, path, own)
  local is_one = not entry.items and not entry.voices
  if is_one and (spans.has_active_fx(entry.take) or not take_gain.is_enough(entry.take)) then
    return render_take.reader(entry, path)
  end
  local span = not own and plain_span(entry)
  return span and span_reader(entry, span) or accessor_reader(entry, path)
end

return item_audio
