"""Ardour's scripts under plain Lua 5.3, with just as much of Ardour as each needs."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import lupa.lua53
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.music.notes import Note
from bridge.music.parts import Score
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context
from bridge.spool.request import AudioSpan, ItemRequest, Request, parse_request
from bridge.spool.result import ItemResult
from tests.support import track

SCRIPTS = Path(__file__).parents[2] / "daw_scripts"
ARDOUR = r"""
shown, written = {}, {}
rate, bpm = 48000, 120
Session = {
  path = function() return '/songs/demo' end, name = function() return 'demo' end,
  nominal_sample_rate = function() return rate * 1.0 end,
}
-- What the user answers to a question, as LuaDialog.Response has it.
answer = nil
local function ticks(sample) return math.floor(sample / rate * bpm / 60 * 1920 + 0.5) end
local function samples(tick) return math.floor(tick / 1920 * 60 / bpm * rate + 0.5) end
Temporal = { TempoMap = { read = function() return {
  quarters_at = function(_, sample)
    return { str = function() return ticks(sample) // 1920 .. ':' .. ticks(sample) % 1920 end }
  end } end } }
Temporal.timepos_t = setmetatable(
  { from_ticks = function(tick) return { samples = function() return samples(tick) end } end },
  { __call = function(_, sample) return sample end })
LuaDialog = { MessageType = {}, ButtonType = {}, Response = { Yes = 3, No = 4 },
  Message = function(_, text) return { run = function() shown[#shown + 1] = text; return answer end } end }
ARDOUR = { LuaAPI = { monotonic_time = function() return 4711 end } }
"""


def load(home: Path, *modules: str) -> Any:
    """A Lua with an Ardour of sorts, and ``app`` with some of its modules."""
    lua: Any = lupa.lua53.LuaRuntime(encoding="utf-8", unpack_returned_tuples=True)
    lua.execute(ARDOUR)
    lua.execute(f"os.getenv = function(name) return name == 'DAWSCRIBE_HOME' and '{home}' or nil end")
    lua.execute(
        """
        local scripts, names = ...
        app = {}
        function module(name) return assert(loadfile(scripts .. '/ardour/dawscribe/' .. name .. '.lua'))(app) end
        app.library = module('library')(scripts .. '/')
        app.json, app.files = app.library('json'), app.library('files').new(io, os)
        for name in names:gmatch('%S+') do app[name] = module(name) end
        """,
        str(SCRIPTS),
        " ".join(modules),
    )
    return lua


@pytest.mark.parametrize("name", ["dawscribe_transcribe", "dawscribe_transcribe_with_options", "dawscribe_results"])
def test_a_shell_never_raises(name: str) -> None:
    """Ardour drops a script for good after an uncaught error, so even without its files it must only speak."""
    lua: Any = lupa.lua53.LuaRuntime(unpack_returned_tuples=True)
    lua.execute("header = nil; function ardour(h) header = h end")
    lua.execute((SCRIPTS / "ardour" / f"{name}.lua").read_text())
    assert lua.eval("header.type") in ("EditorAction", "EditorHook")
    assert lua.eval("header.name and header.license and header.description")
    lua.execute("action = factory({}); action(); action()")
    lua.execute("ARDOUR = { user_config_directory = function() return '/nonexistent' end }; factory({})()")
    lua.execute("loadfile, io = nil, nil; factory({})()")


def test_the_tempo_table_follows_ramps_and_steps(tmp_path: Path) -> None:
    lua = load(tmp_path, "tempo_table")
    # Samples by tick: 60 BPM, from tick 5000 a step to 150 BPM, from 9600 a ramp down.
    lua.execute(
        """
        function sample_at(tick)
          local exact
          if tick < 5000 then exact = tick * 25.0
          elseif tick < 9600 then exact = 125000 + (tick - 5000) * 10
          else local t = tick - 9600; exact = 171000 + 10 * t + t * t / 1000 end
          return math.floor(exact + 0.5)
        end
        """
    )
    points = [tuple(p.values()) for p in lua.eval("app.tempo_table.points(sample_at, 130, 19990)").values()]
    assert points[0] == (130 * 25, 130)
    assert points[-1][1] >= 19990
    sample_at = lua.globals().sample_at
    for (sample_a, tick_a), (sample_b, tick_b) in pairwise(points):
        for tick in range(tick_a, tick_b, 7):
            line = sample_a + (sample_b - sample_a) * (tick - tick_a) / (tick_b - tick_a)
            # The table's own tolerance of 2 samples, and a little between the places that it looks at.
            assert abs(line - sample_at(tick)) <= 3 or 4990 <= tick <= 5010


def deliver(home: Path, job: str) -> Path:
    """A plan as the daemon writes it, for a second at 1 s in the fake session."""
    lua = load(home, "tempo_table")
    table = json.loads(lua.eval("app.json.encode(app.tempo_table.build(48000, 48000))"))
    extra = {"track": {"id": "7", "name": "Song"}, "position": 48_000, "length": 48_000, "rate": 48_000}
    extra["tempo_table"] = table
    score = Score((track("bass", "Bass", (Note(0.0, 0.5, 40, 90),)),), 1.0)
    item = ItemRequest(AudioSpan(Path("/song.wav")), "Take", extra)
    session = {"path": "/songs/demo", "name": "demo"}
    folder = home / "jobs" / job
    folder.mkdir(parents=True)
    host = plugins.create("hosts", "ardour", {}, Context(lambda name: home / name, home, home))
    request = Request(job, "ardour", (item,), extra={"session": session})
    host.deliver([ItemResult("Take", score, extra=extra)], request, folder)
    return folder


MODULES = ("spool", "messages", "tempo_table", "pending", "plan", "rendering")


def test_the_hosts_plan_is_what_the_script_takes(tmp_path: Path) -> None:
    folder = deliver(tmp_path, "ardour-1-000001")
    plan = load(tmp_path, *MODULES).eval("app.plan.load('ardour-1-000001')")
    assert plan.tracks[1].name == "Bass (Song)"
    assert plan.midi_path == str(folder / "ardour.mid")


def torn(folder: Path) -> None:
    (folder / "ardour.mid").write_bytes((folder / "ardour.mid").read_bytes()[:-3])


def other_session(folder: Path) -> None:
    plan = json.loads((folder / "ardour.json").read_text())
    (folder / "ardour.json").write_text(json.dumps(plan | {"session": {"path": "/songs/other", "name": "demo"}}))


def no_plan(folder: Path) -> None:
    (folder / "ardour.json").write_text("[[[")


def too_many_tracks(folder: Path) -> None:
    plan = json.loads((folder / "ardour.json").read_text())
    plan["tracks"][0]["regions"][0]["smf_track"] = 2
    (folder / "ardour.json").write_text(json.dumps(plan))


@pytest.mark.parametrize("spoil", [torn, other_session, no_plan, too_many_tracks])
def test_a_spoilt_result_is_refused_with_a_sentence(tmp_path: Path, spoil: Any) -> None:
    spoil(deliver(tmp_path, "ardour-1-000001"))
    lua = load(tmp_path, *MODULES)
    ok, reason = lua.eval("pcall(app.plan.load, 'ardour-1-000001')")
    assert not ok
    assert "transcribe the region again" in reason.sentence


def test_a_changed_tempo_map_is_noticed(tmp_path: Path) -> None:
    deliver(tmp_path, "ardour-1-000001")
    lua = load(tmp_path, *MODULES)
    lua.execute("bpm = 121")
    _, reason = lua.eval("pcall(app.plan.load, 'ardour-1-000001')")
    assert "tempo map" in reason.sentence


def test_a_request_is_what_the_daemon_reads(tmp_path: Path) -> None:
    for name in ("inbox", "hosts"):
        (tmp_path / name).mkdir()
    (tmp_path / "daemon.json").write_text('{"heartbeat": 99999999999}')
    lua = load(tmp_path, *MODULES)
    lua.execute(
        """
        app.selection = { spans = function() return { {
          name = 'Gitarre "Übung"', track = { id = '7', name = 'Song' }, position = 48000, length = 24000,
          source_start = 12000, gain = -0.5,
          channels = { { path = '/a%L.wav', channel = 0 }, { path = '/a%R.wav', channel = 0 } } } } end }
        app.request = module('request')
        app.request.send({ stems = app.json.array({ 'bass' }) })
        """
    )
    (file,) = (tmp_path / "inbox").iterdir()
    request = parse_request(json.loads(file.read_text()))
    assert request.id == file.stem
    (item,) = request.items
    assert item.name == 'Gitarre "Übung"'
    assert (item.audio.start_s, item.audio.length_s, item.audio.gain) == (0.25, 0.5, -0.5)
    assert item.audio.channels == ((Path("/a%L.wav"), 0), (Path("/a%R.wav"), 0))
    assert request.options == {"stems": ["bass"]}
    assert list(lua.eval("app.pending.ids()").values()) == [request.id]


FILES = """
local folder = ...
ARDOUR.DSP = { DspShm = function() local shared = {}; return { to_float = function()
  return { put = function(_, t) shared = t end, get_table = function() return shared end } end } end }
readable = 1e9
local function read(_, target, position, count)
  if position >= readable then return 0 end
  local t = {}
  for i = 1, count do t[i] = (position + i - 1) / 20000 end
  target:put(t)
  return count
end
function span(name)
  local channels = { name and { path = folder .. '/' .. name, channel = 0 } or {} }
  return { audio = { to_readable = function() return { read = read } end }, offset = 5000, length = 9000, gain = 1,
    source_start = 5000, channels = channels, name = 'Take', track = { id = '7', name = 'Song' }, position = 48000 }
end
function prepared(name)
  local made = span(name)
  app.rendering.prepare(made, 'ardour-1-000001', 2, rate)
  return made
end
"""
"""Regions whose audio Ardour reads as a ramp."""


@pytest.fixture
def ramp(tmp_path: Path) -> npt.NDArray[np.float32]:
    """Files of the session's rate and of another one, as they sound in it."""
    (tmp_path / "hosts").mkdir()
    samples = (np.arange(20_000) / 20_000).astype(np.float32)
    soundfile.write(tmp_path / "foreign.wav", samples, 44_100, subtype="FLOAT")
    soundfile.write(tmp_path / "same.wav", samples, 48_000)
    return samples


@pytest.mark.parametrize("name", ["foreign.wav", None], ids=["of another rate", "combined"])
def test_what_the_daemon_cannot_read_is_rendered_as_ardour_plays_it(
    tmp_path: Path, ramp: npt.NDArray[np.float32], name: str | None
) -> None:
    lua = load(tmp_path, *MODULES)
    lua.execute(FILES, str(tmp_path))
    untouched = lua.eval("prepared('same.wav')")
    assert (untouched.channels[1].path, untouched.source_start) == (str(tmp_path / "same.wav"), 5000)
    rendered = lua.globals().prepared(name)
    samples, rate = soundfile.read(rendered.channels[1].path, dtype="float32")
    assert (rate, rendered.source_start) == (48_000, 0)
    np.testing.assert_array_equal(samples, ramp[5000:14_000])
    # Another try of the job reads the same file, and is its end.
    lua.execute("app.rendering.clean('ardour-1-000001-again-7')")
    assert not list((tmp_path / "hosts").iterdir())


@pytest.mark.usefixtures("ramp")
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("readable = 10000", 'The audio of "Take" ends before the region does; shorten the region'),
        ("no_close()", "The audio cannot be written: disk full\nCheck the free space"),
    ],
)
def test_a_rendering_that_fails_leaves_nothing(tmp_path: Path, fault: str, says: str) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "daemon.json").write_text('{"heartbeat": 99999999999}')
    lua = load(tmp_path, *MODULES)
    lua.execute(FILES, str(tmp_path))
    lua.execute(
        """
        function no_close()
          local open = io.open
          io.open = function(path, mode)
            local handle = open(path, mode)
            if not handle or not path:find('%.wav$') or mode ~= 'wb' then return handle end
            return { write = function(_, text) return handle:write(text) end,
              close = function() handle:close() return nil, 'disk full' end }
          end
        end
        app.selection = { spans = function() return { span('foreign.wav'), span('foreign.wav') } end }
        app.request = module('request')
        """
    )
    lua.execute(
        """
        local open, remove = io.open, os.remove
        is_open = {}
        io.open = function(path, mode)
          local handle, reason = open(path, mode)
          if not handle or mode ~= 'wb' then return handle, reason end
          is_open[path] = true
          return { write = function(_, text) return handle:write(text) end,
            close = function() is_open[path] = nil; return handle:close() end }
        end
        -- As on Windows.
        os.remove = function(path)
          if is_open[path] then return nil, 'in use' end
          return remove(path)
        end
        """
    )
    lua.execute(fault)
    _, reason = lua.eval("pcall(app.request.send, {})")
    assert reason.sentence.startswith(says)
    assert not [*(tmp_path / "hosts").iterdir(), *(tmp_path / "inbox").iterdir()]


def test_markup_in_a_name_does_not_empty_the_dialog(tmp_path: Path) -> None:
    lua = load(tmp_path, *MODULES)
    lua.execute("app.messages.show('\"A&B <3.wav\" is damaged.')")
    assert lua.eval("shown[1]") == '"A&amp;B &lt;3.wav" is damaged.'


def test_without_a_daemon_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "hosts").mkdir()
    lua = load(tmp_path, *MODULES)
    lua.execute("app.selection = { spans = function() return {} end }; app.request = module('request')")
    _, reason = lua.eval("pcall(app.request.send, {})")
    assert "dawscribe setup ardour" in reason.sentence
    assert not list((tmp_path / "inbox").iterdir())
    assert not list((tmp_path / "hosts").iterdir())


