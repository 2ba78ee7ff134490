-- Whole files, read and written in one go. `io` and `os` are handed in, so that a test or a sandboxed host can
-- supply its own.

local files = {}
files.__index = files

-- The largest message the protocol can hold is a result with a long song's notes (about 5 MB); more is not ours.
local MAX_BYTES = 64 * 1024 * 1024

function files.new(io_library, os_library)
  return setmetatable({ io = io_library, os = os_library }, files)
end

-- The file's bytes, or nil when it is missing, unreadable or larger than any message can be.
function files:read(path)
  local handle = self.io.open(path, 'rb')
  if not handle then return nil end
  local bytes = handle:read(MAX_BYTES + 1)
  handle:close()
  if bytes and #bytes > MAX_BYTES then return nil end
  return bytes or ''
end

function files:exists(path)
  local handle = self.io.open(path, 'rb')
  if handle then handle:close() end
  return handle ~= nil
end

-- Writes beside the target and renames, so that a reader sees the old file or the new one, never half of it.
-- Returns true, or nil and a sentence. `draft` names the file beside it when its name matters.
function files:write(path, bytes, draft)
  draft = draft or path .. '.tmp'
  local handle, reason = self.io.open(draft, 'wb')
  if not handle then return nil, 'Cannot write ' .. draft .. ': ' .. tostring(reason) end
  local written, why = handle:write(bytes)
  -- A full disk may show only when the buffer is written; the old file must not go for half a new one.
  local closed, cause = handle:close()
  if written and closed then return self:publish(draft, path, bytes) end
  self.os.remove(draft)
  local sentence = 'Cannot write %s (%s); free some disk space and try again.'
  return nil, sentence:format(draft, tostring(why or cause))
end

-- Removes a file. Where C's own functions know no letters but ASCII (REAPER on Windows opens files by a way of its
-- own, and removes them by this one) it is emptied instead.
function files:remove(path)
  local removed, reason = self.os.remove(path)
  if removed or path:find('^[%g ]*$') or not self:exists(path) then return removed, reason end
  local handle, why = self.io.open(path, 'wb')
  if not handle then return nil, why end
  return handle:close()
end

-- Renames `draft` over `path`. Windows' rename refuses an existing target, so that one is removed first. Where no
-- rename works the bytes are written to the target itself: a reader may see half of them for a moment.
function files:publish(draft, path, bytes)
  if self.os.rename(draft, path) then return true end
  self.os.remove(path)
  local moved, reason = self.os.rename(draft, path)
  if moved then return true end
  local handle = not path:find('^[%g ]*$') and bytes and self.io.open(path, 'wb')
  if handle and handle:write(bytes) and handle:close() then
    self:remove(draft)
    return true
  end
  return nil, 'Cannot write ' .. path .. ': ' .. tostring(reason)
end

return files
