-- Plug-in parameters by what the plug-in itself says of them: names and decibels. Numbers and scales of REAPER's own
-- instruments are documented nowhere, and differ between versions.

local levels = {}

-- Halvings of the search: finer than any display shows.
local STEPS = 24

-- The number of the first parameter whose name holds all of the words and none of `without`, or nil.
function levels.find(track, fx, words, without)
  for index = 0, reaper.TrackFX_GetNumParams(track, fx) - 1 do
    local _, name = reaper.TrackFX_GetParamName(track, fx, index)
    name = name:lower()
    local fits = not (without and name:find(without, 1, true))
    for word in words:gmatch('%S+') do fits = fits and name:find(word, 1, true) ~= nil end
    if fits then return index end
  end
  return nil
end

-- A displayed level in decibels; nil where the display is none.
local function decibels(text)
  if text:lower():find('inf', 1, true) then return -math.huge end
  return tonumber(text:match('[-+]?%d+%.?%d*'))
end

local function shown(track, fx, parameter, value)
  local ok, text = reaper.TrackFX_FormatParamValueNormalized(track, fx, parameter, value)
  return ok and decibels(text) or nil
end

-- Whether a parameter's display goes up in decibels from silence.
local function is_level(track, fx, parameter)
  local least, most = shown(track, fx, parameter, 0), shown(track, fx, parameter, 1)
  return least ~= nil and most ~= nil and least < -60 and most > least and most <= 48
end

-- Sets a parameter to a level in decibels, -math.huge for none at all. Where the display tells nothing, an amplitude
-- of 1 is taken to be in the middle, as public scripts do.
function levels.set_db(track, fx, parameter, wanted)
  if not parameter then return end
  local low, high = 0.0, 1.0
  if wanted == -math.huge then
    high = 0.0
  elseif is_level(track, fx, parameter) then
    for _ = 1, STEPS do
      local middle = (low + high) / 2
      if (shown(track, fx, parameter, middle) or 0) < wanted then low = middle else high = middle end
    end
  else
    high = math.min(1, 10 ^ (wanted / 20) / 2)
  end
  reaper.TrackFX_SetParamNormalized(track, fx, parameter, high)
end

-- Sets a parameter by its normalised value, where there is one.
function levels.set(track, fx, parameter, value)
  if parameter then reaper.TrackFX_SetParamNormalized(track, fx, parameter, value) end
end

return levels
