-- @description dawscribe: Cancel
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Cancels all transcriptions that REAPER waits for.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local finished = require 'finished'
local signals = require 'signals'

local context, problem = app.open()
if not context then return app.leave(problem) end

-- Running jobs cancel themselves; what a REAPER that has ended left behind is cancelled in the spool.
local running, count = signals.cancel_all(), finished.cancel(context)
app.leave(not running and count == 0 and 'There is no transcription to cancel.' or nil)
