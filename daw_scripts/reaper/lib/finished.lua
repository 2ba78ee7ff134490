-- Finished jobs whose tracks are in no project yet: a project that was closed meanwhile gets them when it is open again.

local spool = require 'spool'
local insert = require 'insert'
local request = require 'request'
local keep_files = require 'keep_files'

local finished = {}

-- The ids of all jobs in the spool; REAPER caches listings, index -1 makes it look again.
local function job_ids(context)
  local folder, ids, index = context.home .. '/jobs', {}, 0
  reaper.EnumerateSubdirectories(folder, -1)
  while true do
    local name = reaper.EnumerateSubdirectories(folder, index)
    if not name then return ids end
    if spool.is_id(name) then ids[#ids + 1] = name end
    index = index + 1
  end
end

local function is_ours(context, id)
  local asked = context.spool:request(id)
  return asked ~= nil and asked.host == 'reaper'
end

-- Cancels what is queued or running for REAPER; how many that were.
function finished.cancel(context)
  local count = 0
  for _, id in ipairs(job_ids(context)) do
    local status = context.spool:status(id)
    if status and (status.state == 'queued' or status.state == 'running') and is_ours(context, id) then
      context.spool:cancel(id)
      count = count + 1
    end
  end
  return count
end

local function is_waiting(context, id)
  if context.spool:is_inserted(id) or not is_ours(context, id) then return false end
  local status = context.spool:status(id)
  return status ~= nil and status.state == 'done'
end

-- Inserts all that wait for a project that is open now, a step per tick. `done(count, problem)` is called at the end.
function finished.insert(context, done)
  local ids, index, count, problem, keep, result, project = job_ids(context), 0, 0, nil, nil, nil, nil
  local function step()
    if keep then
      if keep() then
        local ok, more = insert.result(context, result, project)
        if ok then count = count + 1 else problem = more end
        if ok then request.clean(context, result.id) end
        keep = nil
      end
    else
      index = index + 1
      if index > #ids then return done(count, problem) end
      if is_waiting(context, ids[index]) then
        local more
        result, more = insert.load(context, ids[index])
        if result then
          project = more
          keep = keep_files.steps(result, project, context.home .. '/jobs/' .. ids[index])
        elseif result == nil then
          problem = more
        end
      end
    end
    reaper.defer(step)
  end
  step()
end

return finished
