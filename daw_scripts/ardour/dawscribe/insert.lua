-- Inserts a finished job: the .mid is imported as regions, then tracks are made, then all regions are placed in one
-- undo step. Everything that can fail comes before the first track, because Ardour cannot undo a track.

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

local function place(plan, imported, made)
  for index, track in ipairs(plan.tracks) do
    local playlist = made[index]:playlist()
    playlist:to_stateful():clear_changes()
    for _, wanted in ipairs(track.regions) do
      local region = ARDOUR.RegionFactory.clone_region(imported[wanted.smf_track].region, true, false)
      region:set_name(wanted.name)
      region:set_length(Temporal.timecnt_t(wanted.length))
      playlist:add_region(region, Temporal.timepos_t(wanted.position), 1, false, 0, 0, false)
    end
    Session:add_stateful_diff_command(playlist:to_statefuldestructible())
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

-- Inserts the job; a list of warnings and the number of tracks. Stops with a sentence; nothing was placed then.
function insert.run(id)
  local plan = app.plan.load(id)
  check_disk(plan.midi_size)
  local imported = plan.smf_tracks > 0 and import(plan) or {}
  local made, warnings = app.tracks.make(plan.tracks)
  Session:begin_reversible_command('Transcribe')
  local ok, reason = pcall(place, plan, imported, made)
  if not ok then
    Session:abort_reversible_command()
    error(reason, 0)
  end
  if not Session:abort_empty_reversible_command() then commit() end
  return warnings, #made
end

return insert
