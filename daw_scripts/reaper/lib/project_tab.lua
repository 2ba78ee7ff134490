-- Work in a project that may lie behind another tab. Most of the interface takes a project; only REAPER before 7.18
-- and the render action need it in front.

local project_tab = {}

project_tab.BUSY = 'REAPER plays or records, so dawscribe waits: stop, and it goes on.'

-- Whether the project is still open; the user may close it whenever a script waits.
function project_tab.is_open(project)
  return reaper.ValidatePtr2(nil, project, 'ReaProject*')
end

-- Bits of GetPlayStateEx.
local PLAYING, RECORDING = 1, 4

function project_tab.is_recording(project)
  local before = reaper.EnumProjects(-1)
  return (reaper.GetPlayStateEx(project) | reaper.GetPlayStateEx(before)) & RECORDING ~= 0
end

-- Whether a project can be brought to the front, and rendered in, without stopping what plays or records.
function project_tab.is_free(project)
  local before = reaper.EnumProjects(-1)
  if project_tab.is_recording(project) then return false end
  return before == project or (reaper.GetPlayStateEx(before) | reaper.GetPlayStateEx(project)) & PLAYING == 0
end

-- Calls `work` with the project in front, for this moment only. Returns what pcall returns.
function project_tab.with(project, work)
  local before = reaper.EnumProjects(-1)
  local results = table.pack(pcall(function()
    if before ~= project then reaper.SelectProjectInstance(project) end
    return work()
  end))
  if reaper.EnumProjects(-1) ~= before then reaper.SelectProjectInstance(before) end
  return table.unpack(results, 1, results.n)
end

-- Calls `work` for an insertion: in front only where this REAPER cannot insert tracks elsewhere.
function project_tab.insert(project, work)
  if reaper.InsertTrackInProject then return pcall(work) end
  return project_tab.with(project, work)
end

return project_tab
