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
local ready = context.spool:launcher() and 'dawscribe is installed.'
  or 'dawscribe is not set up yet: run "dawscribe setup reaper" in a terminal once.'
local question = startup.is_on() and 'The listener for OSC, MIDI and other programs is on. Switch it off?'
  or 'Switch the listener for OSC, MIDI and other programs on, from the next start of REAPER?'
local menu = 'For the right-click menu: Options > Customize menus/toolbars > Media item context > Add, '
  .. 'then choose "dawscribe: Transcribe selected items".'

if reaper.ShowMessageBox(ready .. '\n\n' .. menu .. '\n\n' .. question, app.TITLE, YES_NO) == YES then
  local ok, sentence = startup.switch(not startup.is_on(), here)
  if not ok then app.say(sentence) end
end
app.leave()
