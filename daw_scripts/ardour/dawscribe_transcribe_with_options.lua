ardour {
  ["type"] = "EditorAction",
  name = "Transcribe with options",
  author = "dawscribe",
  license = "MIT",
  description = [[Asks which parts are wanted, how the notes are to be placed and what is known of the beat, then sends
the selection to dawscribe as "Transcribe selection" does. The answers are remembered.]]
}

-- Ardour keeps a copy of this text, and drops the action for good after an uncaught error. So this is a shell
-- that never raises; the work is done by the files of the folder "dawscribe" in Ardour's configuration.
function factory () return function ()
  local ok, reason = pcall(function ()
    local folder = ARDOUR.user_config_directory(-1) .. "/dawscribe/"
    assert(loadfile(folder .. "app.lua"))(folder).action(true)
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
  -- A bar of sound, and sliders.
  for index, tall in ipairs { .25, .6, .95, .45 } do
    context:rectangle(width * (.06 + .12 * (index - 1)), height * (.5 - tall / 2), thin, height * tall)
    context:fill()
  end
  for index, at in ipairs { .3, .7 } do
    context:rectangle(width * .56, height * (.1 + .3 * index), width * .38, math.max(1, height * .06))
    context:rectangle(width * (.56 + .38 * at), height * (.02 + .3 * index), thin, height * .22)
    context:fill()
  end
end end
