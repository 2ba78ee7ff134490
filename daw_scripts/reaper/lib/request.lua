-- Turns a selection into a request: reads the audio item by item, tick by tick, then hands it to the daemon.

local spool = require 'spool'
local settings = require 'settings'
local selection = require 'selection'
local item_audio = require 'item_audio'
local json = require 'json'
local project_beats = require 'project_beats'

local request = {}

-- Audio of failed jobs is kept for a second try; this old, nobody will ask for it.
local LEFTOVER_S = 7 * 24 * 3600

-- The GUIDs of all items that an entry was heard from.
local function sources_of(entry)
  local found = json.array()
  for _, one in ipairs(entry.voices or { entry }) do
    for _, part in ipairs(one.items or { one }) do found[#found + 1] = part.item_guid end
  end
  return found
end

local function wire_item(entry, audio)
  return {
    name = entry.name, position_s = entry.position_s, origin_s = entry.origin_s, track = entry.track_guid,
    item = entry.item_guid, take = entry.take_guid, sources = sources_of(entry), temporary = audio.temporary or false,
    audio = { path = audio.path, start_s = audio.start_s, length_s = audio.length_s, gain = audio.gain },
    beats = project_beats.of(entry.project, entry.position_s, entry.length_s),
  }
end

local function build(id, entries, items, chosen)
  return {
    protocol = spool.PROTOCOL, id = id, host = 'reaper', project = entries[1].project_path or '', items = items,
    options = settings.options(chosen),
    insertion = settings.insertion(chosen),
  }
end

-- A reader of the whole selection. `step`: nil, a fraction and perhaps a notice while it reads, the request's id when
-- it is handed in, false and a sentence. `clear` leaves no accessor and no file behind; `abort` does so unless the
-- request is handed in. `own`: see item_audio.
function request.reader(context, entries, chosen, own)
  local id = spool.new_id('reaper', os.time(), reaper.time_precise() * 1000)
  local items, readers, handed_in = {}, {}, false
  local function current()
    local number = #items + 1
    if not readers[number] and selection.find_again(entries[number]) then
      local path = ('%s/audio/%s-%d.wav'):format(context.home, id, number)
      readers[number] = item_audio.reader(entries[number], path, own)
    end
    return readers[number]
  end
  local function step()
    if #items < #entries then
      local reader = current()
      if not reader then return false, selection.GONE end
      local audio, problem = reader.step()
      if audio == false then return false, problem end
      local begun = audio and 0 or reader.fraction()
      if audio then items[#items + 1] = wire_item(entries[#items + 1], audio) end
      return nil, (#items + begun) / #entries, problem
    end
    local ok, problem = context.spool:submit(build(id, entries, items, chosen))
    if not ok then return false, problem end
    handed_in = true
    return id
  end
  local function clear()
    for _, reader in ipairs(readers) do reader.abort() end
  end
  local function abort()
    if not handed_in then clear() end
  end
  -- Whether the daemon was to read any of the user's own files.
  local function uses_own_files()
    for _, item in ipairs(items) do
      if not item.temporary then return true end
    end
    return false
  end
  return { step = step, abort = abort, clear = clear, uses_own_files = uses_own_files }
end

local function is_ours(context, path)
  return type(path) == 'string' and path:find(context.home .. '/audio/', 1, true) == 1 and not path:find('..', 1, true)
end

-- Removes the audio that was written for a request only; for jobs that nobody will try again.
function request.clean(context, id)
  local asked = context.spool:request(id)
  if not asked or type(asked.items) ~= 'table' then return end
  for _, item in ipairs(asked.items) do
    local path = item.temporary == true and type(item.audio) == 'table' and item.audio.path
    if is_ours(context, path) then os.remove(path) end
  end
end

-- Removes audio that was left long ago; a file's name holds the time of its request.
function request.sweep(context)
  local folder, old, index = context.home .. '/audio', {}, 0
  reaper.EnumerateFiles(folder, -1)
  while true do
    local name = reaper.EnumerateFiles(folder, index)
    if not name then break end
    local time = tonumber(name:match('^reaper%-(%d+)%-%d+%-%d+%.wav$'))
    if time and os.time() - time > LEFTOVER_S then old[#old + 1] = name end
    index = index + 1
  end
  for _, name in ipairs(old) do os.remove(folder .. '/' .. name) end
end

return request
