-- Makes the MIDI tracks below the source track, each with its colour and the first instrument that is installed.

local app = ...
local tracks = {}

local NO_TRACK = 'Ardour could not add a MIDI track; save the session and try again.'

local function preset_of(plugin, label)
  for preset in plugin:get_presets(false):iter() do
    if preset.label == label then return preset end
  end
end

-- The first instrument of the list that this Ardour has, with its preset; an empty one when it has none.
local function instrument(list)
  for _, wanted in ipairs(list) do
    local kind = ARDOUR.PluginType[wanted.type]
    local plugin = kind and ARDOUR.LuaAPI.new_plugin_info(wanted.id, kind)
    if plugin and not plugin:isnil() then
      if not wanted.preset then return plugin, nil, wanted end
      local preset = preset_of(plugin, wanted.preset)
      -- Without its preset a sampler has no sound: try the next one.
      if preset then return plugin, preset, wanted end
    end
  end
  return ARDOUR.PluginInfo(), nil, nil
end

-- Place in the list of tracks right below the one with this id; the end where it is gone.
local function below(id)
  for route in Session:get_tracks():iter() do
    if route:to_stateful():id():to_s() == id then return route:presentation_info_ptr():order() + 1 end
  end
  return ARDOUR.PresentationInfo.max_order
end

-- Ardour up to 8 wants nil for "no group", 9 a null pointer of its own.
local function no_group()
  local ok, group = pcall(function() return ARDOUR.RouteGroup() end)
  return ok and group or nil
end

-- What to tell about an instrument that was passed over for `plugin`, which has no name where there was none at all.
local function missing(first, plugin)
  return ("%s is not ready here, so new tracks play %s; 'dawscribe setup ardour' says what it needs."):format(
    first.name or first.id, plugin.name ~= '' and plugin.name or 'nothing')
end

-- One new track; its Track object and a warning, or nil.
local function make(wanted, order)
  local plugin, preset, chosen = instrument(wanted.instruments)
  local midi = ARDOUR.ChanCount(ARDOUR.DataType('midi'), 1)
  -- Audio outputs come with the instrument. Asked for here, Ardour makes them, drops them (nothing plays audio yet) and
  -- makes them anew; where the dropped ones are not cleared away by then (another thread does it), it crashes.
  local made = Session:new_midi_track(
    midi, midi, true, plugin, preset, no_group(), 1, wanted.name, order, ARDOUR.TrackMode.Normal, true)
  local first = wanted.instruments[1]
  local warning = first and chosen ~= first and missing(first, plugin) or nil
  for route in made:iter() do
    route:presentation_info_ptr():set_color(wanted.color)
    return route:to_track(), warning
  end
end

-- Makes all tracks of a plan in its order; a list of Track objects and a list of warnings.
function tracks.make(wanted)
  local made, warnings, next_order = {}, {}, {}
  for index, track in ipairs(wanted) do
    local order = next_order[track.after] or below(track.after)
    local warning
    made[index], warning = make(track, order)
    if not made[index] then app.messages.refuse(NO_TRACK) end
    warnings[#warnings + 1] = warning
    -- New tracks push each other's source tracks down, so another source is looked up again.
    next_order = { [track.after] = order == ARDOUR.PresentationInfo.max_order and order or order + 1 }
  end
  return made, warnings
end

return tracks
