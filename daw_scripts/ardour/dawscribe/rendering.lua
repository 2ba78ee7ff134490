-- Embedded files of another sample rate: Ardour plays their samples at the session's rate, slower or faster than they
-- are. Combined regions: they have no file. What such a region sounds like is written to files of our own. Blocks
-- Ardour for 2 % of the region's length.

local app = ...
local rendering = {}

-- Samples read at a time; string.pack and table.unpack take so many at once.
local BLOCK = 4096
-- Bytes in which the format is looked for; broadcast WAVs have a chunk of 1 kB before it.
local HEAD = 1 << 16
-- Items in one request; the daemon takes no more.
local MAX_ITEMS = 1000

local ENDS = 'The audio of "%s" ends before the region does; shorten the region to what you hear, or put its file back '
  .. 'as it was, and transcribe again.'

local function file_name(id, number, channel)
  return app.spool:path('hosts', string.format('%s-%d-%d.wav', id, number, channel))
end

-- The sample rate in a WAV file's head, or nil where it is no WAV.
function rendering.wav_rate(head)
  local kind = head:sub(1, 4)
  if (kind ~= 'RIFF' and kind ~= 'RF64') or head:sub(9, 12) ~= 'WAVE' then return nil end
  local position = 13
  while position + 23 <= #head do
    local name, size = head:sub(position, position + 3), string.unpack('<I4', head, position + 4)
    if name == 'fmt ' then return (string.unpack('<I4', head, position + 12)) end
    position = position + 8 + size + size % 2
  end
  return nil
end

-- Whether the daemon can read the file itself: it is the session's own, or a WAV of the session's rate.
local function is_plain(path, rate)
  if not path then return false end
  local own = Session:path() .. '/interchange/'
  if path:sub(1, #own) == own then return true end
  local handle = io.open(path, 'rb')
  if not handle then return true end
  local head = handle:read(HEAD) or ''
  handle:close()
  return rendering.wav_rate(head) == rate
end

-- A mono file of 32-bit floats.
local function wav_head(rate, frames)
  local bytes = 4 * frames
  return 'RIFF' .. string.pack('<I4', 36 + bytes) .. 'WAVEfmt '
    .. string.pack('<I4I2I2I4I4I2I2', 16, 3, 1, rate, 4 * rate, 4, 32) .. 'data' .. string.pack('<I4', bytes)
end

-- Windows removes no file that is open, so it is closed before the sentence makes `clean` remove it.
local function refuse_short(handle, span)
  handle:close()
  app.messages.refuse(ENDS:format(span.name))
end

local function write_channel(handle, span, channel)
  local readable, memory = span.audio:to_readable(), ARDOUR.DSP.DspShm(BLOCK)
  local done = 0
  while done < span.length do
    local count = math.min(BLOCK, span.length - done)
    local got = readable:read(memory:to_float(0), span.offset + done, count, channel)
    if got <= 0 then refuse_short(handle, span) end
    local samples = memory:to_float(0):get_table(got)
    local ok, reason = handle:write(string.pack('<' .. ('f'):rep(got), table.unpack(samples, 1, got)))
    if not ok then return nil, reason end
    done = done + got
  end
  return true
end

local function write_file(path, span, index, rate)
  local handle, reason = io.open(path, 'wb')
  if not handle then return nil, reason end
  local ok
  ok, reason = handle:write(wav_head(rate, span.length))
  if ok then ok, reason = write_channel(handle, span, index - 1) end
  -- A full disk may show only when the buffer is written.
  local closed, why = handle:close()
  return ok and closed, reason or why
end

-- Writes what the daemon cannot read itself; the span's channels and start then name those files. Stops with a sentence
-- where that fails; `clean` then removes what was written.
function rendering.prepare(span, id, number, rate)
  local plain = true
  for _, channel in ipairs(span.channels) do plain = plain and is_plain(channel.path, rate) end
  if plain then return end
  for index, channel in ipairs(span.channels) do
    local path = file_name(id, number, index)
    local ok, reason = write_file(path, span, index, rate)
    if not ok then app.spool:complain('The audio cannot be written: ' .. tostring(reason)) end
    channel.path, channel.channel = path, 0
  end
  span.source_start = 0
end

-- Removes what was written for a job, or for the one that it is another try of. Items that were not rendered have no
-- such file.
function rendering.clean(id)
  id = id:match('^(.-)%-again%-') or id
  for number = 1, MAX_ITEMS do
    local index = 1
    while app.files:remove(file_name(id, number, index)) do index = index + 1 end
  end
end

return rendering
