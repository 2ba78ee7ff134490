-- What a take's volume, pan and mute envelopes do to its level. No accessor holds them.

local take_gain = {}

-- The envelopes of a take that an accessor's samples can be given afterwards.
local KNOWN = { Volume = true, Pan = true, Mute = true }

-- Samples between two looks at an envelope: 64 are 1.5 ms, shorter than any step that is heard.
local STEP = 64

local function is_active(envelope)
  local known, active = reaper.GetSetEnvelopeInfo_String(envelope, 'ACTIVE', '', false)
  return not known or active ~= '0'
end

-- The take's active envelopes by name, and whether there are others that only a render holds.
local function envelopes_of(take)
  local found, others = {}, false
  for index = 0, reaper.CountTakeEnvelopes(take) - 1 do
    local envelope = reaper.GetTakeEnvelope(take, index)
    local _, name = reaper.GetEnvelopeName(envelope)
    if is_active(envelope) then
      if KNOWN[name] then found[name] = envelope else others = true end
    end
  end
  return found, others
end

-- Whether the take's envelopes can be reckoned here; false where one changes more than level and place.
function take_gain.is_enough(take)
  return not select(2, envelopes_of(take))
end

function take_gain.has_any(take)
  return next((envelopes_of(take))) ~= nil
end

local function value_at(envelope, time_s, rate)
  local _, value = reaper.Envelope_Evaluate(envelope, time_s, rate, STEP)
  return reaper.ScaleFromEnvelopeMode(reaper.GetEnvelopeScalingMode(envelope), value)
end

-- Gains of left and right at a time of the item. Takes have no pan law: a pan takes from the other side only.
local function gains(found, time_s, rate)
  local gain = found.Volume and value_at(found.Volume, time_s, rate) or 1.0
  if found.Mute and value_at(found.Mute, time_s, rate) < 0.5 then gain = 0.0 end
  local pan = found.Pan and value_at(found.Pan, time_s, rate) or 0.0
  return gain * math.min(1, 1 - pan), gain * math.min(1, 1 + pan)
end

-- A function that gives samples (interleaved, from a time of the item on) their envelopes' gains, in place; or nil.
function take_gain.of(take, rate, channels)
  local found = envelopes_of(take)
  if not next(found) then return nil end
  return function(samples, time_s, frames)
    for first = 0, frames - 1, STEP do
      local left, right = gains(found, time_s + first / rate, rate)
      for frame = first, math.min(frames, first + STEP) - 1 do
        local at = frame * channels
        for channel = 1, channels do
          samples[at + channel] = samples[at + channel] * (channel % 2 == 1 and left or right)
        end
      end
    end
  end
end

return take_gain
