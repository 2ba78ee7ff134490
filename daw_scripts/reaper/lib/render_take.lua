-- Renders an item with its take FX and envelopes to a file and puts everything back: active take, selection, undo list.

local copy_file = require 'copy_file'
local front = require 'front'
local selection = require 'selection'

local render_take = {}

local STEP = 'Transcribe: read item'

local REFUSED = 'REAPER could not render "%s"; switch its take FX and envelopes off, or glue it, and try again.'
local UNWRITTEN = 'The rendered item could not be written to disk; free some disk space and try again.'

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
  local active = reaper.GetActiveTake(entry.item)
  reaper.Undo_BeginBlock2(project)
  -- The action renders the active take; the user may have turned to another one meanwhile.
  reaper.SetActiveTake(entry.take)
  local ok, path = pcall(rendered_path, entry)
  if active and reaper.ValidatePtr2(project, active, 'MediaItem_Take*') then reaper.SetActiveTake(active) end
  select_only(project, before)
  reaper.Undo_EndBlock2(project, STEP, 0)
  -- The actions inside made an undo step although nothing is left of them; taking it back leaves the list as it was.
  if reaper.Undo_CanUndo2(project) == STEP then reaper.Undo_DoUndo2(project) end
  return ok and path
end

local function rendered(entry)
  reaper.PreventUIRefresh(1)
  local ok, path = front.with(entry.project, function() return render(entry) end)
  reaper.PreventUIRefresh(-1)
  reaper.UpdateArrange()
  return ok and path and reaper.file_exists(path) and path or nil
end

-- Out of the project's media folder, where nothing may be left: true when it is, nil while it is copied.
local function move(state)
  if not state.copy then
    os.remove(state.path .. '.reapeaks')
    if os.rename(state.path, state.target) then return true end
    -- Across disks a rename fails.
    state.copy = copy_file.new(state.path, state.target)
  end
  local done = state.copy and state.copy.step()
  if done then os.remove(state.path) end
  if done ~= nil then state.copy = nil end
  return done
end

local function step(state)
  local entry = state.entry
  state.path = state.path or rendered(entry)
  if not state.path then return false, REFUSED:format(entry.name) end
  local moved = move(state)
  if moved == nil then return nil end
  if not moved then return false, UNWRITTEN end
  if not selection.find_again(entry) then return false, selection.GONE end
  -- Take volume and envelopes are in the file, item volume is not.
  local gain = reaper.GetMediaItemInfo_Value(entry.item, 'D_VOL')
  return {
    path = state.target, start_s = entry.offset_s, length_s = entry.length_s, gain = gain > 1e-4 and gain or 1.0,
    temporary = true,
  }
end

local function abort(state)
  if state.copy then state.copy.abort() end
  state.copy = nil
  if state.path then os.remove(state.path) end
  os.remove(state.target)
end

-- A reader (see item_audio) for an item with take FX or envelopes.
function render_take.reader(entry, target)
  local state = { entry = entry, target = target }
  return { step = function() return step(state) end, abort = function() abort(state) end }
end

return render_take
