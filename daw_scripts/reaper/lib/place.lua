-- Where a result belongs: the open project, the track, the item that it came from.

local place = {}

-- A track's own mark, whatever its number or name.
function place.guid_of(track)
  return select(2, reaper.GetSetMediaTrackInfo_String(track, 'GUID', '', false))
end

local function find_track(project, guid)
  for index = 0, reaper.CountTracks(project) - 1 do
    local track = reaper.GetTrack(project, index)
    if place.guid_of(track) == guid then return track end
  end
  return nil
end

-- The open projects as {handle, path}.
local function open_projects()
  local found, index = {}, 0
  local current, current_path = reaper.EnumProjects(-1)
  found[1] = { current, current_path or '' }
  while true do
    local project, path = reaper.EnumProjects(index)
    if not project then return found end
    if project ~= current then found[#found + 1] = { project, path or '' } end
    index = index + 1
  end
end

-- The project in which a selection still lies, whatever its path is by now: it may have been saved meanwhile.
local function project_of(entries)
  for _, entry in ipairs(entries) do
    if reaper.ValidatePtr2(nil, entry.project, 'ReaProject*')
      and reaper.ValidatePtr2(entry.project, entry.track, 'MediaTrack*')
      and place.guid_of(entry.track) == entry.track_guid
    then
      return entry.project
    end
  end
  return nil
end

-- The open project a result is for, nil when it is closed: where the selection still lies, else the saved project by
-- its path and an unsaved one by its tracks. A copy of a saved project has the same tracks and is not meant.
function place.project(result, entries)
  local found = project_of(entries or {})
  if found then return found end
  for _, pair in ipairs(open_projects()) do
    if result.project ~= '' and pair[2] == result.project then return pair[1] end
  end
  if result.project ~= '' then return nil end
  for _, pair in ipairs(open_projects()) do
    for _, item in ipairs(result.items) do
      if find_track(pair[1], item.track) then return pair[1] end
    end
  end
  return nil
end

-- The item a result came from, or nil when it is gone.
function place.source_item(project, guid)
  for index = 0, reaper.CountMediaItems(project) - 1 do
    local item = reaper.GetMediaItem(project, index)
    if select(2, reaper.GetSetMediaItemInfo_String(item, 'GUID', '', false)) == guid then return item end
  end
  return nil
end

-- One of an item's takes, or nil when it is gone.
function place.find_take(item, guid)
  for index = 0, reaper.CountTakes(item) - 1 do
    local take = reaper.GetTake(item, index)
    if take and select(2, reaper.GetSetMediaItemTakeInfo_String(take, 'GUID', '', false)) == guid then return take end
  end
  return nil
end

local function value(take, key)
  return reaper.GetMediaItemTakeInfo_Value(take, key)
end

-- Where the start of the take's source lies on the timeline: trimming or splitting an item leaves it, moving it not.
function place.origin(item, take)
  local offset, rate = value(take, 'D_STARTOFFS'), value(take, 'D_PLAYRATE')
  return reaper.GetMediaItemInfo_Value(item, 'D_POSITION') - offset / rate
end

-- Sends the result to where its items are now: the user went on working, and may have moved them.
function place.follow(project, result)
  for _, item in ipairs(result.items) do
    local source = place.source_item(project, item.item)
    local take = source and place.find_take(source, item.take)
    -- A later revision finds our tracks by where the item was heard.
    item.group = item.track
    if source then item.track = place.guid_of(reaper.GetMediaItem_Track(source)) end
    if take and item.origin_s then
      item.position_s = math.max(0, item.position_s + place.origin(source, take) - item.origin_s)
    end
  end
end

-- A new track at an index, in a project that may lie behind another tab.
function place.insert_track(project, index)
  if reaper.InsertTrackInProject then
    reaper.InsertTrackInProject(project, index, 0)
  else
    reaper.InsertTrackAtIndex(index, false)
  end
  return reaper.GetTrack(project, index)
end

-- A new track after another, inside the folder that the other one closes.
function place.after(project, anchor)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(anchor, 'IP_TRACKNUMBER'))
  local depth = reaper.GetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH')
  local fresh = place.insert_track(project, index)
  if depth < 0 then
    reaper.SetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH', 0)
    reaper.SetMediaTrackInfo_Value(fresh, 'I_FOLDERDEPTH', depth)
  end
  return fresh
end

-- The last track of the folder that a track opens, and what it closes beyond that folder (0 or less).
local function end_of_folder(project, track)
  local index = math.floor(reaper.GetMediaTrackInfo_Value(track, 'IP_TRACKNUMBER'))
  local depth = reaper.GetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH')
  while depth > 0 and index < reaper.CountTracks(project) do
    track = reaper.GetTrack(project, index)
    depth, index = depth + reaper.GetMediaTrackInfo_Value(track, 'I_FOLDERDEPTH'), index + 1
  end
  return track, depth
end

-- Makes `count` tracks (at least one) right under the source track as a folder with its children, and keeps the folders
-- around whole: what the source track closed, the last child closes. `beside`: where the source track is a folder
-- itself, after its last track, so that its effects do not play our instruments. Returns the folder and its children.
function place.folder(project, source_guid, count, beside)
  local anchor = find_track(project, source_guid)
  if beside and anchor and reaper.GetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH') > 0 then
    local last, beyond = end_of_folder(project, anchor)
    -- What the last track closes beyond that folder, ours closes.
    local depth = reaper.GetMediaTrackInfo_Value(last, 'I_FOLDERDEPTH')
    if beyond < 0 then reaper.SetMediaTrackInfo_Value(last, 'I_FOLDERDEPTH', depth - beyond) end
    local index = math.floor(reaper.GetMediaTrackInfo_Value(last, 'IP_TRACKNUMBER'))
    return place.make_folder(project, index, count, math.min(0, beyond))
  end
  local index = reaper.CountTracks(project)
  local closes = 0
  if anchor then
    index = math.floor(reaper.GetMediaTrackInfo_Value(anchor, 'IP_TRACKNUMBER'))
    closes = math.min(0, reaper.GetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH'))
    if closes < 0 then reaper.SetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH', 0) end
  end
  return place.make_folder(project, index, count, closes)
end

-- A folder track and its children at an index; the last child closes `closes` folders more, a number below 0.
function place.make_folder(project, index, count, closes)
  local folder, children = place.insert_track(project, index), {}
  for number = 1, count do children[number] = place.insert_track(project, index + number) end
  reaper.SetMediaTrackInfo_Value(folder, 'I_FOLDERDEPTH', 1)
  reaper.SetMediaTrackInfo_Value(children[count], 'I_FOLDERDEPTH', closes - 1)
  return folder, children
end

return place
