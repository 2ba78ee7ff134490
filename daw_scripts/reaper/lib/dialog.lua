-- The options in a window of ReaImGui, where that is installed: parts to tick, lists to choose from, one place for all.

local settings = require 'settings'

local dialog = {}

local WIDTH, HEIGHT = 460, 620

function dialog.is_there()
  return reaper.ImGui_CreateContext ~= nil and reaper.ImGui_Begin ~= nil
end

local function index_of(list, word)
  for index, known in ipairs(list) do
    if known == word then return index end
  end
  return nil
end

local function words_of(text)
  local found = {}
  for word in text:gmatch('[%w_]+') do found[word] = true end
  return found
end

-- Boxes to tick for some words of a text; the text with those that are ticked now. `empty_is_all`: no word means all.
local function boxes(gui, text, rows, empty_is_all, per_line)
  local chosen, kept, ticked = words_of(text), {}, 0
  for number, row in ipairs(rows) do
    if per_line and (number - 1) % per_line > 0 then reaper.ImGui_SameLine(gui) end
    local is_on = chosen[row[1]] or (empty_is_all and not next(chosen)) or false
    local _, now = reaper.ImGui_Checkbox(gui, row[2], is_on)
    if now then
      kept[#kept + 1] = row[1]
      ticked = ticked + 1
    end
  end
  if empty_is_all and ticked == #rows then return '' end
  return table.concat(kept, ' ')
end

local function roles()
  local rows = {}
  for index, role in ipairs(settings.ROLES) do rows[index] = { role, role } end
  return rows
end

-- A list to choose a word from; further words (of plug-ins) stay as they are.
local function list(gui, caption, text, words)
  local place = index_of(words, text)
  local shown = {}
  for index, word in ipairs(words) do shown[index] = word == '' and '(default)' or word end
  if not place then shown[#shown + 1], place = text, #words + 1 end
  local changed, now = reaper.ImGui_Combo(gui, caption, place - 1, table.concat(shown, '\0') .. '\0')
  return changed and words[now + 1] or text
end

local function slider(gui, caption, text, usual)
  local value = tonumber((text:gsub(',', '.'))) or usual
  local changed, now = reaper.ImGui_SliderDouble(gui, caption, value, 0, 1)
  return changed and ('%.2f'):format(now) or text
end

-- Items that get a list each; more would not fit into the window, and are of one kind.
local MAX_LISTS = 8

-- What each item is: a list for each of a few, one for many.
local function kinds(gui, text, entries)
  local known, words = {}, {}
  for word in text:gmatch('%w+') do known[#known + 1] = word end
  local choices = { settings.MIX, table.unpack(settings.ROLES) }
  local names = #entries > MAX_LISTS and { 'The items are' } or {}
  if #names == 0 then
    -- The label is what tells two lists apart.
    for index, entry in ipairs(entries) do names[index] = ('%s is##%d'):format(entry.name, index) end
  end
  for index, name in ipairs(names) do
    words[index] = list(gui, name, known[math.min(index, #known)] or settings.MIX, choices)
  end
  return table.concat(words, ' ')
end

-- One field as what it is; its text afterwards.
local function field_of(gui, field, text, entries)
  local key, caption, kind = field[1], field[2]:gsub(' %(.*%)$', ''), field[4]
  if key == 'stems' then
    reaper.ImGui_Text(gui, 'Parts')
    return boxes(gui, text, roles(), true, 3)
  end
  if key == 'role' then return kinds(gui, text, entries) end
  if key == 'beat' then
    local _, now = reaper.ImGui_InputText(gui, caption, text)
    return now
  end
  if key == 'more' then return boxes(gui, text, settings.MORE, false) end
  if kind == 'yes' then
    local _, now = reaper.ImGui_Checkbox(gui, caption, text:lower():match('^%s*[y1t]') ~= nil)
    return now and 'yes' or 'no'
  end
  if kind == 'number' then return slider(gui, caption, text, key == 'sensitivity' and 0.5 or 1) end
  return list(gui, caption, text, field[5])
end

-- Draws the window once; 'ok', 'cancel' or nil.
local function draw(gui, title, texts, count, entries, problem)
  reaper.ImGui_SetNextWindowSize(gui, WIDTH, HEIGHT, 1 << 1)
  local visible, open = reaper.ImGui_Begin(gui, title, true)
  local answer = nil
  if visible then
    reaper.ImGui_Text(gui, count)
    for index, field in ipairs(settings.FIELDS) do texts[index] = field_of(gui, field, texts[index], entries) end
    if problem then reaper.ImGui_Text(gui, problem) end
    if reaper.ImGui_Button(gui, 'Transcribe') then answer = 'ok' end
    reaper.ImGui_SameLine(gui)
    if reaper.ImGui_Button(gui, 'Cancel') then answer = 'cancel' end
    reaper.ImGui_End(gui)
  end
  return answer or (not open and 'cancel') or nil
end

-- Asks without holding REAPER up. `done(choices)` is called at the end, with nil when the user cancelled; `count`
-- says what is selected.
function dialog.ask(title, count, entries, done)
  local gui, texts, problem = reaper.ImGui_CreateContext('dawscribe'), settings.texts(), nil
  local function loop()
    local answer = draw(gui, title, texts, count, entries, problem)
    if answer == 'cancel' then return done(nil) end
    if answer == 'ok' then problem = settings.mistake(texts) end
    if not answer or problem then return reaper.defer(loop) end
    settings.keep(texts)
    done(settings.of(texts))
  end
  reaper.defer(loop)
end

return dialog
