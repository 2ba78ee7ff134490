-- The spool folder (see daw_scripts/README.md): requests out, status and results in. Pure Lua 5.3+, no DAW calls.

local json = require 'json'

local spool = {}
spool.__index = spool

spool.PROTOCOL = 1

-- The daemon renews its heartbeat every 2 s; three missed beats mean that it is gone.
local STALE_S = 6

-- A command older than this was meant for a moment that has passed.
local COMMAND_S = 10

local function is_text(value)
  return type(value) == 'string' and value ~= ''
end

-- Where the spool lies: DAWSCRIBE_HOME, else what the set-up recorded beside the scripts (a DAW started from the desktop
-- does not see what a shell has set), else .dawscribe in the user's folder. nil when none is known.
function spool.home(getenv, recorded)
  local moved = getenv('DAWSCRIBE_HOME')
  if is_text(moved) then return moved end
  if is_text(recorded) then return recorded end
  -- As Python's home folder: on Windows a HOME that some shell has set is not the user's.
  local on_windows = getenv('OS') == 'Windows_NT'
  local user = on_windows and getenv('USERPROFILE') or getenv('HOME') or getenv('USERPROFILE')
  return user and user .. '/.dawscribe'
end

function spool.new(home, files)
  return setmetatable({ home = home, files = files }, spool)
end

function spool:path(...)
  return table.concat({ self.home, ... }, '/')
end

function spool.is_id(text)
  return type(text) == 'string' and #text >= 8 and #text <= 64 and not text:find('[^a-z0-9-]')
end

-- A fresh job id: writer, time and a number that no other id of this run has.
function spool.new_id(writer, now, salt)
  return string.format('%s-%d-%06d', writer, math.floor(now), math.floor(salt) % 1000000)
end

function spool:read_json(...)
  local text = self.files:read(self:path(...))
  if not text then return nil end
  local value = json.decode(text)
  if type(value) == 'table' then return value end
  return nil
end

-- Whether a heartbeat lies ahead and does not move: its daemon died before the clock was set back.
function spool:is_left_behind(heartbeat, now)
  if heartbeat - now <= STALE_S then return false end
  local ahead = self.ahead
  if not ahead or ahead.heartbeat ~= heartbeat or now < ahead.since then
    self.ahead = { heartbeat = heartbeat, since = now }
    return false
  end
  return now - ahead.since > STALE_S
end

-- The daemon's own words about itself, or nil when it does not run.
function spool:daemon(now)
  local beat = self:read_json('daemon.json')
  if not beat or type(beat.heartbeat) ~= 'number' or now - beat.heartbeat > STALE_S then return nil end
  return not self:is_left_behind(beat.heartbeat, now) and beat or nil
end

-- Why a daemon cannot take requests over at the moment, a sentence, or nil.
function spool.problem(daemon)
  local problem = daemon and daemon.problem
  return type(problem) == 'string' and problem ~= '' and spool.sentence(problem) or nil
end

-- Words that a launcher may have: its command has six.
local MAX_WORDS = 16

-- Whether a path says where it begins: "/..." or, on Windows, "C:\..." and "\\server\...".
local function is_absolute(path)
  return path:find('^[/\\]') ~= nil or path:find('^%a:[/\\]') ~= nil
end

