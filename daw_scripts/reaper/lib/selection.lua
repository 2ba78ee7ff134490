-- The selected items as what is to be heard: spans on the timeline, cut by the time selection where it cuts them.
-- Each is an entry: item, take, name, track, project, GUIDs, position_s and length_s of the span, offset_s of it in
-- the item, gain. What belongs together is one entry: see spans.lua.

local app = require 'app'
local online = require 'online'
local place = require 'place'
local spans = require 'spans'

local selection = {}

-- The daemon refuses shorter audio, and with it the whole request.
local MIN_LENGTH_S = 0.1
local TOO_SHORT = '"%s" is shorter than 0.1 s; select a longer item or stretch of time and transcribe again.'
local NOTHING = 'Select one or more audio items first, then transcribe them.'
local NONE = 'None of the %d selected items can be heard (%s); select an item with audio.'
local LEFT_OUT = 'Left out: %s.'
local CUT = 'Only %s of %s: the time selection cuts "%s". Clear it to hear all.'

-- Why an item cannot be heard: a word for counting and a sentence. nil when it can.
local function refusal(project, item, take, name)
  if not take then return 'empty', ('"%s" is empty; select an item with audio.'):format(name) end
  if reaper.TakeIsMIDI(take) then return 'MIDI', ('"%s" is MIDI already; select an item with audio.'):format(name) end
  local source = online.root_of(reaper.GetMediaItemTake_Source(take))
  local path = reaper.GetMediaSourceFileName(source)
  local kind = reaper.GetMediaSourceType(source)
  if kind == 'EMPTY' or path == '' then
    return 'without a file', ('"%s" holds no audio file; glue it first.'):format(name)
  end
  if not reaper.file_exists(path) then
    return 'missing', ('The file of "%s" is missing (%s); find it again or choose another item.'):format(name, path)
  end
  if online.ensure(project, item, take) then return nil end
  if kind == 'VIDEO' then return 'without sound', ('"%s" is a video without sound; choose another item.'):format(name) end
  return 'offline', online.LOST:format(name)
end

local function span_of(item, from, to)
  local start = reaper.GetMediaItemInfo_Value(item, 'D_POSITION')
  local stop = start + reaper.GetMediaItemInfo_Value(item, 'D_LENGTH')
  if to > from and from < stop and to > start then return start, stop, math.max(start, from), math.min(stop, to) end
  return start, stop, start, stop
end

-- What the item's and the take's faders do. One that is all the way down says nothing about the notes.
local function gain_of(item, take)
  local volume = reaper.GetMediaItemTakeInfo_Value(take, 'D_VOL')
  local gain = reaper.GetMediaItemInfo_Value(item, 'D_VOL') * math.abs(volume)
  return gain > 1e-4 and gain or 1.0
end

-- An item as an entry, or nil, a word and a sentence.
local function entry_of(project, item, from, to)
  local take = reaper.GetActiveTake(item)
  local name = app.plain_name(take and reaper.GetTakeName(take) or '', 'item')
  local word, problem = refusal(project, item, take, name)
  if word then return nil, word, problem end
  local start, whole, position, stop = span_of(item, from, to)
  local track = reaper.GetMediaItem_Track(item)
  return {
    project = project, item = item, take = take, name = name, track = track, track_guid = place.guid_of(track),
    take_guid = select(2, reaper.GetSetMediaItemTakeInfo_String(take, 'GUID', '', false)),
    item_guid = select(2, reaper.GetSetMediaItemInfo_String(item, 'GUID', '', false)),
    position_s = position, length_s = stop - position, offset_s = position - start, whole_s = whole - start,
    origin_s = place.origin(item, take), gain = gain_of(item, take),
  }
end

-- Leaves out slivers beside longer spans; nil and a sentence where there is nothing else.
local function long_enough(entries)
  local kept = {}
  for _, entry in ipairs(entries) do
    if entry.length_s >= MIN_LENGTH_S then kept[#kept + 1] = entry end
  end
  if #kept > 0 then return kept end
  return nil, entries[1] and TOO_SHORT:format(entries[1].name) or NOTHING
end

local function seconds(value)
  return value < 60 and ('%.1f s'):format(value) or ('%d:%02d min'):format(value // 60, value % 60)
end

-- How many were left out for which reason: "2 MIDI, 1 missing".
local function counted(words)
  local counts, order = {}, {}
  for _, word in ipairs(words) do
    if not counts[word] then order[#order + 1] = word end
    counts[word] = (counts[word] or 0) + 1
  end
  for index, word in ipairs(order) do order[index] = counts[word] .. ' ' .. word end
  return table.concat(order, ', ')
end

local function note_of(entries, words)
  local notes = {}
  for _, entry in ipairs(entries) do
    if entry.length_s < entry.whole_s - 0.01 then
      notes[#notes + 1] = CUT:format(seconds(entry.length_s), seconds(entry.whole_s), entry.name)
      break
    end
  end
  if #words > 0 then notes[#notes + 1] = LEFT_OUT:format(counted(words)) end
  return #notes > 0 and table.concat(notes, ' ') or nil
end

-- Entries of all selected items that can be heard, the words for those that cannot, and the first one's sentence.
local function all_entries(project, path, whole)
  local from, to = 0, 0
  if not whole then from, to = reaper.GetSet_LoopTimeRange2(project, false, false, 0, 0, false) end
  local found, words, first = {}, {}, nil
  for index = 0, reaper.CountSelectedMediaItems(project) - 1 do
    local entry, word, problem = entry_of(project, reaper.GetSelectedMediaItem(project, index), from, to)
    if entry then
      entry.project_path = path
      found[#found + 1] = entry
    else
      words[#words + 1], first = word, first or problem
    end
  end
  return found, words, first
end

-- What is selected in the current project, in track order, with a note about what is left out or cut; or nil and a
-- sentence, nil alone when the user cancelled. `whole`: the time selection cuts nothing. `ask(entries)` says what to
-- do with microphones of one group: 'mix', 'each' or nil.
function selection.read(ask, whole)
  local project, path = reaper.EnumProjects(-1)
  local found, words, problem = all_entries(project, path, whole)
  if #found == 0 and #words > 1 then problem = NONE:format(#words, counted(words)) end
  if #found == 0 and problem then return nil, problem end
  local kept, sentence = long_enough(found)
  if not kept then return nil, sentence end
  local note = note_of(kept, words)
  kept = spans.mixed(spans.joined(kept), ask)
  return kept, note
end

-- Whether the item is still there; the user goes on working while a job runs, and an undo gives items new handles.
function selection.find_again(entry)
  local project = entry.project
  if not reaper.ValidatePtr2(nil, project, 'ReaProject*') then return false end
  local is_there = reaper.ValidatePtr2(project, entry.item, 'MediaItem*')
  if is_there and reaper.ValidatePtr2(project, entry.take, 'MediaItem_Take*') then return true end
  local item = place.source_item(project, entry.item_guid)
  local take = item and place.find_take(item, entry.take_guid)
  if not take then return false end
  entry.item, entry.take, entry.track = item, take, reaper.GetMediaItem_Track(item)
  return true
end

selection.GONE = 'The item was deleted while it was read; nothing was transcribed.'

return selection
