-- Renders an item with its take FX to a file and puts everything back: active take, selection, undo list.

local front = require 'front'
local selection = require 'selection'

local render_take = {}

local STEP = 'Transcribe: read item'

-- "Item: Render items to new take": take FX, no track FX. "Take: Delete active take from items".
local RENDER, DELETE_TAKE = 41999, 40129

local function selected_items(project)
  local items = {}
  for index = 0, reaper.CountSelectedMediaItems(project) - 1 do
    items[#items + 1] = reaper.GetSelectedMediaItem(project, index)
  end
  return items
end

local function select_only(project, items)
  reaper.SelectAllMediaItems(project, false)
  for _, item in ipairs(items) do reaper.SetMediaItemSelected(item, true) end
end

local function rendered_path(entry)
  select_only(entry.project, { entry.item })
  reaper.Main_OnCommandEx(RENDER, 0, entry.project)
  local fresh = reaper.GetActiveTake(entry.item)
  if not fresh or fresh == entry.take then return nil end
  local path = reaper.GetMediaSourceFileName(reaper.GetMediaItemTake_Source(fresh))
  reaper.Main_OnCommandEx(DELETE_TAKE, 0, entry.project)
  return path
end

local function render(entry)
  local project, before = entry.project, selected_items(entry.project)
  reaper.Undo_BeginBlock2(project)
  local ok, path = pcall(rendered_path, entry)
  if reaper.ValidatePtr2(project, entry.take, 'MediaItem_Take*') then reaper.SetActiveTake(entry.take) end
  select_only(project, before)
  reaper.Undo_EndBlock2(project, STEP, 0)
  -- The actions inside made an undo step although nothing is left of them; taking it back leaves the list as it was.
  if reaper.Undo_CanUndo2(project) == STEP then reaper.Undo_DoUndo2(project) end
  return ok and path
end

-- The request's `audio` for an item with take FX, or false and a sentence. Take volume is in the file, item volume not.
function render_take.audio(entry, target)
  reaper.PreventUIRefresh(1)
  local ok, path = front.with(entry.project, function() return render(entry) end)
  reaper.PreventUIRefresh(-1)
  reaper.UpdateArrange()
  if not ok or not path or not reaper.file_exists(path) then
    return false, ('REAPER could not render "%s"; switch its take FX off or freeze them and try again.'):format(entry.name)
  end
  if not selection.find_again(entry) then return false, selection.GONE end
  -- Out of the project's media folder, where nothing may be left; across disks a rename fails and the file stays.
  os.remove(path .. '.reapeaks')
  if os.rename(path, target) then path = target end
  local gain = reaper.GetMediaItemInfo_Value(entry.item, 'D_VOL')
  return {
    path = path, start_s = entry.offset_s, length_s = entry.length_s, gain = gain > 1e-4 and gain or 1.0, temporary = true,
  }
end

return render_take
