-- Keeps media online while it is read. By its default preference REAPER sets all media offline when another program
-- comes to the front, and what is read then is silence.

local online = {}

-- "Item: Set selected media online".
local SET_ONLINE = 40439

-- The preference "Set media items offline when application is not active".
local PREFERENCE = 'offlineinact'

local SECTION, TOLD = 'dawscribe', 'told_offline'

online.LOST = 'The media of "%s" is offline and could not be set online; bring REAPER to the front, set the item '
  .. 'online and transcribe it again.'

local HINT = 'REAPER sets its media offline while another program is in front; dawscribe sets it online again to read '
  .. 'it. Preferences > Audio > Media switches that off.'

-- A source without sections and reversals around it.
function online.root_of(source)
  local parent = reaper.GetMediaSourceParent(source)
  while parent do
    source = parent
    parent = reaper.GetMediaSourceParent(source)
  end
  return source
end

local function by_action(project, item)
  local before = {}
  for index = 0, reaper.CountSelectedMediaItems(project) - 1 do
    before[#before + 1] = reaper.GetSelectedMediaItem(project, index)
  end
  reaper.PreventUIRefresh(1)
  reaper.SelectAllMediaItems(project, false)
  reaper.SetMediaItemSelected(item, true)
  reaper.Main_OnCommandEx(SET_ONLINE, 0, project)
  reaper.SelectAllMediaItems(project, false)
  for _, other in ipairs(before) do reaper.SetMediaItemSelected(other, true) end
  reaper.PreventUIRefresh(-1)
end

-- Sets a source online whatever it says of itself; SWS does it without touching the selection.
function online.force(project, item, source)
  if reaper.CF_SetMediaSourceOnline then
    reaper.CF_SetMediaSourceOnline(source, true)
  else
    by_action(project, item)
  end
end

-- Whether a source says that it can be read. One that is offline has no sample rate.
function online.answers(source)
  if reaper.CF_GetMediaSourceOnline and not reaper.CF_GetMediaSourceOnline(source) then return false end
  return reaper.GetMediaSourceSampleRate(source) > 0
end

-- Sets the source of a take online where it is not; whether it answers now.
function online.ensure(project, item, take)
  local source = online.root_of(reaper.GetMediaItemTake_Source(take))
  if online.answers(source) then return true end
  online.force(project, item, source)
  return online.answers(source)
end

-- A sentence about the preference, once for ever, where it is on; else nil.
function online.hint()
  local known, value = reaper.get_config_var_string(PREFERENCE)
  if not known or value == '0' or reaper.HasExtState(SECTION, TOLD) then return nil end
  reaper.SetExtState(SECTION, TOLD, '1', true)
  return HINT
end

return online
