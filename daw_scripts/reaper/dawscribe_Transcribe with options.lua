-- @description dawscribe: Transcribe with options
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Asks for parts, engines, quantising and instruments, remembers the answers, then transcribes.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local selection = require 'selection'
local settings = require 'settings'
local job = require 'job'

local context, problem = app.open()
if not context then return app.leave(problem) end

local entries, sentence = selection.read()
if not entries then return app.leave(sentence) end

local chosen = settings.ask('dawscribe: options')
if not chosen then return app.leave() end

job.run(context, entries, chosen)
