-- The bytes of a float WAV file.

local wav_bytes = {}

-- A WAV file counts its bytes in 32 bits.
local MAX_DATA_BYTES = 0xFFFFFFFF - 36

-- string.pack's format for 128 floats; longer argument lists come near Lua's limit of C stack slots.
local RUN = 128
local PACK_RUN = '<' .. ('f'):rep(RUN)

-- What stands before the samples; nil when they are more than a WAV file can hold.
function wav_bytes.header(rate, channels, frames)
  local bytes = frames * channels * 4
  if bytes > MAX_DATA_BYTES then return nil end
  return 'RIFF' .. string.pack('<I4', 36 + bytes) .. 'WAVEfmt '
    .. string.pack('<I4I2I2I4I4I2I2', 16, 3, channels, rate, rate * channels * 4, channels * 4, 32)
    .. 'data' .. string.pack('<I4', bytes)
end

function wav_bytes.pack(samples)
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

return wav_bytes
