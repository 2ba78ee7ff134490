-- What every dawscribe action starts from: the spool, settings, messages to the user.

local files = require 'files'
local json = require 'json'
local spool = require 'spool'
local settings = require 'settings'

local app = {}

app.VERSION = '0.2.0'
app.TITLE = 'dawscribe'

-- One plain sentence to the user.
function app.say(sentence)
  reaper.ShowMessageBox(spool.sentence(sentence), app.TITLE, 0)
end

-- One plain sentence where nobody may sit at the screen.
function app.note(sentence)
  reaper.ShowConsoleMsg('dawscribe: ' .. spool.sentence(sentence) .. '\n')
end

-- Ends an action that changed nothing: an empty defer keeps REAPER from adding an undo point. `say` is how to tell.
function app.leave(sentence, say)
  if sentence then (say or app.say)(sentence) end
  reaper.defer(function() end)
end

-- Runs `program words` and does not wait; true when it could be started.
local function launch(words)
  local quoted = {}
  for index, word in ipairs(words) do quoted[index] = '"' .. word:gsub('"', '') .. '"' end
  -- -1 and -2 do not wait; on Windows -2 also keeps the console window out of sight.
  local how = reaper.GetOS():match('^Win') and -2 or -1
  return reaper.ExecProcess(table.concat(quoted, ' '), how) ~= nil
end

-- The home that "dawscribe setup reaper" wrote down, or nil.
local function recorded_home(disk)
  local text = disk:read(reaper.GetResourcePath() .. '/Scripts/dawscribe/installed.json')
  local record = text and json.decode(text)
  return type(record) == 'table' and record.home or nil
end

-- The parts every action needs, or nil and a sentence.
function app.open()
  local disk = files.new(io, os)
  local home = spool.home(os.getenv, recorded_home(disk))
  if not home then return nil, 'The user folder is not known to REAPER; set DAWSCRIBE_HOME and start REAPER again.' end
  home = home:gsub('\\', '/')
  for _, folder in ipairs { 'inbox', 'audio' } do reaper.RecursiveCreateDirectory(home .. '/' .. folder, 0) end
  return {
    home = home, files = disk, spool = spool.new(home, disk), launch = launch,
    settings = settings.read(), version = app.VERSION, say = app.say,
  }
end

-- What REAPER names takes after. Other words behind a dot ("Kick.In") belong to the name.
local ENDINGS = {}
for ending in ([[wav wave w64 rf64 bwf aif aiff flac ogg opus mp3 mp2 m4a aac wma wv ape caf mp4 mov mkv avi webm mid
  midi rpp]]):gmatch('%S+') do ENDINGS[ending] = true end

-- A name without line breaks, and without the ending of a media file.
function app.plain_name(name, fallback)
  name = spool.sentence(name)
  local stem, ending = name:match('^(.+)%.(%w+)$')
  if stem and ENDINGS[ending:lower()] then name = stem end
  return name ~= '' and name or fallback
end

return app
