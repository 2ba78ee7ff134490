-- Opens the page on which a transcription is listened to and corrected: by the daemon's own program, in the browser.

local app = ...
local review = {}

local NONE = 'Nothing was transcribed in this session yet; select an audio region and transcribe it first.'
local NO_PAGE = "dawscribe's review page cannot be opened from here; run 'dawscribe setup ardour' again."

local function id_of(object)
  return object:to_stateful():id():to_s()
end

-- The ids of all tracks and regions that are selected.
local function selected()
  local found, chosen = {}, Editor:get_selection()
  for route in chosen.tracks:routelist():iter() do found[id_of(route)] = true end
  for region in chosen.regions:regionlist():iter() do found[id_of(region)] = true end
  return found
end

-- Whether a job made, or heard, one of these tracks and regions.
local function has_to_do_with(id, ids)
  for _, row in ipairs(app.placed.recall(id)) do
    if ids[row.track] then return true end
    for _, region in ipairs(row.regions) do
      if ids[region.id] then return true end
    end
  end
  local asked = app.spool:asked(id)
  for _, item in ipairs(asked and type(asked.items) == 'table' and asked.items or {}) do
    if type(item) == 'table' and type(item.track) == 'table' and ids[item.track.id] then return true end
  end
  return false
end

-- Jobs of this session that are still there, oldest first: what was inserted, then what is in work.
local function jobs()
  local found = {}
  for _, ids in ipairs { app.placed.jobs(), app.pending.ids() } do
    for _, id in ipairs(ids) do
      if app.spool:status(id) then found[#found + 1] = id end
    end
  end
  return found
end

-- The job that is meant by what is selected: the last that has to do with it, else the last of all.
function review.job()
  local all, ids = jobs(), selected()
  for index = #all, 1, -1 do
    if has_to_do_with(all[index], ids) then return all[index] end
  end
  return all[#all]
end

-- Opens the page of that job; stops with a sentence where there is none.
function review.open()
  local id = review.job()
  if not id then app.messages.refuse(NONE) end
  local command = app.spool:launcher('review')
  if not command then app.messages.refuse(NO_PAGE) end
  local words = table.move(command, 1, #command, 1, {})
  words[#words + 1] = id
  if not app.spool:launch(words) then app.messages.refuse(NO_PAGE) end
end

return review
