"""What of Ardour's selection is sent: no slivers, no takes that nobody hears."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lua.test_ardour import load

REGIONS = """
local function list(items)
  return { iter = function() local i = 0; return function() i = i + 1; return items[i] end end,
    table = function() return items end }
end
local function samples(value) return { samples = function() return value end } end
local function file(path) return { isnil = function() return false end,
  path = function() return path end, channel = function() return 0 end } end
local serial = 0
-- A region; `more` overrides layer, opaque, muted, hidden, is_midi.
function region(name, from, to, more)
  serial = serial + 1
  local id, facts = serial, { layer = 0, opaque = true, muted = false, hidden = false, is_midi = false }
  for key, value in pairs(more or {}) do facts[key] = value end
  local made = { name = function() return name end, position = function() return samples(from) end,
    length = function() return samples(to - from) end, start = function() return samples(100) end,
    to_stateful = function() return { id = function() return id end } end,
    source = function() return { to_filesource = function() return file('/' .. name .. '.wav') end } end }
  for key, value in pairs(facts) do made[key] = function() return value end end
  made.to_audioregion = function() return { isnil = function() return facts.is_midi end,
    n_channels = function() return 1 end, scale_amplitude = function() return 1 end } end
  return made
end
-- A session of one track; `selected` are regions, else the range is.
function select(regions, selected, first, last)
  local by_id = {}
  for _, one in ipairs(regions) do by_id[one:to_stateful():id()] = one end
  local playlist = { region_list = function() return list(regions) end,
    region_by_id = function(_, id) return { isnil = function() return by_id[id] == nil end } end }
  local track = { isnil = function() return false end, playlist = function() return playlist end,
    name = function() return 'Song' end,
    to_stateful = function() return { id = function() return { to_s = function() return '7' end } end } end }
  local routes = list({ { to_track = function() return track end } })
  Session.get_tracks = function() return routes end
  Editor = { get_selection = function() return {
    regions = { regionlist = function() return list(selected) end },
    tracks = { routelist = function() return routes end },
    time = { start_sample = function() return first or 0 end, end_sample = function() return last or 0 end } } end }
end
function spans()
  local found = {}
  for _, span in ipairs(app.selection.spans()) do
    found[#found + 1] = ('%s %d-%d from %d'):format(
      span.name, span.position, span.position + span.length, span.source_start)
  end
  return table.concat(found, ', ')
end
"""


@pytest.fixture
def lua(tmp_path: Path) -> Any:
    made = load(tmp_path, "spool", "messages", "audible_regions", "selection")
    made.execute(REGIONS)
    return made


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        ("region('a', 0, 50000), region('b', 60000, 99000)", "a 10000-50000 from 10100, b 60000-90000 from 100"),
        ("region('low', 0, 99000), region('top', 0, 99000, { layer = 1 })", "top 10000-90000 from 10100"),
        (
            "region('low', 0, 99000), region('top', 40000, 50000, { layer = 1 })",
            "low 10000-40000 from 10100, top 40000-50000 from 100, low 50000-90000 from 50100",
        ),
        (
            "region('low', 0, 20000), region('glass', 0, 20000, { layer = 1, opaque = false })",
            "low 10000-20000 from 10100, glass 10000-20000 from 10100",
        ),
        (
            "region('low', 0, 20000), region('off', 0, 99000, { layer = 1, muted = true })",
            "low 10000-20000 from 10100",
        ),
        ("region('a', 0, 20000), region('off', 30000, 99000, { hidden = true })", "a 10000-20000 from 10100"),
    ],
)
def test_a_range_takes_what_is_heard(lua: Any, regions: str, expected: str) -> None:
    lua.execute(f"select({{ {regions} }}, {{}}, 10000, 90000)")
    # Those at one place are in no order.
    assert sorted(lua.eval("spans()").split(", ")) == sorted(expected.split(", "))


def test_selected_regions_are_sent_whole(lua: Any) -> None:
    """Who selects a covered or muted region means it."""
    lua.execute("low, top = region('low', 0, 9000, { muted = true }), region('top', 0, 9000, { layer = 1 })")
    lua.execute("select({ low, top }, { low }, 10, 20)")
    assert lua.eval("spans()") == "low 0-9000 from 100"


def test_slivers_are_left_out(lua: Any) -> None:
    """The daemon refuses what is shorter than 0.1 s, and with it the whole request."""
    lua.execute("a, sliver = region('a', 0, 4800), region('sliver', 5000, 9799); select({ a, sliver }, { sliver, a })")
    assert lua.eval("spans()") == "a 0-4800 from 100"
    lua.execute("select({ sliver }, { sliver })")
    _, reason = lua.eval("pcall(spans)")
    assert '"sliver" is shorter than 0.1 s' in reason.sentence


def test_midi_and_nothing_have_sentences(lua: Any) -> None:
    lua.execute("midi = region('m', 0, 9000, { is_midi = true }); select({ midi }, { midi })")
    _, reason = lua.eval("pcall(spans)")
    assert "MIDI already" in reason.sentence
    lua.execute("select({ midi }, {})")
    _, reason = lua.eval("pcall(spans)")
    assert "Select one or more" in reason.sentence
