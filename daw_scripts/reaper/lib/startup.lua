-- The lines in Scripts/__startup.lua that start the background listener with REAPER. What else is there stays.

local files = require 'files'

local startup = {}

local BEGIN, END = '-- dawscribe begin', '-- dawscribe end'

local function path()
  return reaper.GetResourcePath():gsub('\\', '/') .. '/Scripts/__startup.lua'
end

local function without_block(text)
  local first = text:find(BEGIN, 1, true)
  local _, last = text:find(END, first or 1, true)
  if not first or not last then return text end
  return text:sub(1, first - 1) .. text:sub(last + 1):gsub('^\r?\n', '')
end

local function read()
  return files.new(io, os):read(path()) or ''
end

function startup.is_on()
  return read():find(BEGIN, 1, true) ~= nil
end

-- Adds or removes the block, and starts the listener; `folder` is where the scripts lie. Returns true, or nil and a sentence.
-- The block calls the action instead of loading its file: a script of its own shares no modules with the user's
-- other start-up lines. `dawscribe setup reaper` writes the same.
function startup.switch(on, folder)
  local text, number = without_block(read()), nil
  if on then
    number = reaper.AddRemoveReaScript(true, 0, folder .. '/dawscribe_Background listener.lua', true)
    local name = number > 0 and reaper.ReverseNamedCommandLookup(number)
    if not name then return nil, 'REAPER could not register the listener; run "dawscribe setup reaper" instead.' end
    local eol = text:find('\r\n', 1, true) and '\r\n' or '\n'
    if text ~= '' and not text:find('\n$') then text = text .. eol end
    local call = ("reaper.Main_OnCommand(reaper.NamedCommandLookup('_%s'), 0)"):format(name)
    text = text .. table.concat({ BEGIN, call, END, '' }, eol)
  end
  local written, sentence = files.new(io, os):write(path(), text)
  -- At once, and not from the next start on; a listener that runs ends by itself when it is switched off.
  if written and on then reaper.Main_OnCommand(number, 0) end
  return written, sentence
end

return startup
