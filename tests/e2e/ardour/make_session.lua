-- For ardour7-lua: a session with one audio track and one region, under a tempo map with a ramp and a step.
-- Environment: SESSION (folder), RATE, POSITION, LENGTH (samples), CHANNELS, and MORE: where not 0, the same region once
-- more at that sample, and below the first one a take that it covers. The region's files hold silence until the caller
-- overwrites them. Prints the paths of its source files.
-- This program may crash while it ends; what it has printed must be out by then.
io.stdout:setvbuf("no")
AudioEngine:set_backend("None (Dummy)", "", "")
local folder = os.getenv("SESSION")
local session = assert(create_session(folder, folder:match("[^/]+$"), tonumber(os.getenv("RATE"))))
session:add_master_bus(ARDOUR.ChanCount(ARDOUR.DataType("audio"), 2))

local rate = tonumber(os.getenv("RATE"))
local map = Temporal.TempoMap.write_copy()
map:set_tempo(Temporal.Tempo(97, 97, 4), Temporal.timepos_t(0))
local ramp = map:set_tempo(Temporal.Tempo(97, 97, 4), Temporal.timepos_t(4 * rate))
map:set_tempo(Temporal.Tempo(140, 140, 4), Temporal.timepos_t(9 * rate))
map:set_ramped(ramp, true)
map:set_tempo(Temporal.Tempo(83, 83, 4), Temporal.timepos_t(11 * rate))
Temporal.TempoMap.update(map)
map = nil

local position, length = tonumber(os.getenv("POSITION")), tonumber(os.getenv("LENGTH"))
local channels = tonumber(os.getenv("CHANNELS"))
local track
for route in session:new_audio_track(channels, 2, nil, 1, "Song", -1, ARDOUR.TrackMode.Normal, true):iter() do
  track = route:to_track()
end
local region = track:bounce_range(0, length, ARDOUR.InterThreadInfo(), ARDOUR.LuaAPI.nil_proc(), false, "Song")
assert(not region:isnil(), "no region")
local playlist = track:playlist()
local more = tonumber(os.getenv("MORE"))
if more > 0 then
  local function copy(name, where)
    local made = ARDOUR.RegionFactory.clone_region(region, true, false)
    made:set_name(name)
    playlist:add_region(made, Temporal.timepos_t(where), 1, false, 0, 0, false)
  end
  copy("Hidden take", position)
  copy("Later", more)
end
playlist:add_region(region, Temporal.timepos_t(position), 1, false, 0, 0, false)
for channel = 0, channels - 1 do
  print("source " .. region:to_audioregion():source(channel):to_filesource():path())
end
region, playlist, track = nil, nil, nil
session:save_state("")
session = nil
collectgarbage()
close_session()
quit()
