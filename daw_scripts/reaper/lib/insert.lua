-- Puts a finished result into the project: one undo step, selection and cursor as before, never twice. A later
-- revision of it replaces the notes of the earlier one.

local app = require 'app'
local restore_selection = require 'restore_selection'
local project_tab = require 'project_tab'
local groups = require 'groups'
local marks = require 'marks'
local place = require 'place'
local regions = require 'regions'
local result_check = require 'result_check'
local tempo = require 'tempo'
local track_content = require 'track_content'
local update = require 'update'

local insert = {}

local NOTHING = 'No notes were heard in the selection, so there are no new tracks.'

insert.CLOSED =
  'The project of this transcription is closed; open it and run "dawscribe: Insert finished transcriptions".'
insert.DONE = 'The tracks are in the project. Listen to them beside the song, and correct them, on the review page.'

-- A source for which nothing sounds now stays heard.
local function mute_sources(project, items)
  for _, item in ipairs(items) do
    for _, guid in ipairs(#item.parts > 0 and item.sources or {}) do
      local source = place.source_item(project, guid)
      if source then reaper.SetMediaItemInfo_Value(source, 'B_MUTE', 1) end
    end
  end
end

local function insert_all(project, result, wanted)
  tempo.apply(project, result)
  for _, group in ipairs(wanted) do
    local folder, children = place.folder(project, group.track, #group.rows, result.insertion.beside_folder == true)
    track_content.dress(folder, result, group, { name = group.name .. ' (transcribed)', role = 'folder', id = '' })
    for index, row in ipairs(group.rows) do track_content.fill(project, children[index], result, group, row) end
  end
  regions.add(project, result)
  if result.insertion.mute_source then mute_sources(project, result.items) end
end

local function in_one_step(project, name, work)
  reaper.PreventUIRefresh(1)
  local ok, problem = project_tab.insert(project, function()
    local put_back = restore_selection.remember(project)
    reaper.Undo_BeginBlock2(project)
    local done, reason = pcall(work)
    put_back()
    reaper.Undo_EndBlock2(project, name, -1)
    if done then return end
    -- Only our own step is taken back, never the user's last one.
    if reaper.Undo_CanUndo2(project) == name then reaper.Undo_DoUndo2(project) end
    error(reason, 0)
  end)
  reaper.PreventUIRefresh(-1)
  reaper.TrackList_AdjustWindows(false)
  reaper.UpdateArrange()
  return ok, type(problem) == 'table' and problem.sentence or problem
end

-- A job's result with the open project it is for. nil and a sentence when it cannot be used; false when its project
-- is not open, holds it already, or (unless `again`) once got it. `entries` is the selection that was transcribed,
-- where that is still known.
function insert.load(context, id, entries, again)
  local raw = context.spool:result(id)
  if not raw then return nil, 'The result cannot be read; transcribe the item again.' end
  local result, problem = result_check.read(raw, context.home .. '/jobs/' .. id)
  if not result then return nil, problem end
  local project = place.project(result, entries)
  if not project then return false end
  result.held = marks.revision(project, result.id)
  local known = context.spool:inserted_revision(result.id) or 0
  if (result.held or 0) >= result.revision or (known >= result.revision and not again) then return false end
  result.again = again
  place.follow(project, result)
  return result, project
end

-- Inserts a loaded result and notes its warnings. Returns true, with a sentence where there is something to say, or
-- nil and a sentence when nothing was changed.
function insert.result(context, result, project)
  local home = context.spool
  local known = home:inserted_revision(result.id)
  if known and known >= result.revision and not result.again then return true end
  if not project_tab.is_open(project) then return nil, insert.CLOSED end
  if not reaper.InsertTrackInProject and not project_tab.is_free(project) then return nil, project_tab.BUSY end
  local marked, why = home:mark_inserted(result.id, result.revision)
  if not marked then return nil, why end
  local wanted = groups.of(result)
  if #wanted == 0 and not result.held then return true, NOTHING end
  local said = {}
  local name = (result.held and 'Update transcription of ' or 'Transcribe ') .. app.plain_name(result.items[1].name, 'item')
  local ok, reason = in_one_step(project, name, function()
    if result.held then
      update.apply(project, result, wanted, said)
    else
      insert_all(project, result, wanted)
    end
  end)
  if ok then
    for _, warning in ipairs(result.warnings) do app.note(warning) end
    return true, #said > 0 and table.concat(said, ' ') or nil
  end
  home:unmark_inserted(result.id, known)
  return nil, 'The result could not be inserted: ' .. tostring(reason)
end

return insert
