ardour {
  ["type"] = "EditorAction",
  name = "Transcribe selection",
  author = "dawscribe",
  license = "MIT",
  description = [[Sends the selected audio regions, or the selected time range on the selected tracks, to dawscribe.
A few seconds later the notes stand below the source track, one MIDI track per part.
Pressed again meanwhile, it shows how far it is, and can cancel.]]
}

-- Ardour keeps a copy of this text, and drops the action for good after an uncaught error. So this is a shell
-- that never raises; the work is done by the files of the folder "dawscribe" in Ardour's configuration.
function factory () return function ()
  local ok, reason = pcall(function ()
    local folder = ARDOUR.user_config_directory(-1) .. "/dawscribe/"
    assert(loadfile(folder .. "app.lua"))(folder).action()
  end)
  if not ok then
    local text = "dawscribe's scripts cannot be loaded; run 'dawscribe setup ardour' again.\n" .. tostring(reason)
    if not loadfile then text = "Switch off 'Sandbox all Lua scripts' in Ardour's preferences to use dawscribe." end
    pcall(function ()
      LuaDialog.Message("dawscribe", text, LuaDialog.MessageType.Error, LuaDialog.ButtonType.Close):run()
    end)
  end
end end

function icon () return function (context, width, height, color)
  context:set_source_rgba(ARDOUR.LuaAPI.color_to_rgba(color))
  local thin = math.max(1, width * .09)
  -- A bar of sound, and the two notes it becomes.
  for index, tall in ipairs { .25, .6, .95, .45 } do
    context:rectangle(width * (.06 + .12 * (index - 1)), height * (.5 - tall / 2), thin, height * tall)
    context:fill()
  end
  context:rectangle(width * .58, height * .3, width * .34, height * .16)
  context:rectangle(width * .68, height * .58, width * .26, height * .16)
  context:fill()
end end
