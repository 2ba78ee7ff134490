-- @description dawscribe: Collect sounds
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Copies drum sounds and stems of transcriptions beside a project that was saved after they were made.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local collect = require 'collect'
local project_files = require 'project_files'

local project = reaper.EnumProjects(-1)
if not project_files.is_saved(project) then return app.leave('Save the project first; its sounds are collected beside it.') end

collect.run(project, function(count, sentence)
  if not sentence and count == 0 then sentence = 'All sounds of transcriptions lie beside the project already.' end
  app.leave(sentence, app.note)
end)
