-- @description dawscribe: Transcribe with options
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Asks for parts, engines, quantising and instruments, remembers the answers, then transcribes.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local dialog = require 'dialog'
local selection = require 'selection'
local settings = require 'settings'
local job = require 'job'

local context, problem = app.open()
if not context then return app.leave(problem) end

local TITLE = 'dawscribe: options'

-- Read again once the choices are made: the user may have selected something else meanwhile.
local function run(chosen)
  if not chosen then return app.leave() end
  local entries, note = selection.read(app.ask_about_group, settings.has(chosen, 'whole'))
  if not entries then return app.leave(note) end
  job.run_all(context, settings.by_role(chosen, entries), note)
end

local entries, sentence = selection.read(function() return 'each' end)
if not entries then return app.leave(sentence) end

if dialog.is_there() then
  dialog.ask(TITLE, app.count_of(entries), entries, run)
else
  run(settings.ask(TITLE, app.say))
end
