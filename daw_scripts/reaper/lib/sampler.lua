-- The song's own drums on ReaSamplOmatic5000: one instance for each piece, or for each of its soft and hard strokes.

local levels = require 'levels'

local sampler = {}

local NAME = 'ReaSamplOmatic5000 (Cockos)'

-- Parameters by the words of their names, with the numbers that public scripts know them by.
local NUMBERS = {
  range_start = { 'note range start', 3 }, range_end = { 'note range end', 4 }, pitch_start = { 'pitch start', 5 },
  pitch_end = { 'pitch end', 6 }, voices = { 'max voices', 8 }, attack = { 'attack', 9 }, release = { 'release', 10 },
  note_offs = { 'obey note', 11 }, gain = { 'gain min vel', 2 },
}
local UNPITCHED, FOUR_VOICES = 0.5, 3 / 63

-- A cymbal that is choked fades in some hundredths of a second.
local CHOKED = 0.02

local function number_of(track, fx, name)
  return levels.find(track, fx, NUMBERS[name][1]) or NUMBERS[name][2]
end

local function set(track, fx, name, value)
  levels.set(track, fx, number_of(track, fx, name), value)
end

local function db(gain)
  return gain > 0 and 20 * math.log(gain, 10) or -math.huge
end

local function add_one(track, shot)
  local fx = reaper.TrackFX_AddByName(track, NAME, false, -1)
  if fx < 0 then return false end
  reaper.TrackFX_Show(track, fx, 2)
  reaper.TrackFX_SetNamedConfigParm(track, fx, 'FILE0', shot.path)
  reaper.TrackFX_SetNamedConfigParm(track, fx, 'DONE', '')
  reaper.TrackFX_SetNamedConfigParm(track, fx, 'MODE', '1')
  reaper.TrackFX_SetNamedConfigParm(track, fx, 'renamed_name', shot.name)
  for _, name in ipairs { 'range_start', 'range_end' } do set(track, fx, name, shot.pitch / 127) end
  for _, name in ipairs { 'pitch_start', 'pitch_end' } do set(track, fx, name, UNPITCHED) end
  set(track, fx, 'voices', FOUR_VOICES)
  set(track, fx, 'attack', 0)
  -- A cymbal that others choke ends with its note; all else rings out.
  local is_choked = #shot.choked_by > 0
  set(track, fx, 'note_offs', is_choked and 1 or 0)
  if is_choked then set(track, fx, 'release', CHOKED) end
  -- REAPER's own value is far above silence: ghost notes would be as loud as strokes.
  levels.set_db(track, fx, number_of(track, fx, 'gain'), db(shot.least_gain))
  if shot.softest > 1 or shot.loudest < 127 then
    levels.set(track, fx, levels.find(track, fx, 'min vel', 'gain') or 17, shot.softest / 127)
    levels.set(track, fx, levels.find(track, fx, 'max vel', 'gain') or 18, shot.loudest / 127)
  end
  return true
end

-- Puts the sounds on a track; whether there was any.
function sampler.add(track, shots)
  local loaded = false
  for _, shot in ipairs(shots) do
    if reaper.file_exists(shot.path) then loaded = add_one(track, shot) or loaded end
  end
  return loaded
end

-- The sounds of a part's pieces, each key's from the first item that has it.
function sampler.shots_of(contents)
  local shots, known = {}, {}
  for number, entry in ipairs(contents) do
    for _, shot in ipairs(entry.content.one_shots) do
      known[shot.pitch] = known[shot.pitch] or number
      if known[shot.pitch] == number then shots[#shots + 1] = shot end
    end
  end
  return shots
end

-- The notes of a part for these sounds: one that can be choked rings until it is, or is struck again.
function sampler.choked(notes, shots)
  local by = {}
  for _, shot in ipairs(shots) do
    if #shot.choked_by > 0 then
      by[shot.pitch] = { [shot.pitch] = true }
      for _, key in ipairs(shot.choked_by) do by[shot.pitch][key] = true end
    end
  end
  if not next(by) then return notes end
  local sorted, found = { table.unpack(notes) }, {}
  table.sort(sorted, function(a, b) return a[1] < b[1] end)
  local ends = {}
  for index = #sorted, 1, -1 do
    local note = sorted[index]
    local keys, stop = by[note[3]], math.huge
    for key in pairs(keys or {}) do stop = math.min(stop, ends[key] or math.huge) end
    found[index] = keys and { note[1], stop == math.huge and note[1] + sampler.RINGS_S or stop, note[3], note[4] } or note
    ends[note[3]] = note[1]
  end
  return found
end

-- A cymbal that nothing chokes rings this long.
sampler.RINGS_S = 4.0

return sampler
