-- @description dawscribe: Cancel
-- @version 0.1.0
-- @author The dawscribe developers
-- @about Cancels all transcriptions that REAPER waits for.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local finished = require 'finished'

local context, problem = app.open()
if not context then return app.leave(problem) end

local count = finished.cancel(context)
app.leave(count == 0 and 'There is no transcription to cancel.' or nil)
