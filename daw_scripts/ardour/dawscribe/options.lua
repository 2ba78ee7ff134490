-- The dialog of "Transcribe with options": what is chosen is remembered for the next time, in the spool.

local app = ...
local options = {}

local TITLE = 'dawscribe: options'
local FILE = 'hosts/ardour-options.json'
local option_table = app.library('option_table')
local ROLES, GRIDS, DRUM_MAPS = option_table.ROLES, option_table.GRIDS, option_table.DRUM_MAPS
local QUALITIES = option_table.QUALITIES
local MIX, AS_PLAYED, DEFAULT = 'a mix', 'as played', 'default'
-- Sensitivities as the drop-down says them; 0.5 is as tuned.
local SENSITIVITIES = { few = 0.25, many = 0.75, most = 1 }
local SENSITIVE = { 'few', 'many', 'most' }
local NO_BEAT = '"%s" says nothing of the beat; %s.'

-- A list for Ardour's drop-down: each title means itself.
local function choices(first, words)
  local found = { [first] = '' }
  for _, word in ipairs(words) do found[word] = word end
  return found
end

local function known_or(word, words, first)
  for _, known in ipairs(words) do
    if known == word then return word end
  end
  return first
end

local function is_wanted(stems, role)
  for _, stem in ipairs(type(stems) == 'table' and stems or {}) do
    if stem == role then return true end
  end
  return type(stems) ~= 'table' or #stems == 0
end

local function widgets(last)
  local rows = { { type = 'heading', title = 'Parts', align = 'left' } }
  for index, role in ipairs(ROLES) do
    rows[#rows + 1] = { type = 'checkbox', key = role, title = role, default = is_wanted(last.stems, role),
      col = (index - 1) % 3, colspan = 1 }
  end
  local function add(row) rows[#rows + 1] = row end
  add { type = 'dropdown', key = 'role', title = 'The selection is', values = choices(MIX, ROLES),
    default = known_or(last.role, ROLES, MIX) }
  -- The draft hears the mix as it is, in seconds; best separates it first.
  add { type = 'dropdown', key = 'quality', title = 'Quality', values = choices(DEFAULT, QUALITIES),
    default = known_or(last.quality, QUALITIES, DEFAULT) }
  add { type = 'dropdown', key = 'quantise', title = 'Quantise to', values = choices(AS_PLAYED, GRIDS),
    default = known_or(last.quantise, GRIDS, AS_PLAYED) }
  add { type = 'entry', key = 'beat', title = 'Beat as known', default = type(last.beat) == 'string' and last.beat or '' }
  add { type = 'label', title = '97.3   x2 or x1/2   3/4   @0.42 (a bar begins)', align = 'left' }
  add { type = 'dropdown', key = 'drum_map', title = 'Drum keys', values = choices(DEFAULT, DRUM_MAPS),
    default = known_or(last.drum_map, DRUM_MAPS, DEFAULT) }
  add { type = 'dropdown', key = 'sensitivity', title = 'Notes', values = choices(DEFAULT, SENSITIVE),
    default = known_or(last.sensitivity, SENSITIVE, DEFAULT) }
  add { type = 'checkbox', key = 'chord_track', title = 'Chords and sections', default = last.chord_track == true }
  return rows
end

local function text(value)
  return type(value) == 'string' and value ~= '' and value or nil
end

-- What the dialog's answer means, to be remembered.
local function choice(answer)
  local stems = {}
  for _, role in ipairs(ROLES) do
    if answer[role] then stems[#stems + 1] = role end
  end
  if #stems == #ROLES then stems = {} end
  return {
    stems = app.json.array(stems), role = text(answer.role), quantise = text(answer.quantise), beat = text(answer.beat),
    drum_map = text(answer.drum_map), sensitivity = text(answer.sensitivity), quality = text(answer.quality),
    chord_track = answer.chord_track == true,
  }
end

-- The options of a request as the protocol names them.
function options.of(chosen)
  local hint, word = app.library('beat_hint').read(chosen.beat or '')
  if not hint then app.messages.refuse(NO_BEAT:format(word, app.library('beat_hint').HELP)) end
  local found = hint
  if #chosen.stems > 0 then found.stems = chosen.stems end
  if chosen.role then found.separator, found.role = 'whole_mix', chosen.role end
  found.quantise, found.drum_map, found.quality = chosen.quantise, chosen.drum_map, chosen.quality
  found.sensitivity = SENSITIVITIES[chosen.sensitivity]
  return found
end

-- Asks; the options and what the insertion needs to know, or nil when the user cancelled.
function options.ask()
  local answer = LuaDialog.Dialog(TITLE, widgets(app.spool:read_json(FILE) or {})):run()
  if not answer then return nil end
  local chosen = choice(answer)
  app.spool:write_json(FILE, chosen)
  return options.of(chosen), { chord_track = chosen.chord_track }
end

return options
