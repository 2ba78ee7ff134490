-- @description dawscribe: Background listener
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Waits for commands from OSC, MIDI and other programs; __startup.lua runs it.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local listener = require 'listener'

local context, problem = app.open()
if not context then return app.leave(problem) end

listener.run(context, here)
