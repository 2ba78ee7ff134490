-- Finished jobs whose tracks are in no project yet: a project that was closed meanwhile gets them when it is open
-- again.

local spool = require 'spool'
local project_tab = require 'project_tab'
local insert = require 'insert'
local request = require 'request'
local project_files = require 'project_files'

local finished = {}

-- Work per tick: a third of a 30 Hz tick.
local BUDGET_S = 0.010

-- Jobs in the menu of those that can be inserted again.
local MAX_RECENT = 12

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

-- The ids of requests that no daemon has taken over yet.
local function inbox_ids(context)
  local folder, ids, index = context.home .. '/inbox', {}, 0
  reaper.EnumerateFiles(folder, -1)
  while true do
    local name = reaper.EnumerateFiles(folder, index)
    if not name then return ids end
    local id = name:match('^(reaper%-.*)%.json$')
    if spool.is_id(id) then ids[#ids + 1] = id end
    index = index + 1
  end
end

-- Cancels what is handed in, queued or running for REAPER; how many that were.
function finished.cancel(context)
  local count = 0
  for _, id in ipairs(inbox_ids(context)) do
    if context.spool:withdraw(id) then count = count + 1 end
  end
  for _, id in ipairs(job_ids(context)) do
    local status = context.spool:status(id)
    if status and not spool.is_final(status) and is_ours(context, id) then
      context.spool:cancel(id)
      count = count + 1
    end
  end
  return count
end

local function is_done(context, id)
  local status = context.spool:status(id)
  return status ~= nil and status.state == 'done' and spool.revision(status) or nil
end

-- Whether a result, or a later revision of it, has not been inserted yet.
local function is_waiting(context, id)
  if context.spool:is_cancelled(id) or not is_ours(context, id) then return false end
  local revision = is_done(context, id)
  return revision ~= nil and revision > (context.spool:inserted_revision(id) or 0)
end

-- Whether a job that has ended waits for a project that is open now.
function finished.waits(context)
  for _, id in ipairs(job_ids(context)) do
    if not context.spool:is_inserted(id) and is_waiting(context, id) and insert.load(context, id) then return true end
  end
  return false
end

local methods = {}

-- Goes on to the next job that can be inserted, as far as this tick allows; true when no job is left.
function methods:look()
  local begun = reaper.time_precise()
  repeat
    self.index = self.index + 1
    local id = self.ids[self.index]
    if not id then return true end
    if self.again or is_waiting(self.context, id) then
      local result, more = insert.load(self.context, id, nil, self.again)
      if result then
        self.result, self.project = result, more
        self.keep = project_files.new(self.context, result, more)
        return false
      end
      self.problem = more or self.problem
    end
  until reaper.time_precise() - begun > BUDGET_S
  return false
end

-- Removes what was copied for an insertion that did not come.
function methods:drop_files()
  if self.keep then self.keep.abort() end
  self.keep = nil
end

function methods:insert()
  local ok, more = insert.result(self.context, self.result, self.project)
  self.problem = more or self.problem
  self:drop_files()
  if not ok then return end
  self.count = self.count + 1
  request.clean(self.context, self.result.id)
end

-- The jobs of open projects that were inserted once and are not there any more, newest first: {id, title}.
function finished.recent(context)
  local ids, rows = job_ids(context), {}
  table.sort(ids, function(a, b) return (a:match('%-(%d+)%-') or a) > (b:match('%-(%d+)%-') or b) end)
  for _, id in ipairs(ids) do
    if #rows >= MAX_RECENT then break end
    if is_ours(context, id) and is_done(context, id) and context.spool:is_inserted(id) then
      local result = insert.load(context, id, nil, true)
      if result then
        local time = tonumber(id:match('^reaper%-(%d+)%-'))
        local when = time and os.date('%H:%M, %d.%m.', time) or ''
        rows[#rows + 1] = { id = id, title = ('%s   %s'):format(result.items[1].name, when) }
      end
    end
  end
  return rows
end

-- Inserts what waits for a project that is open now, or again the jobs of `ids`.
local function run(context, ids, again, done)
  local self = setmetatable({ context = context, ids = ids, index = 0, count = 0, again = again }, { __index = methods })
  local function step()
    if self.keep then
      -- Nothing changes under a recording.
      if self.keep.step() and not project_tab.is_recording(self.project) then self:insert() end
    elseif self:look() then
      return done(self.count, self.problem)
    end
    reaper.defer(step)
  end
  -- REAPER quits: nothing half copied may stay.
  reaper.atexit(function() self:drop_files() end)
  step()
end

-- Inserts all that wait for a project that is open now. `done(count, sentence)` is called at the end.
function finished.insert(context, done)
  run(context, job_ids(context), false, done)
end

-- Inserts a job once more.
function finished.insert_one(context, id, done)
  run(context, { id }, true, done)
end

return finished
