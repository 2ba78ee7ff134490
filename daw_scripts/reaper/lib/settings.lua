-- The user's choices, remembered in REAPER's ext state.

local settings = {}

local SECTION = 'dawscribe'

-- Key, caption in the dialog, default, and what kind of value it is.
local FIELDS = {
  { 'stems', 'Parts wanted (empty: all)', '', 'words' },
  { 'separator', 'Separator (empty: default)', '', 'word' },
  { 'transcriber', 'Engine for pitched parts (empty: default)', '', 'word' },
  { 'quantise', 'Quantise to (empty: as played; 1/16 1/8T)', '', 'word' },
  { 'quantise_strength', 'Quantise strength 0 to 1', '1', 'number' },
  { 'instruments', 'Instruments on the tracks (yes no)', 'yes', 'yes' },
  { 'stem_tracks', 'Stems as muted tracks (yes no)', 'no', 'yes' },
  { 'mute_source', 'Mute the source item (yes no)', 'no', 'yes' },
}

local function value_of(field, text)
  if field[4] == 'yes' then return text:lower():match('^%s*[y1t]') ~= nil end
  -- Half the world writes a comma.
  if field[4] == 'number' then return tonumber((text:gsub(',', '.'))) end
  if field[4] == 'word' then return text:match('^%s*(.-)%s*$') end
  local words = {}
  for word in text:lower():gmatch('[%w_]+') do words[#words + 1] = word end
  return words
end

local function texts()
  local found = {}
  for index, field in ipairs(FIELDS) do
    found[index] = reaper.HasExtState(SECTION, field[1]) and reaper.GetExtState(SECTION, field[1]) or field[3]
  end
  return found
end

-- All choices by key.
function settings.read()
  local found = {}
  for index, text in ipairs(texts()) do found[FIELDS[index][1]] = value_of(FIELDS[index], text) end
  return found
end

-- Asks the user; the choices, or nil when the dialog was cancelled.
function settings.ask(title)
  local captions = {}
  for index, field in ipairs(FIELDS) do captions[index] = field[2] end
  captions[#captions + 1] = 'extrawidth=160'
  captions[#captions + 1] = 'separator=|'
  local ok, answer = reaper.GetUserInputs(title, #FIELDS, table.concat(captions, ','), table.concat(texts(), '|'))
  if not ok then return nil end
  local index = 0
  for text in (answer .. '|'):gmatch('([^|]*)|') do
    index = index + 1
    if FIELDS[index] then reaper.SetExtState(SECTION, FIELDS[index][1], (text:gsub('%c', ' ')), true) end
  end
  return settings.read()
end

local function is_word(value)
  return type(value) == 'string' and value:find('^[%w_/.+-]+$') ~= nil
end

local function is_flag(value)
  return type(value) == 'boolean'
end

local function is_share(value)
  return type(value) == 'number' and value >= 0 and value <= 1
end

local function are_words(value)
  if type(value) ~= 'table' then return false end
  for _, word in ipairs(value) do
    if not is_word(word) then return false end
  end
  return #value > 0
end

local function are_words_by_role(value)
  if type(value) ~= 'table' then return false end
  for role, word in pairs(value) do
    if not is_word(role) or not is_word(word) then return false end
  end
  return next(value) ~= nil
end

-- The options of a request (see daw_scripts/README.md) that a command from outside may choose.
local ALLOWED = {
  stems = are_words, separator = is_word, role = is_word, transcribers = are_words_by_role, device = is_word,
  quantise = is_word, quantise_strength = is_share, keep_stems = is_flag, find_tempo = is_flag, drum_map = is_word,
}

-- The choices with those of a command's options, which come from another program: what does not fit is left out.
function settings.merge(chosen, options)
  chosen.outside = {}
  for key, fits in pairs(type(options) == 'table' and ALLOWED or {}) do
    if fits(options[key]) then chosen.outside[key] = options[key] end
  end
  return chosen
end

-- The request's options as the protocol names them.
function settings.options(chosen)
  local options = { keep_stems = true }
  if #chosen.stems > 0 then options.stems = chosen.stems end
  if chosen.separator ~= '' then options.separator = chosen.separator end
  if chosen.transcriber ~= '' then
    options.transcribers = {}
    for _, role in ipairs { 'bass', 'vocals', 'guitar', 'piano', 'other' } do
      options.transcribers[role] = chosen.transcriber
    end
  end
  if chosen.quantise ~= '' and chosen.quantise ~= 'off' then
    options.quantise = chosen.quantise
    options.quantise_strength = math.max(0, math.min(1, chosen.quantise_strength or 1))
  end
  for key, value in pairs(chosen.outside or {}) do options[key] = value end
  return options
end

return settings
