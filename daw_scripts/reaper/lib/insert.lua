-- Puts a finished result into the project: one undo step, selection and cursor as before, never twice.

local app = require 'app'
local front = require 'front'
local groups = require 'groups'
local place = require 'place'
local midi_item = require 'midi_item'
local instruments = require 'instruments'
local courtesy = require 'courtesy'
local result_check = require 'result_check'

local insert = {}

local NOTHING = 'No notes were heard in the selection, so there are no new tracks.'

insert.CLOSED =
  'The project of this transcription is closed; open it and run "dawscribe: Insert finished transcriptions".'

-- A colour per role, told apart on light and dark themes.
local COLOURS = {
  drums = { 214, 107, 83 }, bass = { 77, 133, 189 }, vocals = { 222, 165, 68 }, guitar = { 102, 158, 92 },
  piano = { 148, 112, 179 }, other = { 96, 160, 160 }, folder = { 120, 120, 130 },
}

local function dress(track, job, name, role)
  local colour = COLOURS[role] or COLOURS.other
  reaper.GetSetMediaTrackInfo_String(track, 'P_NAME', name, true)
  reaper.GetSetMediaTrackInfo_String(track, 'P_EXT:dawscribe_job', job, true)
  reaper.SetMediaTrackInfo_Value(track, 'I_CUSTOMCOLOR', reaper.ColorToNative(table.unpack(colour)) | 0x1000000)
end

local function insert_stem(track, stem, item)
  local source = reaper.PCM_Source_CreateFromFile(stem.path)
  if not source then return nil end
  local made = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(made)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.SetMediaItemInfo_Value(made, 'D_POSITION', item.position_s)
  reaper.SetMediaItemInfo_Value(made, 'D_LENGTH', item.length_s)
  reaper.SetMediaItemInfo_Value(made, 'B_LOOPSRC', 0)
  reaper.GetSetMediaItemTakeInfo_String(take, 'P_NAME', stem.role, true)
  return made
end

local function fill(track, row, job, choices, warnings)
  dress(track, job, row.name, row.role)
  for number, entry in ipairs(row.contents) do
    local made, problem
    if row.kind == 'stem' then
      made = insert_stem(track, entry.content, entry.item)
      reaper.SetMediaTrackInfo_Value(track, 'B_MUTE', 1)
    else
      made, problem = midi_item.insert(track, entry.content, entry.item.position_s, entry.item.length_s)
      if not made then error({ sentence = problem }) end
      if number == 1 and choices.instruments ~= false then
        for _, warning in ipairs(instruments.add(track, row.contents)) do
          warnings[#warnings + 1] = warning
        end
      end
    end
    if made then reaper.GetSetMediaItemInfo_String(made, 'P_EXT:dawscribe_job', job, true) end
  end
end

-- A source for which nothing sounds now stays heard.
local function mute_sources(project, items)
  for _, item in ipairs(items) do
    local source = #item.parts > 0 and place.source_item(project, item.item)
    if source then reaper.SetMediaItemInfo_Value(source, 'B_MUTE', 1) end
  end
end

local function insert_all(project, result, wanted)
  for _, group in ipairs(wanted) do
    local folder, children = place.folder(project, group.track, #group.rows)
    dress(folder, result.id, group.name .. ' (transcribed)', 'folder')
    for index, row in ipairs(group.rows) do
      fill(children[index], row, result.id, result.insertion, result.warnings)
    end
  end
  if result.insertion.mute_source then mute_sources(project, result.items) end
end

local function in_one_step(project, name, work)
  reaper.PreventUIRefresh(1)
  local ok, problem = front.with(project, function()
    local put_back = courtesy.remember(project)
    reaper.Undo_BeginBlock2(project)
    local done, reason = pcall(work)
    put_back()
    reaper.Undo_EndBlock2(project, name, -1)
    if done then return end
    reaper.Undo_DoUndo2(project)
    error(reason, 0)
  end)
  reaper.PreventUIRefresh(-1)
  reaper.TrackList_AdjustWindows(false)
  reaper.UpdateArrange()
  return ok, type(problem) == 'table' and problem.sentence or problem
end

-- A job's result with the open project it is for. nil and a sentence when it cannot be used; false when its project
-- is not open or holds it already. `entries` is the selection that was transcribed, where that is still known.
function insert.load(context, id, entries)
  local raw = context.spool:result(id)
  if not raw then return nil, 'The result cannot be read; transcribe the item again.' end
  local result, problem = result_check.read(raw, context.home .. '/jobs/' .. id)
  if not result then return nil, problem end
  local project = place.project(result, entries)
  if not project or context.spool:is_inserted(result.id) or place.holds(project, result.id) then return false end
  place.follow(project, result)
  return result, project
end

-- Inserts a loaded result and notes its warnings. Returns true, with a sentence where there was nothing to insert, or
-- nil and a sentence when nothing was changed.
function insert.result(context, result, project)
  if context.spool:is_inserted(result.id) then return true end
  if not front.is_open(project) then return nil, insert.CLOSED end
  local marked, why = context.spool:mark_inserted(result.id)
  if not marked then return nil, why end
  local wanted = groups.of(result)
  if #wanted == 0 then return true, NOTHING end
  local name = 'Transcribe ' .. app.plain_name(result.items[1].name, 'item')
  local ok, reason = in_one_step(project, name, function() insert_all(project, result, wanted) end)
  if ok then
    for _, warning in ipairs(result.warnings) do app.note(warning) end
    return true
  end
  context.spool:unmark_inserted(result.id)
  return nil, 'The result could not be inserted: ' .. tostring(reason)
end

return insert
