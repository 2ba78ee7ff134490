-- @description dawscribe: Insert again
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Puts a transcription that is not in the project any more into it once more: after an undo, or a crash.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local finished = require 'finished'

local context, problem = app.open()
if not context then return app.leave(problem) end

local rows = finished.recent(context)
if #rows == 0 then return app.leave('No earlier transcription of an open project is missing in it.') end

-- A menu where the mouse is: the newest first.
local titles = {}
for index, row in ipairs(rows) do titles[index] = (row.title:gsub('[#!<>|]', ' ')) end
gfx.init('dawscribe', 0, 0, 0, reaper.GetMousePosition())
gfx.x, gfx.y = gfx.mouse_x, gfx.mouse_y
local chosen = gfx.showmenu(table.concat(titles, '|'))
gfx.quit()
if chosen < 1 then return app.leave() end

finished.insert_one(context, rows[chosen].id, function(_, sentence) app.leave(sentence) end)
