-- Inserts a finished job: the .mid is imported as regions, then tracks are made, then all regions are placed in one
-- undo step, those of an earlier revision in exchange. Everything that can fail comes before the first track, because
-- Ardour cannot undo a track.

local app = ...
local insert = {}

local DISK = 'The session folder cannot take the notes; free some space there, then open the session again.'
local IMPORT = 'Ardour could not import the notes; see its log (Window > Log), then open the session again to retry.'
-- Bytes beside the .mid that a full disk must still hold: the session file and Ardour's copies of the notes.
local SPARE = 1 << 20

-- Fails early on a full or read-only disk, where Ardour's import would stop half way.
local function check_disk(size)
  local path = Session:path() .. '/.dawscribe-space'
  local handle = io.open(path, 'wb')
  local ok = handle and handle:write(string.rep('\0', 2 * size + SPARE))
  -- A full disk may show only when the buffer is written.
  ok = handle and handle:close() and ok
  os.remove(path)
  if not ok then app.messages.refuse(DISK) end
end

local function regions_by_id()
  local found = {}
  for _, region in ARDOUR.RegionFactory.regions():iter() do
    found[region:to_stateful():id():to_s()] = region
  end
  return found
end

-- The new regions, in the order of the file's tracks.
local function import(plan)
  local before = regions_by_id()
  local files = C.StringVector()
  files:push_back(plan.midi_path)
  Editor:do_import(
    files, Editing.ImportSerializeFiles, Editing.ImportAsRegion, ARDOUR.SrcQuality.SrcBest,
    ARDOUR.MidiTrackNameSource.SMFTrackName, ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore,
    Temporal.timepos_t(0), ARDOUR.PluginInfo(), ARDOUR.Track(), false)
  local new = {}
  for id, region in pairs(regions_by_id()) do
    if not before[id] then new[#new + 1] = { id = tonumber(id), region = region } end
  end
  -- Ids rise as regions are made, which is in the order of the file.
  table.sort(new, function(a, b) return a.id < b.id end)
  if #new ~= plan.smf_tracks then app.messages.refuse(IMPORT) end
  -- The import is an undo step of its own, which changes nothing but the selection: without it one undo is enough.
  Editor:undo(1)
  return new
end

-- A region as the plan wants it.
local function region_of(imported, wanted)
  local region = ARDOUR.RegionFactory.clone_region(imported[wanted.smf_track].region, true, false)
  region:set_name(wanted.name)
  region:set_length(Temporal.timecnt_t(wanted.length))
  return region
end

-- Changes a playlist within the undo step that is open; the regions that are new on it, by id.
local function change(track, old, wanted, imported)
  local playlist = track:playlist()
  playlist:to_stateful():clear_changes()
  for _, region in ipairs(old) do playlist:remove_region(region) end
  local before = app.placed.regions(playlist)
  for _, one in ipairs(wanted) do
    playlist:add_region(region_of(imported, one), Temporal.timepos_t(one.position), 1, false, 0, 0, false)
  end
  Session:add_stateful_diff_command(playlist:to_statefuldestructible())
  local new = {}
  for id, region in pairs(app.placed.regions(playlist)) do
    if not before[id] then new[id] = region end
  end
  return new
end

-- Puts the regions of all tracks in their places; the record of what is where.
local function place(plan, imported, targets, left_over)
  local rows = {}
  for index, track in ipairs(plan.tracks) do
    local target = targets[index]
    local new = change(target.track, target.old or {}, track.regions, imported)
    rows[index] = app.placed.row(track.key, target.track, new, target.former)
  end
  for _, one in ipairs(left_over) do
    change(one.track, one.old, {}, imported)
    rows[#rows + 1] = app.placed.row(one.key, one.track, {}, one.former)
  end
  return rows
end

-- Sections on the ruler, once: no undo step of Ardour's Lua can hold them.
local function mark(ranges)
  local there = {}
  local function key(name, from, to) return ('%d %d %s'):format(from, to, name) end
  for location in Session:locations():list():iter() do
    there[key(location:name(), location:start():samples(), location:_end():samples())] = true
  end
  for _, range in ipairs(ranges) do
    local to = range.position + range.length
    if not there[key(range.name, range.position, to)] then
      local made = Session:locations():add_range(Temporal.timepos_t(range.position), Temporal.timepos_t(to))
      made:set_name(range.name)
    end
  end
end

-- Ends the undo step. Taking the import's step back has switched off Ardour's Undo where there was no other; calling
-- Redo with nothing to redo, as is the case after a new step, switches it on again.
local function commit()
  Session:commit_reversible_command(nil)
  Editor:redo(1)
end

-- Whether the session can take new tracks now.
function insert.possible()
  return not Session:transport_rolling() and not Session:actively_recording()
end

-- Makes the tracks that are not there yet, and puts them into their targets; they, and warnings.
local function make(targets)
  local wanted, places = {}, {}
  for index, target in ipairs(targets) do
    if target.make then wanted[#wanted + 1], places[#places + 1] = target.make, index end
  end
  local made, warnings = app.tracks.make(wanted)
  for index, track in ipairs(made) do targets[places[index]].track = track end
  return made, warnings
end

-- Inserts the job; a list of warnings and the number of tracks. Stops with a sentence; nothing was placed then. With
-- `is_update` the tracks of an earlier revision take the notes.
function insert.run(id, is_update)
  local plan = app.plan.load(id, is_update)
  check_disk(plan.midi_size)
  local imported = plan.smf_tracks > 0 and import(plan) or {}
  local targets, left_over, said = app.update.targets(plan, is_update and app.placed.recall(id) or {})
  local made, warnings = make(targets)
  Session:begin_reversible_command(is_update and 'Update transcription' or 'Transcribe')
  local ok, rows = pcall(place, plan, imported, targets, left_over)
  if not ok then
    Session:abort_reversible_command()
    error(rows, 0)
  end
  if not Session:abort_empty_reversible_command() then commit() end
  app.fit.show(made)
  mark(plan.ranges)
  app.placed.remember(id, rows)
  table.move(warnings, 1, #warnings, #said + 1, said)
  return said, #plan.tracks
end

return insert
