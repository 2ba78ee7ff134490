-- @description dawscribe: Probe of quitting (for developers)
-- @version 0.2.0
-- @author The dawscribe developers
-- @about Holds an audio accessor until REAPER quits, and writes down what it could still do then. Run it with an item selected.
-- @noindex

local item = reaper.GetSelectedMediaItem(0, 0)
local take = item and reaper.GetActiveTake(item)
if not take then return reaper.ShowMessageBox('Select an audio item first, then run this and quit REAPER.', 'dawscribe', 0) end

local accessor = reaper.CreateTakeAudioAccessor(take)

reaper.atexit(function()
  local has_project = reaper.EnumProjects(0) ~= nil
  local is_valid = has_project and reaper.ValidatePtr2(0, take, 'MediaItem_Take*')
  local function say(how, more)
    local handle = io.open(reaper.GetResourcePath() .. '/dawscribe_probe_quit.txt', how)
    handle:write(more)
    handle:close()
  end
  say('wb', ('a project is there: %s, the take is valid: %s, '):format(tostring(has_project), tostring(is_valid)))
  reaper.DestroyAudioAccessor(accessor)
  -- Missing where REAPER crashed in between.
  say('ab', 'the accessor was destroyed')
end)

local function wait() reaper.defer(wait) end
wait()