def test_a_request_that_cannot_be_written_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "hosts").mkdir()
    (tmp_path / "daemon.json").write_text('{"heartbeat": 99999999999}')
    lua = load(tmp_path, *MODULES)
    lua.execute("app.selection = { spans = function() return {} end }; app.request = module('request')")
    _, reason = lua.eval("pcall(app.request.send, {})")
    assert "Cannot write" in reason.sentence
    assert not list((tmp_path / "hosts").iterdir())


PLAYLISTS = r"""
-- Tracks by id, each with a playlist of regions: { id, position, notes }.
tracks, renamed = {}, {}
local function identified(object, id)
  object.to_stateful = function() return { id = function() return { to_s = function() return id end } end } end
  return object
end
local function list(values)
  return { iter = function()
    local index = 0
    return function() index = index + 1; return values[index] end
  end }
end
local function beats(value) return { str = function() return '0:' .. value end } end
function region(id, position, keys)
  local notes = {}
  for index, key in ipairs(keys) do
    notes[index] = { time = function() return beats(index) end, length = function() return beats(10) end,
      note = function() return key end, velocity = function() return 90 end, channel = function() return 0 end }
  end
  return identified({
    id = id, position = function() return { samples = function() return position end } end,
    length = function() return { samples = function() return 1000 end } end,
    start = function() return { ticks = function() return 0 end } end,
    to_midiregion = function()
      return { midi_source = function() return { model = function() return notes end } end }
    end,
  }, id)
end
function add_track(id, name, regions)
  local track = identified({ name = function() return name end, regions = regions }, id)
  track.to_track = function() return track end
  track.playlist = function() return { region_list = function() return list(track.regions) end } end
  tracks[#tracks + 1] = track
  return track
end
ARDOUR.LuaAPI.note_list = list
Session.get_tracks = function() return list(tracks) end
"""


