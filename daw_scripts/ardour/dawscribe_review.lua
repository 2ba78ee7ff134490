ardour {
  ["type"] = "EditorAction",
  name = "Review transcription",
  author = "dawscribe",
  license = "MIT",
  description = [[Opens dawscribe's page in the browser, on which the notes of the selected track or region, else those that
came last, are listened to and corrected. What is sent from there comes to the same tracks.]]
}

-- Ardour keeps a copy of this text, and drops the action for good after an uncaught error. So this is a shell
-- that never raises; the work is done by the files of the folder "dawscribe" in Ardour's configuration.
function factory () return function ()
  local ok, reason = pcall(function ()
    local folder = ARDOUR.user_config_directory(-1) .. "/dawscribe/"
    assert(loadfile(folder .. "app.lua"))(folder).open_review()
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
  -- Two notes, and the tick that they are right.
  context:rectangle(width * .08, height * .16, width * .36, height * .16)
  context:rectangle(width * .3, height * .44, width * .3, height * .16)
  context:fill()
  context:set_line_width(math.max(1.5, width * .1))
  context:move_to(width * .42, height * .72)
  context:line_to(width * .58, height * .9)
  context:line_to(width * .94, height * .3)
  context:stroke()
end end
