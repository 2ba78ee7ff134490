-- @description dawscribe: Set up
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Says whether dawscribe is ready, and switches the background listener for OSC and MIDI on or off.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local startup = require 'startup'

local context, problem = app.open()
if not context then return app.leave(problem) end

local YES_NO, YES = 4, 6
local ACTION = 'dawscribe: Transcribe selected items'
-- "Toolbars: Customize...", the window of the right-click menus too.
local CUSTOMIZE = 40905

local ready = context.spool:launcher() and 'dawscribe is installed.'
  or context.sandboxed and app.SANDBOXED
  or 'dawscribe is not set up yet: run "dawscribe setup reaper" in a terminal once.'
local question = startup.is_on() and 'The listener for OSC, MIDI and other programs is on. Switch it off?'
  or 'Switch the listener for OSC, MIDI and other programs on? It also brings corrected transcriptions into the project.'

if reaper.ShowMessageBox(ready .. '\n\n' .. question, app.TITLE, YES_NO) == YES then
  local ok, sentence = startup.switch(not startup.is_on(), here)
  if not ok then app.say(sentence) end
end

-- The right-click menu is REAPER's own, and a script may only lead there; where SWS is, the name is ready to paste.
local copied = reaper.CF_SetClipboard ~= nil
if copied then reaper.CF_SetClipboard(ACTION) end
local menu = 'Open the window for the right-click menu now?\n\nThere choose "Media item context" at the top, then Add..., '
  .. 'and look for "' .. ACTION .. '"' .. (copied and ' (it is in the clipboard).' or '.')
if reaper.ShowMessageBox(menu, app.TITLE, YES_NO) == YES then reaper.Main_OnCommand(CUSTOMIZE, 0) end
app.leave()
