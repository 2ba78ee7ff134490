-- An instrument on a part's track: the user's plug-ins first, REAPER's own at the end, so that a track always sounds.

local levels = require 'levels'
local sampler = require 'sampler'

local instruments = {}

-- What every REAPER has, by kind; used after everything the settings name.
local STOCK_DRUMS, STOCK_PITCHED = { 'one-shots', 'ReaSynDr' }, { 'ReaSynth' }

-- ReaSynth's sounds: mixes of its waves, in shares; sustain and volume in decibels. All waves of a chord of six keys
-- at full velocity stay under -6 dBFS together, as does one key of the parts that play one.
local VOICES = {
  bass = { saw = 0.25, square = 0.15, sustain_db = -2.5, attack = 0.002, release = 0.02, volume_db = -9.5 },
  vocals = { triangle = 0.6, sustain_db = -2, attack = 0.01, release = 0.03, volume_db = -10.5 },
  guitar = { saw = 0.3, decay = 0.4, sustain_db = -8, attack = 0.001, release = 0.03, volume_db = -24.5 },
  piano = { triangle = 0.4, decay = 0.5, sustain_db = -10, attack = 0.001, release = 0.04, volume_db = -25 },
  other = { saw = 0.2, triangle = 0.3, sustain_db = -4.5, attack = 0.004, release = 0.03, volume_db = -25.5 },
}

-- Words in the names of plug-ins that play General MIDI: they take program changes and bend ranges.
local GENERAL_MIDI = { 'general midi', 'sforzando', 'fluidsynth', 'juicysf', 'sound canvas', 'bassmidi', 'sc-va', 'sfplayer' }

-- Bends mean this by General MIDI's rule, and in nearly every plug-in that is told nothing.
local USUAL_BEND = 2

local function add(track, name)
  local fx = reaper.TrackFX_AddByName(track, name, false, -1)
  if fx >= 0 then reaper.TrackFX_Show(track, fx, 2) end
  return fx
end

local function shape_synth(track, fx, voice)
  for word, value in pairs(voice) do
    local name, is_level = word:gsub('_db$', '')
    local parameter = levels.find(track, fx, name, 'extra')
    if is_level == 1 then
      levels.set_db(track, fx, parameter, value)
    else
      levels.set(track, fx, parameter, value)
    end
  end
end

local function is_general_midi(name)
  name = name:lower()
  for _, word in ipairs(GENERAL_MIDI) do
    if name:find(word, 1, true) then return true end
  end
  return false
end

-- Whether a missing plug-in has not been told of since REAPER was started.
local function is_new(name)
  local key = 'missing:' .. name
  if reaper.HasExtState('dawscribe', key) then return false end
  reaper.SetExtState('dawscribe', key, '1', false)
  return true
end

-- What the instrument `name` wants to be sent, as midi_events.from_part takes it.
local function wants_of(name, part)
  local is_gm = is_general_midi(name)
  return { program = is_gm, bend_range = is_gm and part.bend_range or USUAL_BEND, send_range = is_gm }
end

local function try(track, part, name, shots)
  if name == 'one-shots' then return sampler.add(track, shots) and { one_shots = shots } or nil end
  local fx = add(track, name)
  if fx < 0 then return nil end
  if name:lower():find('reasynth', 1, true) then shape_synth(track, fx, VOICES[part.role] or VOICES.other) end
  return wants_of(select(2, reaper.TrackFX_GetFXName(track, fx)) or name, part)
end

-- Puts the first instrument that this REAPER has on the track of a part, whose contents may be of several items.
-- Returns what it wants to be sent, and warnings for the user's own choices that this REAPER does not have.
function instruments.add(track, contents)
  local part, warnings = contents[1].content, {}
  local shots = sampler.shots_of(contents)
  local function first_of(names, warn)
    for _, name in ipairs(names) do
      local wants = try(track, part, name, shots)
      if wants then return wants end
      -- One-shots are missing whenever drums were not separated; that is no fault of the user's list.
      if warn and name ~= 'one-shots' and is_new(name) then
        warnings[#warnings + 1] = ('The instrument "%s" is not installed.'):format(name)
      end
    end
    return nil
  end
  local wants = first_of(part.instruments, true) or first_of(part.is_drums and STOCK_DRUMS or {}, false)
    or first_of(STOCK_PITCHED, false)
  return wants or instruments.nothing(part), warnings
end

-- What the instrument that stands on a track already wants to be sent, whoever put it there.
function instruments.present(track, contents)
  local part, fx = contents[1].content, reaper.TrackFX_GetInstrument(track)
  if fx < 0 then return instruments.nothing(part) end
  local _, name = reaper.TrackFX_GetFXName(track, fx)
  local _, file = reaper.TrackFX_GetNamedConfigParm(track, fx, 'FILE0')
  if file ~= '' then return { one_shots = sampler.shots_of(contents) } end
  return wants_of(name, part)
end

-- What a track without an instrument of ours is sent: an instrument of the user's comes there, and bends by custom.
function instruments.nothing(part)
  return { program = false, bend_range = math.min(part.bend_range, USUAL_BEND), send_range = false }
end

return instruments
