-- @description dawscribe: Transcribe selected items
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Turns the selected audio items into MIDI tracks, in place, right under their track.
-- @provides
--   [main] dawscribe_*.lua
--   [nomain] lib/*.lua
--   [nomain] ../lib/*.lua > shared/

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local selection = require 'selection'
local settings = require 'settings'
local command_handoff = require 'command_handoff'
local job = require 'job'

local context, problem = app.open()
if not context then return app.leave(problem) end

-- The command first: whoever sent it waits for an answer, and no later call may find it.
local command = command_handoff.take(context)
-- No message boxes then: the sender may not sit at this screen.
if command then context.say = app.note end

local chosen = settings.merge(context.settings, command and (command.options or {}))
local entries, sentence = selection.read(not command and app.ask_about_group or nil, settings.has(chosen, 'whole'))
if not entries then return app.leave(sentence, context.say) end

job.run_all(context, settings.by_role(chosen, entries), sentence)
