-- Copies a result's one-shots and stems into the project's media folder, so that the project owns what it plays.
-- A few milliseconds per tick: stems are large.

local keep_files = {}

-- Bytes per read: 1 MB takes 1 to 3 ms from a disk cache.
local CHUNK = 1 << 20
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

local function open_copy(file, folder, job_folder)
  local below = file.path:sub(#job_folder + 2)
  local source = io.open(file.path, 'rb')
  if not source then return nil end
  local target_path = folder .. '/' .. below
  reaper.RecursiveCreateDirectory(target_path:match('^(.*)/'), 0)
  local target = io.open(target_path, 'wb')
  if not target then
    source:close()
    return nil
  end
  return { file = file, source = source, target = target, path = target_path }
end

-- Copies one chunk; true when the file is complete.
local function copy_chunk(copy)
  local bytes = copy.source:read(CHUNK)
  if bytes and copy.target:write(bytes) then return false end
  copy.source:close()
  copy.target:close()
  -- Half a copy (a full disk) is not used: the file stays where the job has it.
  if not bytes then copy.file.path = copy.path end
  return true
end

-- A step function that is true when all files are in the project's folder and the result names them there.
function keep_files.steps(result, project, job_folder)
  local waiting, index, copy = played(result), 0, nil
  local folder = reaper.GetProjectPathEx(project):gsub('\\', '/') .. '/dawscribe/' .. result.id
  return function()
    local begun = reaper.time_precise()
    repeat
      if not copy then
        index = index + 1
        if index > #waiting then return true end
        copy = open_copy(waiting[index], folder, job_folder)
      end
      if copy and copy_chunk(copy) then copy = nil end
    until reaper.time_precise() - begun > BUDGET_S
    return false
  end
end

return keep_files
