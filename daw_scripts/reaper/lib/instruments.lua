-- An instrument on a part's track: the user's plug-ins first, REAPER's own at the end, so that a track always sounds.

local instruments = {}

-- What every REAPER has, by role; used after everything the settings name.
local STOCK = { drums = { 'one-shots', 'ReaSynDr' } }
local STOCK_PITCHED = { 'ReaSynth' }

-- ReaSynth by parameter name (normalised values): the sources disagree about the order of its parameters.
local VOICES = {
  bass = { saw = 0.25, square = 0.15, sustain = 0.75, attack = 0.002, release = 0.02, volume = 0.5 },
  vocals = { triangle = 0.6, sustain = 0.8, attack = 0.01, release = 0.03, volume = 0.45 },
  guitar = { saw = 0.3, decay = 0.4, sustain = 0.4, attack = 0.001, release = 0.03, volume = 0.4 },
  piano = { triangle = 0.4, decay = 0.5, sustain = 0.3, attack = 0.001, release = 0.04, volume = 0.4 },
  other = { saw = 0.2, triangle = 0.3, sustain = 0.6, attack = 0.004, release = 0.03, volume = 0.35 },
}

-- Normalised parameters of ReaSamplOmatic5000 by number: note range, pitch at its ends, obey note-offs, voices.
local RANGE_START, RANGE_END, PITCH_START, PITCH_END, VOICES_MAX, NOTE_OFFS = 3, 4, 5, 6, 8, 11
local UNPITCHED = 0.5
local FOUR_VOICES = 4 / 64

local function add(track, name)
  local fx = reaper.TrackFX_AddByName(track, name, false, -1)
  if fx >= 0 then reaper.TrackFX_Show(track, fx, 2) end
  return fx
end

local function shape_synth(track, fx, role)
  local voice = VOICES[role] or VOICES.other
  for index = 0, reaper.TrackFX_GetNumParams(track, fx) - 1 do
    local _, name = reaper.TrackFX_GetParamName(track, fx, index)
    for word, value in pairs(voice) do
      if name:lower():find(word, 1, true) and not name:lower():find('extra', 1, true) then
        reaper.TrackFX_SetParamNormalized(track, fx, index, value)
      end
    end
  end
end

local function add_sampler(track, shot)
  local fx = add(track, 'ReaSamplOmatic5000 (Cockos)')
  if fx < 0 then return false end
  reaper.TrackFX_SetNamedConfigParm(track, fx, 'FILE0', shot.path)
  reaper.TrackFX_SetNamedConfigParm(track, fx, 'DONE', '')
  reaper.TrackFX_SetNamedConfigParm(track, fx, 'MODE', '1')
  local key = shot.pitch / 127
  for parameter, value in pairs {
    [RANGE_START] = key, [RANGE_END] = key, [PITCH_START] = UNPITCHED, [PITCH_END] = UNPITCHED,
    [VOICES_MAX] = FOUR_VOICES, [NOTE_OFFS] = 0,
  } do
    reaper.TrackFX_SetParamNormalized(track, fx, parameter, value)
  end
  return true
end

-- One sampler per piece, each on its own key, loaded with the song's own sounds.
local function add_one_shots(track, shots)
  local loaded = false
  for _, shot in ipairs(shots) do
    if reaper.file_exists(shot.path) then loaded = add_sampler(track, shot) or loaded end
  end
  return loaded
end

local function try(track, part, name, shots)
  if name == 'one-shots' then return add_one_shots(track, shots) end
  local fx = add(track, name)
  if fx < 0 then return false end
  if name:lower():find('reasynth', 1, true) then shape_synth(track, fx, part.role) end
  return true
end

-- The sounds of the drum pieces, one per key: a piece may be heard in a later item only.
local function one_shots_of(contents)
  local shots, known = {}, {}
  for _, entry in ipairs(contents) do
    for _, shot in ipairs(entry.content.one_shots) do
      if not known[shot.pitch] then
        shots[#shots + 1], known[shot.pitch] = shot, true
      end
    end
  end
  return shots
end

-- Puts the first instrument that this REAPER has on the track of a part, whose contents may be of several items;
-- returns warnings for those it does not have.
function instruments.add(track, contents)
  local part, shots, wanted, warnings = contents[1].content, one_shots_of(contents), {}, {}
  for _, name in ipairs(part.instruments or {}) do wanted[#wanted + 1] = tostring(name) end
  for _, name in ipairs(STOCK[part.role] or {}) do wanted[#wanted + 1] = name end
  for _, name in ipairs(STOCK_PITCHED) do wanted[#wanted + 1] = name end
  for _, name in ipairs(wanted) do
    if try(track, part, name, shots) then return warnings end
    -- One-shots are missing whenever drums were not separated; that is no fault of the user's list.
    if name ~= 'one-shots' then warnings[#warnings + 1] = ('The instrument "%s" is not installed.'):format(name) end
  end
  return warnings
end

return instruments