def targets(home: Path, prepare: str) -> list[str]:
    """Where the tracks of a later revision go, after the first one was placed on "Bass (Song)"."""
    lua = load(home, "spool", "messages", "pending", "placed", "update")
    lua.execute(PLAYLISTS)
    lua.execute(
        """
        bass = add_track('7', 'Bass (Song)', { region('100', 0, { 40, 43 }) })
        app.placed.remember('ardour-1-000001', { app.placed.row('1/bass', bass, { ['100'] = bass.regions[1] }, nil) })
        """
    )
    lua.execute(prepare)
    lua.execute(
        """
        plan = plan or { tracks = { { key = '1/bass', name = 'Bass (Song)', after = '1' } } }
        found, left, said = app.update.targets(plan, app.placed.recall('ardour-1-000001'))
        words = {}
        for _, target in ipairs(found) do
          words[#words + 1] = target.make and 'new ' .. target.make.name .. ' after ' .. target.make.after
            or 'on ' .. target.track.name() .. ' instead of ' .. #target.old
        end
        for _, one in ipairs(left) do words[#words + 1] = 'empty ' .. one.track.name() end
        for _, sentence in ipairs(said) do words[#words + 1] = sentence end
        """
    )
    return list(lua.eval("words").values())


KEPT = '"Bass (Song)" was changed since, so it stays as it is; its new notes are on a track beside it.'
GONE = '"Bass (Song)" is not in the new version; its track is empty now.'


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        ("", ["on Bass (Song) instead of 1"]),
        ("bass.regions = {}", ["on Bass (Song) instead of 0"]),
        ("bass.regions = { region('100', 0, { 40, 44 }) }", ["new Bass (Song) (2) after 7", KEPT]),
        ("bass.regions = { region('100', 48, { 40, 43 }) }", ["new Bass (Song) (2) after 7", KEPT]),
        ("bass.regions = { region('101', 0, { 40, 43 }) }", ["new Bass (Song) (2) after 7", KEPT]),
        ("bass.regions[1] = region('100', 1, { 40 }); add_track('8', 'Bass (Song) (2)', {})",
         ["new Bass (Song) (3) after 7", KEPT]),
        ("tracks = {}", ["new Bass (Song) after 1"]),
        ("plan = { tracks = {} }", ["empty Bass (Song)", GONE]),
        ("bass.regions = { region('100', 0, { 41 }) }; plan = { tracks = {} }", []),
    ],
)  # fmt: skip
def test_where_a_later_revision_goes(tmp_path: Path, prepare: str, expected: list[str]) -> None:
    (tmp_path / "jobs" / "ardour-1-000001").mkdir(parents=True)
    assert targets(tmp_path, prepare) == expected


