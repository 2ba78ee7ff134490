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
    if source then item.track = place.guid_of(reaper.GetMediaItem_Track(source)) end
    if take and item.origin_s then
      item.position_s = math.max(0, item.position_s + place.origin(source, take) - item.origin_s)
    end
  end
end

-- Whether the project holds this job's tracks already.
function place.holds(project, job)
  for index = 0, reaper.CountTracks(project) - 1 do
    local ok, id = reaper.GetSetMediaTrackInfo_String(reaper.GetTrack(project, index), 'P_EXT:dawscribe_job', '', false)
    if ok and id == job then return true end
  end
  return false
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

-- Makes `count` tracks (at least one) right under the source track as a folder with its children, and keeps the folders
-- around whole: what the source track closed, the last child closes. Returns the folder and the list of children.
function place.folder(project, source_guid, count)
  local anchor = find_track(project, source_guid)
  local index = reaper.CountTracks(project)
  local closes = 0
  if anchor then
    index = math.floor(reaper.GetMediaTrackInfo_Value(anchor, 'IP_TRACKNUMBER'))
    closes = math.min(0, reaper.GetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH'))
    if closes < 0 then reaper.SetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH', 0) end
  end
  local folder, children = place.insert_track(project, index), {}
  for number = 1, count do children[number] = place.insert_track(project, index + number) end
  reaper.SetMediaTrackInfo_Value(folder, 'I_FOLDERDEPTH', 1)
  reaper.SetMediaTrackInfo_Value(children[count], 'I_FOLDERDEPTH', closes - 1)
  return folder, children
end

return place
