-- @description dawscribe: Insert finished transcriptions
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Puts transcriptions that finished while their project was closed into it.
-- @noindex

local here = debug.getinfo(1, 'S').source:match('^@(.*)[/\\]')
package.path = here .. '/lib/?.lua;' .. here .. '/shared/?.lua;' .. here .. '/../lib/?.lua;' .. package.path

local app = require 'app'
local command_handoff = require 'command_handoff'
local finished = require 'finished'

local context, problem = app.open()
if not context then return app.leave(problem) end

local is_hushed = command_handoff.is_hushed()

finished.insert(context, function(count, sentence)
  if not sentence and count == 0 and not is_hushed then
    sentence = 'No finished transcription waits for an open project.'
    -- After an undo, or a crash before the project was saved, they are known and yet missing.
    if #finished.recent(context) > 0 then
      sentence = sentence .. ' "dawscribe: Insert again" brings back what was inserted before and is not there any more.'
    end
  end
  app.leave(sentence, is_hushed and app.note or app.say)
end)