def test_an_undone_update_is_no_edit(tmp_path: Path) -> None:
    (tmp_path / "jobs" / "ardour-1-000001").mkdir(parents=True)
    second = """
        rows = app.placed.recall('ardour-1-000001')
        old, bass.regions = bass.regions, { region('200', 0, { 41 }) }
        row = app.placed.row('1/bass', bass, { ['200'] = bass.regions[1] }, rows[1])
        app.placed.remember('ardour-1-000001', { row })
    """
    assert targets(tmp_path, second) == ["on Bass (Song) instead of 1"]
    assert targets(tmp_path, second + "bass.regions = old") == ["on Bass (Song) instead of 1"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "de_DE.UTF-8"}, {"insert file", "Datei einfügen"}),
        ({"LANGUAGE": "fr", "LANG": "de_DE.UTF-8"}, {"insert file", "Insérer un fichier", "insérer un fichier"}),
        ({"LC_ALL": "C.UTF-8"}, {"insert file"}),
    ],
)
def test_ardours_own_step_is_called_as_it_calls_it(
    tmp_path: Path, variables: dict[str, str], expected: set[str]
) -> None:
    lua = load(tmp_path, "fit")
    names = lua.eval("app.fit.names")
    assert set(names(variables.get).values()) == expected
    assert len(list(names(lambda name: None).values())) > 12


