-- What stands on one of our tracks: its name and colour, the items with notes or a stem, an instrument, names on the
-- keys.

local instruments = require 'instruments'
local marks = require 'marks'
local midi_item = require 'midi_item'
local sampler = require 'sampler'

local track_content = {}

-- A colour per role, told apart on light and dark themes.
local COLOURS = {
  drums = { 214, 107, 83 }, bass = { 77, 133, 189 }, vocals = { 222, 165, 68 }, guitar = { 102, 158, 92 },
  piano = { 148, 112, 179 }, other = { 96, 160, 160 }, folder = { 120, 120, 130 },
}

-- Names of keys are for all channels.
local ALL_CHANNELS = -1

-- Name, colour and marks of a track. `row` has a name, a role and an id.
function track_content.dress(track, result, group, row)
  reaper.GetSetMediaTrackInfo_String(track, 'P_NAME', row.name, true)
  marks.set(track, { job = result.id, part = row.id, group = group.id, revision = result.revision })
  if result.insertion.colours == false then return end
  local colour = COLOURS[row.role] or COLOURS.other
  reaper.SetMediaTrackInfo_Value(track, 'I_CUSTOMCOLOR', reaper.ColorToNative(table.unpack(colour)) | 0x1000000)
end

-- REAPER draws the waveform of a source only once its peaks are built; it goes on with it by itself.
local function build_peaks(source)
  if reaper.PCM_Source_BuildPeaks(source, 0) == 0 then return end
  repeat until reaper.PCM_Source_BuildPeaks(source, 1) == 0
  reaper.PCM_Source_BuildPeaks(source, 2)
end

local function insert_stem(track, stem, item)
  local source = reaper.PCM_Source_CreateFromFile(stem.path)
  if not source then return nil end
  local made = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(made)
  reaper.SetMediaItemTake_Source(take, source)
  build_peaks(source)
  reaper.SetMediaItemInfo_Value(made, 'D_POSITION', item.position_s)
  reaper.SetMediaItemInfo_Value(made, 'D_LENGTH', item.length_s)
  reaper.SetMediaItemInfo_Value(made, 'B_LOOPSRC', 0)
  reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', stem.role, true)
  return made
end

local function name_keys(project, track, contents)
  for _, entry in ipairs(contents) do
    for _, row in ipairs(entry.content.key_names or {}) do
      reaper.SetTrackMIDINoteNameEx(project, track, row.key, ALL_CHANNELS, row.name)
    end
  end
end

-- The part as the track's instrument plays it best.
local function played(part, wants)
  if not wants.one_shots then return part end
  return setmetatable({ notes = sampler.choked(part.notes, wants.one_shots) }, { __index = part })
end

-- Puts the notes of a row on its track, one item per item of the selection, and remembers how they were.
function track_content.put_notes(track, result, row, wants)
  for _, entry in ipairs(row.contents) do
    local item, part = entry.item, played(entry.content, wants)
    local made, problem = midi_item.insert(track, part, item.position_s, item.length_s, wants)
    if not made then error({ sentence = problem }) end
    reaper.GetSetMediaItemInfo_String(made, 'P_EXT:dawscribe_job', result.id, true)
  end
  marks.set(track, { notes = marks.notes_of(track, result.id), revision = result.revision })
end

local function put_stems(track, result, row)
  reaper.SetMediaTrackInfo_Value(track, 'B_MUTE', 1)
  for _, entry in ipairs(row.contents) do
    local made = insert_stem(track, entry.content, entry.item)
    if made then reaper.GetSetMediaItemInfo_String(made, 'P_EXT:dawscribe_job', result.id, true) end
  end
end

-- Program changes go where the user asks for them, or the instrument is known to want them.
local function with_choice(wants, result)
  if result.insertion.program_changes ~= nil then wants.program = result.insertion.program_changes == true end
  return wants
end

-- What the instrument that is on a track already wants to be sent.
function track_content.wants_of(track, result, row)
  local wants = instruments.present(track, row.contents)
  return with_choice(wants, result)
end

-- Fills a fresh track.
function track_content.fill(project, track, result, group, row)
  track_content.dress(track, result, group, row)
  if row.kind == 'stem' then return put_stems(track, result, row) end
  local wants, warnings = instruments.nothing(row.contents[1].content), {}
  if result.insertion.instruments ~= false then wants, warnings = instruments.add(track, row.contents) end
  for _, warning in ipairs(warnings) do result.warnings[#result.warnings + 1] = warning end
  name_keys(project, track, row.contents)
  track_content.put_notes(track, result, row, with_choice(wants, result))
end

return track_content
