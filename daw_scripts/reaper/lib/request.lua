-- Turns a selection into a request: reads the audio item by item, tick by tick, then hands it to the daemon.

local spool = require 'spool'
local settings = require 'settings'
local selection = require 'selection'
local item_audio = require 'item_audio'

local request = {}

local function wire_item(entry, audio)
  return {
    name = entry.name, position_s = entry.position_s, track = entry.track_guid, item = entry.item_guid,
    temporary = audio.temporary or false,
    audio = { path = audio.path, start_s = audio.start_s, length_s = audio.length_s, gain = audio.gain },
  }
end

local function build(id, entries, items, chosen)
  return {
    protocol = spool.PROTOCOL, id = id, host = 'reaper', project = entries[1].project_path or '', items = items,
    options = settings.options(chosen),
    insertion = {
      instruments = chosen.instruments, stem_tracks = chosen.stem_tracks, mute_source = chosen.mute_source,
    },
  }
end

-- A step function: nil and a fraction while it reads, the request's id when it is handed in, false and a sentence.
function request.steps(context, entries, chosen)
  local id = spool.new_id('reaper', os.time(), reaper.time_precise() * 1000)
  local items, step = {}, nil
  return function()
    if #items < #entries then
      local entry = entries[#items + 1]
      if not step and not selection.find_again(entries[#items + 1]) then return false, selection.GONE end
      step = step or item_audio.steps(entry, ('%s/audio/%s-%d.wav'):format(context.home, id, #items + 1))
      local audio, problem = step()
      if audio == false then return false, problem end
      if audio then
        items[#items + 1] = wire_item(entry, audio)
        step = nil
      end
      return nil, #items / #entries
    end
    local ok, problem = context.spool:submit(build(id, entries, items, chosen))
    if not ok then return false, problem end
    return id
  end
end

-- Removes the audio that was written for a request only.
function request.clean(context, id)
  local asked = context.spool:request(id)
  if not asked or type(asked.items) ~= 'table' then return end
  for _, item in ipairs(asked.items) do
    local path = item.temporary == true and type(item.audio) == 'table' and item.audio.path
    if type(path) == 'string' and path:find(context.home .. '/audio/', 1, true) == 1 and not path:find('..', 1, true) then
      os.remove(path)
    end
  end
end

return request
