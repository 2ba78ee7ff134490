-- What the user reads: plain sentences. Anything else that goes wrong is our fault and goes to the log as well.

local app = ...
local messages = {}

-- Ardour reads a dialog's text as Pango markup, and shows nothing at all where that is not well formed.
local MARKUP = { ['&'] = '&amp;', ['<'] = '&lt;', ['>'] = '&gt;' }

local function dialog(text, kind, buttons)
  messages.log(text)
  return LuaDialog.Message('dawscribe', (text:gsub('[&<>]', MARKUP)), kind, buttons):run()
end

-- Stops what is being done, with a sentence for the user.
function messages.refuse(sentence)
  error({ sentence = sentence }, 0)
end

function messages.show(sentence)
  dialog(sentence, LuaDialog.MessageType.Info, LuaDialog.ButtonType.Close)
end

-- Asks; true for yes, false for no, nil where the question was closed without an answer.
function messages.ask(question)
  local answer = dialog(question, LuaDialog.MessageType.Question, LuaDialog.ButtonType.Yes_No)
  if answer == LuaDialog.Response.Yes then return true end
  if answer == LuaDialog.Response.No then return false end
  return nil
end

function messages.log(text)
  local handle = io.open(app.spool:path('logs', 'ardour.log'), 'ab')
  if not handle then return end
  handle:write(os.date('%Y-%m-%d %H:%M:%S '), text, '\n')
  handle:close()
end

-- The sentence in whatever was raised.
function messages.sentence(reason)
  if type(reason) == 'table' and reason.sentence then return reason.sentence end
  messages.log(tostring(reason))
  return 'Internal error in dawscribe; nothing else is affected. See ' .. app.spool.home .. '/logs/ardour.log.'
end

-- Runs `work`; what goes wrong is shown and never raised. True when it went well.
function messages.guard(work)
  local ok, reason = pcall(work)
  if not ok then pcall(function() messages.show(messages.sentence(reason)) end) end
  return ok
end

return messages