DIALOG = r"""
LuaDialog.Dialog = function(title, rows)
  shown_rows = rows
  return { run = function() return answer end }
end
app.selection = { spans = function() return { { name = 'Take', track = { id = '7', name = 'Song' }, position = 48000,
  length = 24000, source_start = 0, gain = 1, channels = { { path = '/a.wav', channel = 0 } } } } end }
app.request = module('request')
function widget(key)
  for _, row in ipairs(shown_rows) do
    if row.key == key then return row end
  end
end
all = { drums = true, bass = true, vocals = true, guitar = true, piano = true, other = true, role = '', quantise = '',
  beat = '', drum_map = '', chord_track = false }
"""


def asked(home: Path, changes: str) -> tuple[Any, list[dict[str, Any]]]:
    """What is in the inbox after the dialog was answered."""
    for name in ("inbox", "hosts", "logs"):
        (home / name).mkdir(exist_ok=True)
    (home / "launcher.json").write_text('{"command": ["/usr/bin/dawscribe"]}')
    lua = load(home, *MODULES, "options")
    lua.execute(DIALOG)
    lua.execute(f"answer = all; {changes}")
    lua.execute("app.messages.guard(app.request.ask)")
    return lua, [json.loads(path.read_text()) for path in sorted((home / "inbox").glob("*.json"))]


def test_the_options_go_with_the_request_and_are_remembered(tmp_path: Path) -> None:
    chosen = "all.vocals, all.quantise, all.beat, all.chord_track = false, '1/16', '97,3 3/4 @0.5', true"
    _, (request,) = asked(tmp_path, chosen)
    assert request["options"] == {
        "stems": ["drums", "bass", "guitar", "piano", "other"], "quantise": "1/16", "bpm": 97.3, "beats_per_bar": 3,
        "first_downbeat": 0.5,
    }  # fmt: skip
    assert request["insertion"] == {"chord_track": True}
    (tmp_path / "inbox" / f"{request['id']}.json").unlink()
    lua, none = asked(tmp_path, "answer = nil")
    assert none == []
    assert lua.eval("widget('vocals').default") is False
    assert lua.eval("widget('bass').default") is True
    assert lua.eval("widget('quantise').default") == "1/16"
    assert lua.eval("widget('beat').default") == "97,3 3/4 @0.5"
    assert lua.eval("widget('quantise').values['1/8T']") == "1/8T"


def test_the_dialog_asks_for_the_quality(tmp_path: Path) -> None:
    _, (request,) = asked(tmp_path, "all.quality = 'draft'")
    assert request["options"] == {"quality": "draft"}


def test_the_dialog_asks_for_the_sensitivity(tmp_path: Path) -> None:
    _, (request,) = asked(tmp_path, "all.sensitivity = 'many'")
    assert request["options"] == {"sensitivity": 0.75}


def test_a_part_by_itself_is_not_separated(tmp_path: Path) -> None:
    _, (request,) = asked(tmp_path, "all.role = 'bass'")
    assert request["options"] == {"separator": "whole_mix", "role": "bass"}


def test_a_beat_that_means_nothing_is_refused(tmp_path: Path) -> None:
    lua, requests = asked(tmp_path, "all.beat = 'waltz'")
    assert requests == []
    (sentence,) = lua.eval("shown").values()
    assert sentence.startswith('"waltz" says nothing of the beat; write a tempo')
