-- The user's choices: remembered for the project they were made in, and for REAPER as the ones to begin with.

local beat_hint = require 'beat_hint'
local option_table = require 'option_table'

local settings = {}

local SECTION = 'dawscribe'

settings.ROLES = option_table.ROLES
-- An item that is all of a song.
settings.MIX = 'mix'

-- The words of a list with the daemon's own choice, an empty word, before them.
local function or_default(words, without)
  local found = { '' }
  for _, word in ipairs(words) do
    if word ~= without then found[#found + 1] = word end
  end
  return found
end

-- Key, caption, default, kind, and for "word" what there is to choose from (an empty word first: the daemon's own).
settings.FIELDS = {
  { 'stems', 'Parts wanted (empty: all)', '', 'words' },
  { 'role', 'Each item is (empty: a mix; bass drums mix ...)', '', 'words' },
  { 'separator', 'Separator (empty: default)', '', 'word',
    or_default(option_table.SEPARATORS, 'whole_mix') },
  { 'transcriber', 'Engine for pitched parts (empty: default)', '', 'word',
    or_default(option_table.TRANSCRIBERS, 'drums') },
  { 'sensitivity', 'Sensitivity 0 to 1 (empty: default)', '', 'number' },
  { 'quantise', 'Quantise to (empty: as played; 1/16 1/8T)', '', 'word',
    or_default(option_table.GRIDS) },
  { 'grid_source', 'Whose grid (song or project)', 'song', 'word', option_table.GRID_SOURCES },
  { 'quantise_strength', 'Quantise strength 0 to 1', '1', 'number' },
  { 'beat', 'Beat as known (97.3  x2 x1/2  3/4  @0.42)', '', 'word' },
  { 'set_tempo', 'Set the project\'s tempo (ask yes no)', 'ask', 'word', { 'ask', 'yes', 'no' } },
  { 'instruments', 'Instruments on the tracks (yes no)', 'yes', 'yes' },
  { 'drum_tracks', 'A track for each drum (yes no)', 'no', 'yes' },
  { 'drum_map', 'Drum keys (empty: GM; superior, ezdrummer ...)', '', 'word',
    or_default(option_table.DRUM_MAPS) },
  { 'stem_tracks', 'Stems as muted tracks (yes no)', 'no', 'yes' },
  { 'mute_source', 'Mute the source item (yes no)', 'no', 'yes' },
  { 'more', 'More (draft best regions whole beside plain programs)', '', 'words' },
}

-- What the words of "more" mean. REAPER's own dialog takes 16 fields, so that the quality is among them: a word of
-- QUALITIES, without one the daemon's own.
settings.MORE = {
  { 'draft', 'Draft: hear the mix as it is, in seconds' },
  { 'best', 'Best: separate the mix first' },
  { 'regions', 'Sections and chords as regions' },
  { 'whole', 'Hear items whole, whatever the time selection' },
  { 'beside', 'Beside a source that is a folder, not inside it' },
  { 'plain', 'No colours on the tracks' },
  { 'programs', 'Send program changes to any instrument' },
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

-- The texts of all choices: the front project's, else REAPER's, else the defaults.
function settings.texts()
  local project, found = reaper.EnumProjects(-1), {}
  for index, field in ipairs(settings.FIELDS) do
    local known, text = reaper.GetProjExtState(project, SECTION, field[1])
    if known == 0 then text = reaper.HasExtState(SECTION, field[1]) and reaper.GetExtState(SECTION, field[1]) or field[3] end
    -- An empty value is none to REAPER; it is kept as a blank.
    found[index] = text == ' ' and '' or text
  end
  return found
end

-- Keeps texts for the front project and for the next one.
function settings.keep(texts)
  local project = reaper.EnumProjects(-1)
  for index, field in ipairs(settings.FIELDS) do
    local text = (texts[index] or field[3]):gsub('%c', ' ')
    if text == '' then text = ' ' end
    reaper.SetProjExtState(project, SECTION, field[1], text)
    reaper.SetExtState(SECTION, field[1], text, true)
  end
end

-- All choices by key.
function settings.of(texts)
  local found = {}
  for index, text in ipairs(texts) do found[settings.FIELDS[index][1]] = value_of(settings.FIELDS[index], text) end
  return found
end

function settings.read()
  return settings.of(settings.texts())
end

-- A sentence about the first text that is none of its choices, or nil.
function settings.mistake(texts)
  local function is_in(list, word)
    for _, known in ipairs(list) do
      if known == word then return true end
    end
    return false
  end
  for index, field in ipairs(settings.FIELDS) do
    local value = value_of(field, texts[index])
    local list = field[5]
    -- Further engines and drum maps come with plug-ins; grids have many names.
    local is_open = field[1] == 'separator' or field[1] == 'transcriber' or field[1] == 'drum_map' or field[1] == 'quantise'
    if list and not is_open and not is_in(list, value) then
      return ('"%s" is none of: %s.'):format(value, table.concat(list, ' '))
    end
    if field[1] == 'quantise' and value ~= '' and value ~= 'off' and not value:match('^1/%d+[TtDdGg]?$') then
      return ('"%s" is no grid; write one such as 1/16 or 1/8T, or nothing.'):format(value)
    end
    if field[4] == 'number' and texts[index]:find('%S') and not (value and value >= 0 and value <= 1) then
      return ('"%s" is no number from 0 to 1 (%s).'):format(texts[index], field[2])
    end
    for _, word in ipairs((field[1] == 'stems' or field[1] == 'role') and value or {}) do
      if not is_in(settings.ROLES, word) and not (field[1] == 'role' and word == settings.MIX) then
        return ('"%s" is no part; the parts are: %s.'):format(word, table.concat(settings.ROLES, ' '))
      end
    end
    if field[1] == 'beat' then
      local hint, word = beat_hint.read(value)
      if not hint then return ('"%s" says nothing of the beat; %s.'):format(word, beat_hint.HELP) end
    end
  end
  return nil
end

-- Asks the user in REAPER's own dialog; the choices, or nil when it was cancelled. `say` tells of a mistake.
function settings.ask(title, say)
  local captions, texts, last = {}, settings.texts(), nil
  for index, field in ipairs(settings.FIELDS) do captions[index] = (field[2]:gsub(',', '')) end
  captions[#captions + 1] = 'extrawidth=160'
  captions[#captions + 1] = 'separator=|'
  while true do
    local ok, answer = reaper.GetUserInputs(title, #settings.FIELDS, table.concat(captions, ','), table.concat(texts, '|'))
    -- The same words again are no wish to go on.
    if not ok or answer == last then return nil end
    last = answer
    local index = 0
    for text in (answer .. '|'):gmatch('([^|]*)|') do
      index = index + 1
      if settings.FIELDS[index] then texts[index] = text end
    end
    local mistake = settings.mistake(texts)
    if not mistake then
      settings.keep(texts)
      return settings.of(texts)
    end
    say(mistake)
  end
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

local function is_number(value)
  return type(value) == 'number' and value >= 0 and value < 1e6
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
local FITS = {
  word = is_word, flag = is_flag, share = is_share, number = is_number, words = are_words,
  words_by_role = are_words_by_role,
}

-- The choices with those of a command's options, which come from another program: what does not fit is left out.
function settings.merge(chosen, options)
  chosen.outside, chosen.is_from_outside = {}, options ~= nil
  for key, kind in pairs(type(options) == 'table' and option_table.KINDS or {}) do
    if FITS[kind](options[key]) then chosen.outside[key] = options[key] end
  end
  return chosen
end

-- Whether a word is among those of "more".
function settings.has(chosen, word)
  for _, known in ipairs(chosen.more or {}) do
    if known == word then return true end
  end
  return false
end

-- The entries of a selection by what they are, in the order of the selection: a list of { entries, chosen }. One word
-- means all items, of several the last one means the rest.
function settings.by_role(chosen, entries)
  local words, groups, by_word = chosen.role, {}, {}
  for index, entry in ipairs(entries) do
    local word = words[math.min(index, #words)] or settings.MIX
    if not by_word[word] then
      local own = setmetatable({ role = { word } }, { __index = chosen })
      by_word[word] = { entries = {}, chosen = own }
      groups[#groups + 1] = by_word[word]
    end
    table.insert(by_word[word].entries, entry)
  end
  return groups
end

local function share(value)
  return math.max(0, math.min(1, value))
end

-- The request's options as the protocol names them.
function settings.options(chosen)
  local options = { keep_stems = true }
  if #chosen.stems > 0 then options.stems = chosen.stems end
  if chosen.separator ~= '' then options.separator = chosen.separator end
  for _, quality in ipairs(option_table.QUALITIES) do
    if settings.has(chosen, quality) then options.quality = quality end
  end
  local role = chosen.role[1]
  if role and role ~= settings.MIX then options.separator, options.role = 'whole_mix', role end
  for key, value in pairs(beat_hint.read(chosen.beat) or {}) do options[key] = value end
  if chosen.drum_map ~= '' then options.drum_map = chosen.drum_map end
  if chosen.sensitivity then options.sensitivity = share(chosen.sensitivity) end
  if chosen.transcriber ~= '' then
    options.transcribers = {}
    for _, role in ipairs { 'bass', 'vocals', 'guitar', 'piano', 'other' } do
      options.transcribers[role] = chosen.transcriber
    end
  end
  if chosen.quantise ~= '' and chosen.quantise ~= 'off' then
    options.quantise = chosen.quantise
    options.quantise_strength = share(chosen.quantise_strength or 1)
    if chosen.grid_source == 'project' then options.grid_source = 'project' end
  end
  for key, value in pairs(chosen.outside or {}) do options[key] = value end
  return options
end

-- What the insertion needs to know; it travels with the request and comes back with the result.
function settings.insertion(chosen)
  local programs = nil
  if settings.has(chosen, 'programs') then programs = true end
  return {
    instruments = chosen.instruments, stem_tracks = chosen.stem_tracks, mute_source = chosen.mute_source,
    drum_tracks = chosen.drum_tracks, regions = settings.has(chosen, 'regions'), set_tempo = chosen.set_tempo,
    colours = not settings.has(chosen, 'plain'), beside_folder = settings.has(chosen, 'beside'),
    program_changes = programs,
  }
end

return settings
