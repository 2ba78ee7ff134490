-- Writes what a take plays to a float WAV, a few milliseconds of work per tick so that REAPER's windows stay alive.

local selection = require 'selection'

local wav_writer = {}

-- Work per tick: a third of a 30 Hz tick, and well below the 30 ms at which a stall is seen.
local BUDGET_S = 0.010

-- Frames read at once: 2,048 take about 2 ms, so the budget is never overdrawn by much.
local BLOCK = 2048

-- string.pack's format for 128 floats; longer argument lists come near Lua's limit of C stack slots.
local RUN = 128
local PACK_RUN = '<' .. ('f'):rep(RUN)

local function header(rate, channels, frames)
  local bytes = frames * channels * 4
  return 'RIFF' .. string.pack('<I4', 36 + bytes) .. 'WAVEfmt '
    .. string.pack('<I4I2I2I4I4I2I2', 16, 3, channels, rate, rate * channels * 4, channels * 4, 32)
    .. 'data' .. string.pack('<I4', bytes)
end

local function pack(samples)
  local parts, count = {}, #samples
  local whole = count - count % RUN
  for index = 1, whole, RUN do
    parts[#parts + 1] = string.pack(PACK_RUN, table.unpack(samples, index, index + RUN - 1))
  end
  if whole < count then
    parts[#parts + 1] = string.pack('<' .. ('f'):rep(count - whole), table.unpack(samples, whole + 1, count))
  end
  return table.concat(parts)
end

local function finish(state)
  reaper.DestroyAudioAccessor(state.accessor)
  state.handle:close()
end

local function write_block(state)
  local count = math.min(BLOCK, state.frames - state.done)
  -- Past the item's end the accessor leaves the buffer as it was: silence must stand there before.
  state.buffer.clear()
  local at = state.start + state.done / state.rate
  local answer = reaper.GetAudioAccessorSamples(state.accessor, state.rate, state.channels, at, count, state.buffer)
  if answer < 0 then return nil, 'REAPER could not read the item; try again.' end
  local ok, reason = state.handle:write(pack(state.buffer.table(1, count * state.channels)))
  if not ok then return nil, 'The item could not be written to disk: ' .. tostring(reason) end
  state.done = state.done + count
  return true
end

-- A function that writes a slice per call: nil while there is more, true at the end, false and a sentence.
function wav_writer.new(entry, path)
  local source = selection.root_of(reaper.GetMediaItemTake_Source(entry.take))
  local channels = math.max(1, math.min(2, reaper.GetMediaSourceNumChannels(source)))
  local accessor = reaper.CreateTakeAudioAccessor(entry.take)
  if not accessor then return nil, ('REAPER could not read "%s"; glue it and try again.'):format(entry.name) end
  local handle, reason = io.open(path, 'wb')
  if not handle then
    reaper.DestroyAudioAccessor(accessor)
    return nil, 'The item could not be written to disk: ' .. tostring(reason)
  end
  local rate = math.floor(reaper.GetMediaSourceSampleRate(source))
  local state = {
    accessor = accessor, handle = handle, rate = rate, channels = channels, done = 0,
    frames = math.floor(entry.length_s * rate), start = reaper.GetAudioAccessorStartTime(accessor) + entry.offset_s,
    buffer = reaper.new_array(BLOCK * channels),
  }
  handle:write(header(rate, channels, state.frames))
  return function()
    local begun = reaper.time_precise()
    if not selection.find_again(entry) then
      finish(state)
      return false, selection.GONE
    end
    repeat
      local ok, problem = write_block(state)
      if not ok then
        finish(state)
        return false, problem
      end
    until state.done >= state.frames or reaper.time_precise() - begun > BUDGET_S
    if state.done < state.frames then return nil end
    finish(state)
    return true
  end
end

return wav_writer
