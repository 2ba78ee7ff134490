-- Notes and bends as MIDI messages with ticks. Pure Lua 5.3+; the host converts times by the function it hands in.

local midi_events = {}

-- At equal ticks: controllers that notes depend on, then note-offs, then bends, then note-ons.
local RANK = { setup = 1, off = 2, bend = 3, on = 4 }

local CENTRE = 8192

local function clamp(value, low, high)
  return math.max(low, math.min(high, value))
end

local function add(events, tick, rank, message)
  events[#events + 1] = { tick = tick, rank = rank, order = #events, message = message }
end

-- [onset, offset, pitch, velocity] rows -> ticks. Notes outside the item are dropped, two on one key never
-- overlap: the earlier one ends where the later begins.
local function place(notes, tick_of, last_tick)
  local placed, open = {}, {}
  table.sort(notes, function(a, b) return a[1] < b[1] end)
  for _, row in ipairs(notes) do
    local first, stop = tick_of(row[1]), math.min(tick_of(row[2]), last_tick)
    local pitch, velocity = math.floor(row[3]), clamp(math.floor(row[4]), 1, 127)
    if first < last_tick and pitch >= 0 and pitch <= 127 then
      first = math.max(first, 0)
      local before = open[pitch]
      if before and before.first == first then
        before.stop, before.velocity = math.max(before.stop, stop), math.max(before.velocity, velocity)
      else
        if before and before.stop > first then before.stop = first end
        local note = { first = first, stop = math.max(stop, first + 1), pitch = pitch, velocity = velocity }
        placed[#placed + 1], open[pitch] = note, note
      end
    end
  end
  return placed
end

-- Tells the instrument by registered parameter 0 what a full bend means.
local function add_range(events, range, channel)
  local control = 0xB0 | channel
  for _, pair in ipairs { { 101, 0 }, { 100, 0 }, { 6, range }, { 38, 0 }, { 101, 127 }, { 100, 127 } } do
    add(events, 0, RANK.setup, string.pack('BBB', control, pair[1], pair[2]))
  end
end

local function add_bends(events, part, channel, tick_of, last_tick, range)
  local last
  for _, row in ipairs(part.bends) do
    local tick = clamp(tick_of(row[1]), 0, last_tick)
    local value = clamp(CENTRE + math.floor(row[2] / range * CENTRE + 0.5), 0, 16383)
    if value ~= last then
      add(events, tick, RANK.bend, string.pack('BBB', 0xE0 | channel, value & 127, value >> 7))
      last = value
    end
  end
end

-- A part of a result -> events {tick, message} in playing order. `tick_of(seconds from the item's start)` gives
-- whole ticks; `last_tick` is the item's end. `wants` is what the instrument takes: `program` (changes), `bend_range`
-- (what a full bend means to it) and `send_range` (whether it can be told); without it all is sent.
function midi_events.from_part(part, tick_of, last_tick, wants)
  local events, channel = {}, math.floor(part.channel or 0) & 15
  wants = wants or { program = true, bend_range = part.bend_range, send_range = true }
  if #part.bends > 0 then
    local range = clamp(math.floor(wants.bend_range or 2), 1, 24)
    if wants.send_range then add_range(events, range, channel) end
    add_bends(events, part, channel, tick_of, last_tick, range)
  end
  if wants.program and not part.is_drums then
    add(events, 0, RANK.setup, string.pack('BB', 0xC0 | channel, math.floor(part.program) & 127))
  end
  for _, note in ipairs(place(part.notes, tick_of, last_tick)) do
    add(events, note.first, RANK.on, string.pack('BBB', 0x90 | channel, note.pitch, note.velocity))
    add(events, note.stop, RANK.off, string.pack('BBB', 0x80 | channel, note.pitch, 0))
  end
  table.sort(events, function(a, b)
    if a.tick ~= b.tick then return a.tick < b.tick end
    if a.rank ~= b.rank then return a.rank < b.rank end
    return a.order < b.order
  end)
  return events
end

return midi_events
