-- For ardour7-lua (no window): makes a session with an audio track and a MIDI track per part, all files still empty.
-- Environment: DAWSCRIBE_FOLDER (this folder), DAWSCRIBE_PLAN (JSON in), DAWSCRIBE_ANSWER (JSON out: the paths of the
-- files to fill, and the tempo map as a table).

local folder = os.getenv("DAWSCRIBE_FOLDER")
local function module(name, ...) return assert(loadfile(folder .. name .. ".lua"))(...) end

local library = module("library")(folder)
local app = { json = library("json"), files = library("files").new(io, os) }
app.messages = { refuse = function(sentence) error(sentence, 0) end }
app.tempo_table = module("tempo_table", app)

local plan = assert(app.json.decode(assert(app.files:read(os.getenv("DAWSCRIBE_PLAN")))))
AudioEngine:set_backend("None (Dummy)", "", "")
Session = assert(create_session(plan.session, plan.name, plan.rate), "no session")
app.tracks = module("tracks", app)
local stereo = ARDOUR.ChanCount(ARDOUR.DataType("audio"), 2)
Session:add_master_bus(stereo)

-- The tempo as it was heard; Ardour moves each change to the nearest beat.
local map = Temporal.TempoMap.write_copy()
for _, point in ipairs(plan.tempo) do
  map:set_tempo(Temporal.Tempo(point.bpm, point.bpm, 4), Temporal.timepos_t(point.sample))
end
Temporal.TempoMap.update(map)
map = nil

-- Bouncing an empty track makes a region with files of its own, as long as asked for.
local function region_of(track, name)
  local nothing = ARDOUR.LuaAPI.nil_proc()
  local region = track:bounce_range(0, plan.length, ARDOUR.InterThreadInfo(), nothing, false, name)
  assert(not region:isnil(), "no region")
  track:playlist():add_region(region, Temporal.timepos_t(0), 1, false, 0, 0, false)
  return region
end

local answer = { audio = {}, midi = {}, table = app.tempo_table.build(0, plan.length) }
local source
for route in Session:new_audio_track(plan.channels, 2, nil, 1, plan.name, -1, ARDOUR.TrackMode.Normal, true):iter() do
  source = route:to_track()
end
local region = region_of(source, plan.name)
for channel = 0, plan.channels - 1 do
  answer.audio[channel + 1] = region:to_audioregion():source(channel):to_filesource():path()
end
for _, track in ipairs(plan.tracks) do track.after = source:to_stateful():id():to_s() end
local made, warnings = app.tracks.make(plan.tracks)
for index, track in ipairs(made) do
  region = region_of(track, plan.tracks[index].name)
  answer.midi[index] = region:source(0):to_filesource():path()
end
answer.warnings = app.json.array(warnings)

-- A soundfont is loaded by a worker thread after a few cycles of the engine; saved earlier it would be lost.
ARDOUR.LuaAPI.usleep(2500000)
Session:save_state("")
assert(app.files:write(os.getenv("DAWSCRIBE_ANSWER"), app.json.encode(answer)))
source, region, made = nil, nil, nil
Session = nil
collectgarbage()
close_session()
quit()
