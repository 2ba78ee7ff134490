-- Copies a result's one-shots and stems into the project's media folder, so that the project owns what it plays.
-- A few milliseconds per tick: stems are large.

local copy_file = require 'copy_file'

local project_files = {}

-- Work per tick: a third of a 30 Hz tick.
local BUDGET_S = 0.010

-- The tables with a `path` that will be played.
local function played(result)
  local found = {}
  for _, item in ipairs(result.items) do
    for _, stem in ipairs(result.insertion.stem_tracks and item.stems or {}) do found[#found + 1] = stem end
    for _, part in ipairs(result.insertion.instruments ~= false and item.parts or {}) do
      for _, shot in ipairs(part.one_shots) do found[#found + 1] = shot end
    end
  end
  return found
end

local FORBIDDEN = 'The project\'s folder cannot be written, so its tracks play files in dawscribe\'s home, which go after 30 days; '
  .. 'save the project where it can be written, then undo and run "dawscribe: Insert again".'
local UNSAVED = 'The project is not saved yet, so its drum sounds and stems lie in %s; once it is saved, the background '
  .. 'listener or the action "dawscribe: Collect sounds" puts them beside it.'

-- Whether a project has a folder of its own.
function project_files.is_saved(project)
  local index = 0
  while true do
    local found, path = reaper.EnumProjects(index)
    if not found then return true end
    if found == project then return path ~= '' end
    index = index + 1
  end
end

local function open_copy(file, folder, job_folder)
  local path = folder .. '/' .. file.path:sub(#job_folder + 2)
  reaper.RecursiveCreateDirectory(path:match('^(.*)/'), 0)
  local copy = copy_file.new(file.path, path)
  return copy and { file = file, path = path, step = copy.step, abort = copy.abort }
end

-- Removes a file, and the folders up to `top` that are empty then, where the system's remove takes folders.
local function remove_up_to(top, path)
  os.remove(path)
  repeat path = path:match('^(.*)/') until #path < #top or not os.remove(path)
end

-- The copies of a job's files. `step` is true when all are in the project's folder and the result names them there; a
-- file that cannot be copied stays where the job has it. `abort`, for an insertion that does not come, leaves nothing.
function project_files.new(context, result, project)
  local waiting, index, copy, made, failed = played(result), 0, nil, {}, false
  local job_folder = context.home .. '/jobs/' .. result.id
  local folder = reaper.GetProjectPathEx(project):gsub('\\', '/') .. '/dawscribe/' .. result.id
  if #waiting > 0 and not project_files.is_saved(project) then
    result.warnings[#result.warnings + 1] = UNSAVED:format(folder:match('^(.*)/dawscribe/') or folder)
  end
  local function note_failure()
    if failed then return end
    failed = true
    result.warnings[#result.warnings + 1] = FORBIDDEN
  end
  local function step()
    local begun = reaper.time_precise()
    repeat
      if not copy then
        index = index + 1
        if index > #waiting then return true end
        copy = open_copy(waiting[index], folder, job_folder)
        made[#made + 1] = copy and copy.path
        if not copy then note_failure() end
      end
      local done = copy and copy.step()
      if done then copy.file.path = copy.path end
      if done == false then note_failure() end
      if done ~= nil then copy = nil end
    until reaper.time_precise() - begun > BUDGET_S
    return false
  end
  local function abort()
    -- Tracks play them by now.
    if (context.spool:inserted_revision(result.id) or 0) >= result.revision then return end
    if copy then copy.abort() end
    for _, path in ipairs(made) do remove_up_to(folder, path) end
    copy, made = nil, {}
  end
  return { step = step, abort = abort }
end

return project_files
