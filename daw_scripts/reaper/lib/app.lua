-- What every dawscribe action starts from: the spool, settings, messages to the user.

local files = require 'files'
local json = require 'json'
local spool = require 'spool'
local settings = require 'settings'

local app = {}

app.VERSION = '0.2.0'
app.TITLE = 'dawscribe'


-- REAPER from 7.28 on shows a console message in a way that does not take the keyboard.
local QUIET = '!SHOWERR:'

local function is_from(major, minor)
  local first, second = reaper.GetAppVersion():match('^(%d+)%.(%d+)')
  first, second = tonumber(first) or 0, tonumber(second) or 0
  return first > major or (first == major and second >= minor)
end

-- One plain sentence where nobody may sit at the screen, or where a box would be in the way.
function app.note(sentence)
  local quiet = is_from(7, 28) and QUIET or ''
  reaper.ShowConsoleMsg(quiet .. 'dawscribe: ' .. spool.sentence(sentence) .. '\n')
end

app.SANDBOXED = 'This REAPER (Flatpak) may not start programs of this computer; run "dawscribe setup service" in a '
  .. 'terminal once, so that dawscribe runs from the start, and try again.'

-- Whether REAPER runs in a Flatpak's sandbox, which holds no Python of the user's.
local function is_sandboxed()
  return reaper.file_exists('/.flatpak-info')
end

local YES_NO_CANCEL, YES, NO = 3, 6, 7

-- Bit of GetPlayState.
local RECORDING = 4

-- One plain sentence to the user who has just called an action. A box would hold every script up, so none comes over a
-- recording.
function app.say(sentence)
  if reaper.GetPlayState() & RECORDING ~= 0 then return app.note(sentence) end
  reaper.ShowMessageBox(spool.sentence(sentence), app.TITLE, 0)
end

-- What to do with microphones of one recording: 'mix', 'each', or nil when the user cancelled.
function app.ask_about_group(entries)
  local question = ('These %d items are one group, such as the microphones of one recording.\n\n'
    .. 'Yes: hear them mixed.\nNo: transcribe each by itself.'):format(#entries)
  local answer = reaper.ShowMessageBox(question, app.TITLE, YES_NO_CANCEL)
  return answer == YES and 'mix' or answer == NO and 'each' or nil
end

-- How much is selected: "2 items, 4:30 min".
function app.count_of(entries)
  local total = 0
  for _, entry in ipairs(entries) do total = total + entry.length_s end
  local items = #entries == 1 and '1 item' or #entries .. ' items'
  return ('%s, %d:%02d min'):format(items, total // 60, math.floor(total % 60))
end

-- Ends an action that changed nothing: an empty defer keeps REAPER from adding an undo point. `say` is how to tell.
function app.leave(sentence, say)
  if sentence then (say or app.say)(sentence) end
  reaper.defer(function() end)
end

-- Runs `program words` and does not wait; true when it could be started.
local function launch(words)
  if is_sandboxed() then return false end
  local quoted = {}
  for index, word in ipairs(words) do quoted[index] = '"' .. word:gsub('"', '') .. '"' end
  -- -1 and -2 do not wait; on Windows -2 minimises a console window, though pythonw opens none.
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
    settings = settings.read(), version = app.VERSION, say = app.say, sandboxed = is_sandboxed(),
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