-- What starts the daemon, as a list of words, or nil when dawscribe was never set up; or, by its name, another thing
-- that this dawscribe offers, such as "review". The program is named by its whole
-- path (a bare name would be looked for in the project's folder), and nothing in it can end a word or a line.
function spool:launcher(name)
  local found = self:read_json('launcher.json')
  local command = found and found[name or 'command']
  if type(command) ~= 'table' or #command == 0 or #command > MAX_WORDS then return nil end
  for _, word in ipairs(command) do
    if type(word) ~= 'string' or word:find('[%c"]') then return nil end
  end
  return is_absolute(command[1]) and command or nil
end

-- A sentence when daemon and the scripts of a host do not fit together, else nil.
function spool.mismatch(daemon, version, host)
  if daemon.protocol ~= spool.PROTOCOL then
    return ('dawscribe speaks protocol %s and these scripts %d; run "dawscribe setup %s" to bring both up to date.')
      :format(tostring(daemon.protocol), spool.PROTOCOL, host)
  end
  if daemon.version ~= version then
    return ('dawscribe is %s and these scripts are %s; run "dawscribe setup %s" to bring both up to date.')
      :format(tostring(daemon.version), version, host)
  end
  return nil
end

-- Hands a request in. Returns true, or nil and a sentence.
function spool:submit(request)
  local target, draft = self:path('inbox', request.id .. '.json'), self:path('inbox', request.id .. '.tmp')
  return self.files:write(target, json.encode(request), draft)
end

function spool:status(id)
  local refused = self:read_json('refused', id .. '.json')
  if refused then return { state = 'failed', message = tostring(refused.message) } end
  return self:read_json('jobs', id, 'status.json')
end

local FINAL = { done = true, failed = true, cancelled = true }

-- Whether a status is a job's last.
function spool.is_final(status)
  return status ~= nil and FINAL[status.state] == true
end

function spool:result(id)
  return self:read_json('jobs', id, 'result.json')
end

function spool:request(id)
  return self:read_json('jobs', id, 'request.json')
end

function spool:cancel(id)
  return self.files:write(self:path('jobs', id, 'cancel'), '')
end

function spool:is_cancelled(id)
  return self.files:exists(self:path('jobs', id, 'cancel'))
end

-- Whether the daemon has not taken the request over yet.
function spool:is_handed_in(id)
  return (self.files:read(self:path('inbox', id .. '.json')) or '') ~= ''
end

-- Takes a request back that the daemon has not taken over yet; whether it was still there.
function spool:withdraw(id)
  if not self:is_handed_in(id) then return false end
  return self.files:remove(self:path('inbox', id .. '.json')) == true
end

-- The revision of the result that was inserted last, or nil. A mark without words means the first.
function spool:inserted_revision(id)
  local text = self.files:read(self:path('jobs', id, 'inserted'))
  if not text then return nil end
  local mark = json.decode(text)
  if type(mark) == 'table' and mark.revision == 0 then return nil end
  return type(mark) == 'table' and spool.revision(mark) or 1
end

function spool:is_inserted(id)
  return self:inserted_revision(id) ~= nil
end

-- A result's, a status's or a mark's revision: a whole number from 1 on.
function spool.revision(value)
  local number = value.revision
  local is_whole = type(number) == 'number' and number >= 1 and number < 1e6 and number % 1 == 0
  return is_whole and math.floor(number) or 1
end

function spool:mark_inserted(id, revision)
  return self.files:write(self:path('jobs', id, 'inserted'), json.encode { revision = revision or 1 })
end

-- Takes a mark back; `before` is the revision that had been inserted, where one had.
function spool:unmark_inserted(id, before)
  if before then return self:mark_inserted(id, before) end
  self.files:remove(self:path('jobs', id, 'inserted'))
  -- Where a file can only be emptied, an empty mark would mean the first revision.
  if self.files:exists(self:path('jobs', id, 'inserted')) then self:mark_inserted(id, 0) end
end

-- Whether a command is meant for this moment.
function spool.is_young(command, now)
  return type(command.time) == 'number' and math.abs(now - command.time) <= COMMAND_S
end

-- The newest command for this host, once: it is removed first, and obeyed only when that worked and it is young.
function spool:take_command(host, now)
  local path = self:path('commands', host .. '.json')
  local command = self:read_json('commands', host .. '.json')
  if not self.files:exists(path) then return nil end
  if not self.files:remove(path) then return nil end
  return command and spool.is_young(command, now) and command or nil
end

-- Bytes of a line; more is no sentence, and no name that a window can show.
local MAX_SENTENCE = 500

-- The text cut to MAX_SENTENCE bytes, at the start of a letter.
local function cut(text)
  if #text <= MAX_SENTENCE then return text end
  local last = MAX_SENTENCE
  while last > 0 and text:byte(last + 1) & 0xC0 == 0x80 do last = last - 1 end
  return text:sub(1, last)
end

-- The text with a question mark for each byte that is no UTF-8: JSON cannot hold such bytes.
local function legible(text)
  local good, bad = utf8.len(text)
  while not good do
    text = text:sub(1, bad - 1) .. '?' .. text:sub(bad + 1)
    good, bad = utf8.len(text)
  end
  return text
end

-- Text from the spool or the project as one line that a DAW can show.
function spool.sentence(text)
  return legible(cut((tostring(text):gsub('[%c]+', ' '))))
end

return spool
