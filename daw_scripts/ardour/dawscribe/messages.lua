-- What the user reads: plain sentences. Anything else that goes wrong is our fault and goes to the log as well.

local app = ...
local messages = {}

-- Stops what is being done, with a sentence for the user.
function messages.refuse(sentence)
  error({ sentence = sentence }, 0)
end

function messages.show(sentence)
  messages.log(sentence)
  LuaDialog.Message('dawscribe', sentence, LuaDialog.MessageType.Info, LuaDialog.ButtonType.Close):run()
end

-- Asks; true for yes.
function messages.ask(question)
  messages.log(question)
  local dialog = LuaDialog.Message('dawscribe', question, LuaDialog.MessageType.Question, LuaDialog.ButtonType.Yes_No)
  return dialog:run() == LuaDialog.Response.Yes
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
