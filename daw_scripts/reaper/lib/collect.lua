-- Sounds and stems of a project that was saved after they were made: they are copied beside it, and its tracks play the
-- copies. REAPER itself moves recorded takes then, but no sampler's sounds.

local copy_file = require 'copy_file'
local marks = require 'marks'
local project_files = require 'project_files'
local project_tab = require 'project_tab'

local collect = {}

-- Work per tick: a third of a 30 Hz tick.
local BUDGET_S = 0.010

local STEP = 'Collect sounds of transcriptions'
local FORBIDDEN = 'Some sounds could not be copied beside the project; check the free space and permissions of %s.'

local function forward(path)
  return (path:gsub('\\', '/'))
end

-- Where a job's file belongs in a project: "<media folder>/dawscribe/<job>/one_shots/36_kick.wav", or nil for a file
-- that is no job's, or that lies below the project's folder already.
local function place_of(path, job, folder)
  path = forward(path)
  local _, stop = path:find('/' .. job .. '/', 1, true)
  if not stop or path:sub(1, #folder + 1) == folder .. '/' then return nil end
  return ('%s/dawscribe/%s/%s'):format(folder, job, path:sub(stop + 1))
end

local function add(list, path, job, folder, play)
  local target = place_of(path, job, folder)
  if target then list[#list + 1] = { from = path, to = target, play = play } end
end

local function samplers(list, track, job, folder)
  for fx = 0, reaper.TrackFX_GetCount(track) - 1 do
    local is_sampler, path = reaper.TrackFX_GetNamedConfigParm(track, fx, 'FILE0')
    if is_sampler and path ~= '' then
      add(list, path, job, folder, function(copy)
        reaper.TrackFX_SetNamedConfigParm(track, fx, 'FILE0', copy)
        reaper.TrackFX_SetNamedConfigParm(track, fx, 'DONE', '')
      end)
    end
  end
end

local function stems(list, track, job, folder)
  for _, item in ipairs(marks.items(track, job)) do
    local take = reaper.GetActiveTake(item)
    if take and not reaper.TakeIsMIDI(take) then
      local path = reaper.GetMediaSourceFileName(reaper.GetMediaItemTake_Source(take))
      add(list, path, job, folder, function(copy)
        local source = reaper.PCM_Source_CreateFromFile(copy)
        if source then reaper.SetMediaItemTake_Source(take, source) end
      end)
    end
  end
end

-- What a saved project plays that lies elsewhere: a list of { from, to, play }, and the project's media folder.
function collect.strays(project)
  if not project_files.is_saved(project) then return {} end
  local list, folder = {}, forward(reaper.GetProjectPathEx(project))
  for job in pairs(marks.jobs(project)) do
    for _, track in ipairs((marks.tracks(project, job))) do
      samplers(list, track, job, folder)
      stems(list, track, job, folder)
    end
  end
  return list, folder
end

-- All strays play their copies, in one undo step.
local function switch(project, strays)
  project_tab.insert(project, function()
    reaper.PreventUIRefresh(1)
    reaper.Undo_BeginBlock2(project)
    for _, one in ipairs(strays) do one.play(one.to) end
    reaper.Undo_EndBlock2(project, STEP, -1)
    reaper.PreventUIRefresh(-1)
  end)
end

-- Collects what a project plays from elsewhere, a little per tick. `done(count, sentence)` is called at the end.
function collect.run(project, done)
  local strays, folder = collect.strays(project)
  local waiting, copied, copy, failed = { table.unpack(strays) }, {}, nil, false
  local function next_copy()
    local one = table.remove(waiting, 1)
    reaper.RecursiveCreateDirectory(one.to:match('^(.*)/'), 0)
    local made = copy_file.new(one.from, one.to)
    copy = made and { one = one, step = made.step, abort = made.abort }
    failed = failed or not made
  end
  local function step()
    local begun = reaper.time_precise()
    repeat
      if not copy and #waiting > 0 then next_copy() end
      local answer = copy and copy.step()
      if answer then copied[#copied + 1] = copy.one end
      failed = failed or answer == false
      if answer ~= nil then copy = nil end
    until (not copy and #waiting == 0) or reaper.time_precise() - begun > BUDGET_S
    local is_over = not copy and #waiting == 0
    if not is_over then return reaper.defer(step) end
    if not project_tab.is_open(project) then return done(0) end
    -- Nothing changes under a recording.
    if project_tab.is_recording(project) then return reaper.defer(step) end
    if #copied > 0 then switch(project, copied) end
    done(#copied, failed and FORBIDDEN:format(folder) or nil)
  end
  reaper.atexit(function()
    if copy then copy.abort() end
  end)
  step()
end

return collect
