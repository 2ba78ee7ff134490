-- Renders an item with its take FX to a file: a copy of the item on a track of its own, cut to the wanted span, which
-- is gone again before REAPER draws anything. The item itself, the selection and the undo list stay as they are.

local copy_file = require 'copy_file'
local project_tab = require 'project_tab'
local online = require 'online'
local place = require 'place'
local selection = require 'selection'

local render_take = {}

local REFUSED = 'REAPER could not render "%s", or the render was cancelled; switch its take FX off, or glue it, and '
  .. 'try again.'
local UNWRITTEN = 'The rendered item could not be written to disk; free some disk space and try again.'

-- "Item: Render items to new take": take FX, no track FX.
local RENDER = 41999

-- The project's choice of a format for new takes: 0 is WAV, which the daemon reads; WavPack and video it does not.
local FORMAT, AS_WAV = 'OPENCOPY_CFGIDX', 0

-- Ticks in which a file that another program still holds (a virus scanner, REAPER's peak builder) is tried again.
local MAX_TRIES = 150

local function select_only(project, items)
  reaper.SelectAllMediaItems(project, false)
  for _, item in ipairs(items) do reaper.SetMediaItemSelected(item, true) end
end

-- A copy of the entry's item on a track, with the chosen take active, cut to the span.
local function copy_of(entry, track)
  local ok, chunk = reaper.GetItemStateChunk(entry.item, '', false)
  local copy = ok and reaper.AddMediaItemToTrack(track)
  -- The copy gets GUIDs of its own.
  if not copy or not reaper.SetItemStateChunk(copy, (chunk:gsub('\n%s*I?GUID [^\n]*', '')), false) then return nil end
  reaper.SetMediaItemInfo_Value(copy, 'C_LOCK', 0)
  reaper.SetActiveTake(reaper.GetTake(copy, entry.take_number))
  local first, stop = entry.position_s, entry.position_s + entry.length_s
  if entry.offset_s > 0 then copy = reaper.SplitMediaItem(copy, first) or copy end
  reaper.SplitMediaItem(copy, stop)
  return copy
end

local function rendered_path(entry, track)
  local copy = copy_of(entry, track)
  if not copy then return nil end
  select_only(entry.project, { copy })
  local before = reaper.GetActiveTake(copy)
  online.ensure(entry.project, copy, before)
  reaper.Main_OnCommandEx(RENDER, 0, entry.project)
  local fresh = reaper.GetActiveTake(copy)
  if not fresh or fresh == before then return nil end
  return reaper.GetMediaSourceFileName(reaper.GetMediaItemTake_Source(fresh))
end

local function on_a_track_of_its_own(entry)
  local project = entry.project
  local track = place.insert_track(project, reaper.CountTracks(project))
  local format = reaper.GetSetProjectInfo(project, FORMAT, 0, false)
  reaper.GetSetProjectInfo(project, FORMAT, AS_WAV, true)
  local ok, path = pcall(rendered_path, entry, track)
  reaper.GetSetProjectInfo(project, FORMAT, format, true)
  reaper.DeleteTrack(track)
  return ok and path or nil
end

local function render(entry)
  local project, before = entry.project, {}
  for index = 0, reaper.CountSelectedMediaItems(project) - 1 do
    before[#before + 1] = reaper.GetSelectedMediaItem(project, index)
  end
  local last = reaper.Undo_CanUndo2(project)
  reaper.Undo_BeginBlock2(project)
  local path = on_a_track_of_its_own(entry)
  select_only(project, before)
  -- Without a name and flags the block leaves no step. Where it left one all the same it is taken back: what it
  -- would undo is gone already.
  reaper.Undo_EndBlock2(project, '', 0)
  if reaper.Undo_CanUndo2(project) ~= last then reaper.Undo_DoUndo2(project) end
  return path
end

local function take_number(entry)
  for index = 0, reaper.CountTakes(entry.item) - 1 do
    if reaper.GetTake(entry.item, index) == entry.take then return index end
  end
  return nil
end

local function rendered(entry)
  entry.take_number = take_number(entry)
  if not entry.take_number then return nil end
  reaper.PreventUIRefresh(1)
  local ok, path = project_tab.with(entry.project, function() return render(entry) end)
  reaper.PreventUIRefresh(-1)
  reaper.UpdateArrange()
  return ok and path and reaper.file_exists(path) and path or nil
end

-- Removes what the render left in the project's media folder; false while another program holds it.
local function clean(path)
  for _, file in ipairs { reaper.GetPeakFileName(path), path .. '.reapeaks', path } do
    if reaper.file_exists(file) and not os.remove(file) then return false end
  end
  return true
end

-- Out of the project's media folder, where nothing may be left: true when it is, nil while it is copied.
local function move(state)
  if not state.copied and not state.copy then
    if os.rename(state.path, state.target) then
      state.copied = true
    else
      -- Across disks a rename fails.
      state.copy = copy_file.new(state.path, state.target)
      if not state.copy then return false end
    end
  end
  local done = state.copied or state.copy.step()
  if done == nil then return nil end
  state.copy = nil
  if not done then return false end
  state.copied, state.tries = true, state.tries + 1
  -- A file that cannot be removed is no reason to lose the work.
  return (clean(state.path) or state.tries > MAX_TRIES) and true or nil
end

local function step(state)
  local entry = state.entry
  if not state.path and not selection.find_again(entry) then return false, selection.GONE end
  if not state.path and not project_tab.is_free(entry.project) then return nil, project_tab.BUSY end
  state.path = state.path or rendered(entry)
  if not state.path then return false, REFUSED:format(entry.name) end
  local moved = move(state)
  if moved == nil then return nil end
  if not moved then return false, UNWRITTEN end
  if not selection.find_again(entry) then return false, selection.GONE end
  -- Take volume and envelopes are in the file, item volume is not.
  local gain = reaper.GetMediaItemInfo_Value(entry.item, 'D_VOL')
  return {
    path = state.target, start_s = 0.0, length_s = entry.length_s, gain = gain > 1e-4 and gain or 1.0, temporary = true,
  }
end

local function abort(state)
  if state.copy then state.copy.abort() end
  state.copy = nil
  if state.path then clean(state.path) end
  os.remove(state.target)
end

-- A reader (see item_audio) for an item with take FX.
function render_take.reader(entry, target)
  local state = { entry = entry, target = target, tries = 0 }
  return {
    step = function() return step(state) end, abort = function() abort(state) end,
    fraction = function() return state.path and 0.5 or 0 end,
  }
end

return render_take
