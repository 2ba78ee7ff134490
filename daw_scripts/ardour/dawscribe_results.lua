ardour {
  ["type"] = "EditorHook",
  name = "dawscribe results",
  author = "dawscribe",
  license = "MIT",
  description = [[Shows how far dawscribe is and inserts finished transcriptions into the session.]]
}

function signals ()
  local set = LuaSignal.Set()
  set:add({ [LuaSignal.LuaTimerDS] = true })
  return set
end

-- Ardour keeps a copy of this text, and unregisters the hook for good after an uncaught error. So this is a shell
-- that never raises; the work is done by the files of the folder "dawscribe" in Ardour's configuration.
function factory ()
  local app, broken
  return function ()
    if broken then return end
    local ok, reason = pcall(function ()
      if not app then
        local folder = ARDOUR.user_config_directory(-1) .. "/dawscribe/"
        app = assert(loadfile(folder .. "app.lua"))(folder)
      end
      app.tick()
    end)
    if not ok and not app then
      -- Without its files there is nothing to do until Ardour starts again; the action says so to the user.
      broken = true
      pcall(print, "dawscribe: " .. tostring(reason))
    end
  end
end
