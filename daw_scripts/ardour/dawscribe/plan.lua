-- What the daemon wants inserted: jobs/<id>/ardour.json and its .mid file, checked to the end before the session is
-- touched. Both are data of unknown origin.

local app = ...
local plan = {}

local BROKEN = 'The result of this transcription is damaged; transcribe the region again. (%s)'
local OTHER_TEMPO = 'The tempo map under the region has changed since it was sent; transcribe it again.'

local function need(condition, what)
  if not condition then app.messages.refuse(BROKEN:format(what)) end
end

local function whole(value, least, most)
  return math.type(value) == 'integer' and value >= least and value <= most
end

local function text(value)
  return type(value) == 'string' and #value > 0 and #value <= 1024
end

local function check_region(region, smf_tracks)
  need(type(region) == 'table' and text(region.name), 'region')
  need(whole(region.smf_track, 1, smf_tracks), 'MIDI track number')
  need(whole(region.position, 0, 1 << 52) and whole(region.length, 1, 1 << 52), 'region place')
end

local function check_track(track, smf_tracks)
  need(type(track) == 'table' and text(track.name) and text(track.after) and text(track.key), 'track')
  need(whole(track.color, 0, 0xffffffff), 'track colour')
  need(type(track.instruments) == 'table' and type(track.regions) == 'table', 'track parts')
  for _, instrument in ipairs(track.instruments) do
    need(type(instrument) == 'table' and text(instrument.id) and text(instrument.type), 'instrument')
    need(instrument.name == nil or text(instrument.name), 'instrument name')
  end
  for _, region in ipairs(track.regions) do check_region(region, smf_tracks) end
end

local function check_tempo(tempo)
  need(type(tempo) == 'table', 'tempo')
  for _, span in ipairs(tempo) do
    need(type(span) == 'table' and whole(span.position, 0, 1 << 52) and type(span.table) == 'table', 'tempo')
    for _, point in ipairs(span.table) do
      need(type(point) == 'table' and type(point[1]) == 'number' and whole(point[2], 0, 1 << 52), 'tempo')
    end
    if not app.tempo_table.holds(span.position, span.table) then app.messages.refuse(OTHER_TEMPO) end
  end
end

local function check_range(range)
  need(type(range) == 'table' and text(range.name), 'range')
  need(whole(range.position, 0, 1 << 52) and whole(range.length, 1, 1 << 52), 'range place')
end

-- Walks the chunks of the MIDI file, so that a torn one is refused before Ardour imports half of it.
local function check_midi(bytes, smf_tracks, ppqn)
  need(bytes and #bytes >= 14 and bytes:sub(1, 4) == 'MThd', 'MIDI file')
  local size, format, tracks, division = string.unpack('>I4I2I2I2', bytes, 5)
  need(size == 6 and format == 1 and tracks == smf_tracks + 1 and division == ppqn, 'MIDI header')
  local position = 15
  for _ = 1, tracks do
    need(position + 7 <= #bytes and bytes:sub(position, position + 3) == 'MTrk', 'MIDI track')
    position = position + 8 + string.unpack('>I4', bytes, position + 4)
    need(position <= #bytes + 1, 'MIDI track length')
  end
end

-- Ardour asks before it imports a path that it has imported before, so a later revision goes under a name of its own.
local function own_path(id, bytes)
  local path = app.spool:path('jobs', id, ('ardour-%d.mid'):format(os.time()))
  local ok, reason = app.files:write(path, bytes)
  if not ok then app.spool:complain(reason) end
  return path
end

-- The checked plan of a job, with `midi_path` and `midi_size`; stops with a sentence where it cannot be inserted.
function plan.load(id, is_update)
  local found = app.spool:read_json('jobs', id, 'ardour.json')
  need(found, 'no plan')
  need(found.protocol == app.spool.PROTOCOL, 'protocol')
  need(app.pending.is_ours(found.session), 'it belongs to another session')
  need(whole(found.smf_tracks, 0, 4096) and found.ppqn == 1920 and type(found.tracks) == 'table', 'head')
  for _, track in ipairs(found.tracks) do check_track(track, found.smf_tracks) end
  need(type(found.ranges) == 'table', 'ranges')
  for _, range in ipairs(found.ranges) do check_range(range) end
  check_tempo(found.tempo)
  -- The name is fixed, so that a plan cannot point anywhere else.
  found.midi_path = app.spool:path('jobs', id, 'ardour.mid')
  local bytes = app.files:read(found.midi_path)
  check_midi(bytes, found.smf_tracks, found.ppqn)
  found.midi_size = #bytes
  if is_update then found.midi_path = own_path(id, bytes) end
  return found
end

return plan
