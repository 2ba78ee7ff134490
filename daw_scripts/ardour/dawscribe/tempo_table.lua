-- The session's tempo map over a span, as points (sample, tick) between which straight lines are exact enough.

local tempo_table = {}

-- Ticks a quarter note, Ardour's own resolution.
local PPQN = 1920
-- Samples by which a straight line may miss the map: Ardour itself rounds to one, and two are 0.05 ms.
local TOLERANCE = 2
-- Ticks; below this a step of the tempo is closed in on.
local FINEST = 8

-- The tick nearest to a sample. `map` is Temporal.TempoMap.read().
function tempo_table.tick_at(map, sample)
  local beats, ticks = map:quarters_at(Temporal.timepos_t(sample)):str():match('^(-?%d+):(-?%d+)$')
  return tonumber(beats) * PPQN + tonumber(ticks)
end

-- Where a tick stands, in samples.
function tempo_table.sample_at(tick)
  return Temporal.timepos_t.from_ticks(tick):samples()
end

-- Appends points up to (tick_b, sample_b), closer ones where the tempo changes.
local function refine(sample_at, points, tick_a, sample_a, tick_b, sample_b)
  local straight = true
  for quarter = 1, 3 do
    local tick = tick_a + (tick_b - tick_a) * quarter // 4
    local line = sample_a + (sample_b - sample_a) * (tick - tick_a) / (tick_b - tick_a)
    straight = straight and math.abs(sample_at(tick) - line) <= TOLERANCE
  end
  if straight or tick_b - tick_a <= FINEST then
    points[#points + 1] = { sample_b, tick_b }
    return
  end
  local middle = (tick_a + tick_b) // 2
  local sample = sample_at(middle)
  refine(sample_at, points, tick_a, sample_a, middle, sample)
  refine(sample_at, points, middle, sample, tick_b, sample_b)
end

-- Points from `first` to `last` tick; every quarter note is looked at, so that no change is missed.
function tempo_table.points(sample_at, first, last)
  local points = { { sample_at(first), first } }
  local tick = first
  while tick < last do
    local stop = tick + PPQN
    refine(sample_at, points, tick, points[#points][1], stop, sample_at(stop))
    tick = stop
  end
  return points
end

-- The table for a request: samples and ticks counted from the item's start.
function tempo_table.build(position, length)
  local map = Temporal.TempoMap.read()
  local first = tempo_table.tick_at(map, position)
  local points = tempo_table.points(tempo_table.sample_at, first, tempo_table.tick_at(map, position + length) + 1)
  local relative = {}
  for index, point in ipairs(points) do relative[index] = { point[1] - position, point[2] - first } end
  return relative
end

-- Whether the session's tempo map still is what it was when `relative` was built.
function tempo_table.holds(position, relative)
  local first = tempo_table.tick_at(Temporal.TempoMap.read(), position)
  for _, point in ipairs(relative) do
    if math.abs(tempo_table.sample_at(first + point[2]) - position - point[1]) > TOLERANCE then return false end
  end
  return true
end

return tempo_table
