-- Work in a project that may lie behind another tab: actions and undo blocks are for the tab in front.

local front = {}

-- Whether the project is still open; the user may close it whenever a script waits.
function front.is_open(project)
  return reaper.ValidatePtr2(nil, project, 'ReaProject*')
end

-- Calls `work` with the project in front, for this moment only. Returns what pcall returns.
function front.with(project, work)
  local before = reaper.EnumProjects(-1)
  local results = table.pack(pcall(function()
    if before ~= project then reaper.SelectProjectInstance(project) end
    return work()
  end))
  if reaper.EnumProjects(-1) ~= before then reaper.SelectProjectInstance(before) end
  return table.unpack(results, 1, results.n)
end

return front
