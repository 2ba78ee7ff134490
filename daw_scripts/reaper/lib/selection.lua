-- The selected items as what is to be heard: spans on the timeline, cut by the time selection where it cuts them.

local app = require 'app'
local place = require 'place'

local selection = {}

-- The daemon refuses shorter audio, and with it the whole request.
local SHORTEST_S = 0.1
local TOO_SHORT = '"%s" is shorter than 0.1 s; select a longer item or stretch of time and transcribe again.'
local NOTHING = 'Select one or more audio items first, then transcribe them.'

local function root_of(source)
  local parent = reaper.GetMediaSourceParent(source)
  while parent do
    source = parent
    parent = reaper.GetMediaSourceParent(source)
  end
  return source
end

-- A sentence when the take cannot be heard, else nil.
local function refusal(take, name)
  if not take then return ('"%s" is empty; select an item with audio.'):format(name) end
  if reaper.TakeIsMIDI(take) then return ('"%s" is MIDI already; select an item with audio.'):format(name) end
  local source = root_of(reaper.GetMediaItemTake_Source(take))
  local path = reaper.GetMediaSourceFileName(source)
  local kind = reaper.GetMediaSourceType(source)
  if kind == 'EMPTY' or path == '' then return ('"%s" holds no audio file; glue it first.'):format(name) end
  if not reaper.file_exists(path) then
    return ('The file of "%s" is missing (%s); find it again or choose another item.'):format(name, path)
  end
  if reaper.GetMediaSourceSampleRate(source) <= 0 then
    return ('The media of "%s" is offline; set it online and try again.'):format(name)
  end
  return nil
end

local function span_of(item, from, to)
  local start = reaper.GetMediaItemInfo_Value(item, 'D_POSITION')
  local stop = start + reaper.GetMediaItemInfo_Value(item, 'D_LENGTH')
  if to > from and from < stop and to > start then return start, math.max(start, from), math.min(stop, to) end
  return start, start, stop
end

-- An item as an entry (see selection.read), or nil and a sentence.
local function entry_of(item, from, to)
  local take = reaper.GetActiveTake(item)
  local name = app.plain_name(take and reaper.GetTakeName(take) or '', 'item')
  local problem = refusal(take, name)
  if problem then return nil, problem end
  local start, position, stop = span_of(item, from, to)
  local track = reaper.GetMediaItem_Track(item)
  return {
    item = item, take = take, name = name, track = track, track_guid = place.guid_of(track),
    take_guid = select(2, reaper.GetSetMediaItemTakeInfo_String(take, 'GUID', '', false)),
    item_guid = select(2, reaper.GetSetMediaItemInfo_String(item, 'GUID', '', false)),
    position_s = position, length_s = stop - position, offset_s = position - start,
    origin_s = place.origin(item, take),
  }
end

-- Leaves out slivers beside longer spans; nil and a sentence where there is nothing else.
local function long_enough(entries)
  local kept = {}
  for _, entry in ipairs(entries) do
    if entry.length_s >= SHORTEST_S then kept[#kept + 1] = entry end
  end
  if #kept > 0 then return kept end
  return nil, entries[1] and TOO_SHORT:format(entries[1].name) or NOTHING
end

-- What is selected in the current project, in track order, or nil and a sentence.
-- Each entry: item, take, name, track, project, GUIDs, position_s and length_s of the span, offset_s of it in the item.
function selection.read()
  local project, path = reaper.EnumProjects(-1)
  local from, to = reaper.GetSet_LoopTimeRange2(project, false, false, 0, 0, false)
  local found = {}
  for index = 0, reaper.CountSelectedMediaItems(project) - 1 do
    local entry, problem = entry_of(reaper.GetSelectedMediaItem(project, index), from, to)
    if not entry then return nil, problem end
    entry.project, entry.project_path = project, path
    found[#found + 1] = entry
  end
  return long_enough(found)
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
  entry.item, entry.take = item, take
  return true
end

selection.GONE = 'The item was deleted while it was read; nothing was transcribed.'
selection.root_of = root_of

return selection
