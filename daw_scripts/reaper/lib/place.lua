-- Where a result belongs: the open project, the track, the item that it came from.

local place = {}

local function guid_of(track)
  return select(2, reaper.GetSetMediaTrackInfo_String(track, 'GUID', '', false))
end

local function find_track(project, guid)
  for index = 0, reaper.CountTracks(project) - 1 do
    local track = reaper.GetTrack(project, index)
    if guid_of(track) == guid then return track end
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

-- The open project a result is for: the saved project by its path, an unsaved one by its tracks. nil when it is closed.
function place.project(result)
  local wanted = type(result.project) == 'string' and result.project or ''
  for _, pair in ipairs(open_projects()) do
    if wanted ~= '' and pair[2] == wanted then return pair[1] end
  end
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

-- Whether the project holds this job's tracks already.
function place.holds(project, job)
  for index = 0, reaper.CountTracks(project) - 1 do
    local ok, id = reaper.GetSetMediaTrackInfo_String(reaper.GetTrack(project, index), 'P_EXT:dawscribe_job', '', false)
    if ok and id == job then return true end
  end
  return false
end

local function insert_track(project, index)
  if reaper.InsertTrackInProject then
    reaper.InsertTrackInProject(project, index, 0)
  else
    reaper.InsertTrackAtIndex(index, false)
  end
  return reaper.GetTrack(project, index)
end

-- Makes `count` tracks right under the source track as a folder with its children, and keeps the folders around
-- whole: what the source track closed, the last child closes. Returns the folder and the list of children.
function place.folder(project, source_guid, count)
  local anchor = find_track(project, source_guid)
  local index = reaper.CountTracks(project)
  local closes = 0
  if anchor then
    index = math.floor(reaper.GetMediaTrackInfo_Value(anchor, 'IP_TRACKNUMBER'))
    closes = math.min(0, reaper.GetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH'))
    if closes < 0 then reaper.SetMediaTrackInfo_Value(anchor, 'I_FOLDERDEPTH', 0) end
  end
  local folder, children = insert_track(project, index), {}
  for number = 1, count do children[number] = insert_track(project, index + number) end
  if count > 0 then
    reaper.SetMediaTrackInfo_Value(folder, 'I_FOLDERDEPTH', 1)
    reaper.SetMediaTrackInfo_Value(children[count], 'I_FOLDERDEPTH', closes - 1)
  else
    reaper.SetMediaTrackInfo_Value(folder, 'I_FOLDERDEPTH', closes)
  end
  return folder, children
end

place.find_track = find_track

return place
