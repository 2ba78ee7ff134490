-- For ardour7-lua: exports the whole mix with one track muted. Environment: SESSION, FOLDER, MUTE (track name),
-- END (samples), WAIT (seconds for the soundfonts). One export per process: a second one in the same process damages
-- Ardour's memory.
AudioEngine:set_backend("None (Dummy)", "", "")
local folder = os.getenv("SESSION")
local session = assert(load_session(folder, folder:match("[^/]+$")))
for route in session:get_tracks():iter() do
  local muted = route:name() == os.getenv("MUTE")
  route:mute_control():set_value(muted and 1 or 0, PBD.GroupControlDisposition.NoGroup)
end
-- The soundfont is loaded by a worker thread after a few cycles of the engine.
ARDOUR.LuaAPI.usleep(1000000 * tonumber(os.getenv("WAIT")))
do
  local export = session:simple_export()
  export:set_folder(os.getenv("FOLDER"))
  export:set_name("mix")
  export:set_range(0, tonumber(os.getenv("END")))
  -- The preset "WAV @ session-rate" of every Ardour: the one that does not normalise.
  assert(export:set_preset("75969a1c-3133-4694-864b-a1fa50e43348"))
  print("exported", export:run_export())
end
collectgarbage()
session = nil
close_session()
quit()
