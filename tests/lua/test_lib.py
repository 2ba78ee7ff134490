"""The Lua code that all DAW scripts share, under Lua 5.3 (Ardour) and 5.4 (REAPER), with no DAW."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import lupa.lua53
import lupa.lua54
import pytest

from tests.lua.disk import room_for

LIB = Path(__file__).parents[2] / "daw_scripts" / "lib"
PROTOCOL = Path(__file__).parents[1] / "data" / "protocol"


@pytest.fixture(params=[lupa.lua53, lupa.lua54], ids=["lua5.3", "lua5.4"])
def lua(request: pytest.FixtureRequest) -> Any:
    runtime = request.param.LuaRuntime(encoding="utf-8", unpack_returned_tuples=True)
    runtime.execute(f"package.path = '{LIB.as_posix()}/?.lua;' .. package.path")
    runtime.execute("json = require 'json'; spool = require 'spool'; files = require 'files'")
    return runtime


def to_python(value: Any) -> Any:
    """A decoded Lua value as Python's json module would have given it."""
    if not hasattr(value, "items"):
        return value
    keys = list(value.keys())
    if keys and all(isinstance(k, int) for k in keys):
        return [to_python(value[k]) for k in sorted(keys)]
    return {k: to_python(v) for k, v in value.items()}


@pytest.mark.parametrize("path", sorted(PROTOCOL.glob("*.json")), ids=lambda p: p.name)
def test_protocol_examples_survive_the_lua_reader_and_writer(lua: Any, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    again = lua.eval("function(text) return json.encode(assert(json.decode(text))) end")(text)
    assert json.loads(again) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[1,]", '{"a":1,}', "01", "1.", "-", "nul", '"\\x"', '"\\ud800"', '"a', '{"a" 1}', "[1] x",
        "[" * 100 + "]" * 100, "+1", '{1:2}', '"\x01"', ".5", "1e", "Infinity",
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused_with_a_reason(lua: Any, text: str) -> None:
    value, reason = lua.eval("function(text) return json.decode(text) end")(text)
    assert value is None
    assert isinstance(reason, str)


def test_numbers_and_strings_keep_their_value(lua: Any) -> None:
    values = [0, -1, 0.1, 1e300, 2**53, 'ü 🎹 "quoted" \\ \n\t\x7f', True, False, "</script>"]
    again = lua.eval("function(text) return json.encode(json.decode(text)) end")(json.dumps(values))
    assert json.loads(again) == values


def test_empty_arrays_stay_arrays(lua: Any) -> None:
    again = lua.eval("function(text) return json.encode(json.decode(text)) end")('{"a":[],"b":{},"c":null}')
    assert json.loads(again) == {"a": [], "b": {}, "c": None}


def test_what_json_cannot_hold_is_an_error(lua: Any) -> None:
    for value in ("0/0", "math.huge", "print"):
        assert lua.eval(f"pcall(json.encode, {value})")[0] is False


def test_a_write_leaves_the_new_file_and_no_draft(lua: Any, tmp_path: Path) -> None:
    target = tmp_path / "inbox" / "job.json"
    target.parent.mkdir()
    for content in ("one", "two"):
        assert lua.eval("function(path, text) return files.new(io, os):write(path, text) end")(str(target), content)
        assert target.read_text() == content
    assert [p.name for p in target.parent.iterdir()] == ["job.json"]


def test_a_write_that_fails_says_where(lua: Any, tmp_path: Path) -> None:
    ok, sentence = lua.eval("function(path) return files.new(io, os):write(path, 'x') end")(str(tmp_path / "no" / "x"))
    assert ok is None
    assert "no/x" in sentence


def test_a_full_disk_leaves_the_old_file_and_no_draft(lua: Any, tmp_path: Path) -> None:
    target = tmp_path / "startup.lua"
    target.write_text("the user's own")
    with room_for(3):
        ok, sentence = lua.eval("function(path) return files.new(io, os):write(path, 'ours too') end")(str(target))
    assert ok is None
    assert "free some disk space" in sentence
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"startup.lua": "the user's own"}


def new_spool(lua: Any, home: Path) -> Any:
    return lua.eval("function(home) return spool.new(home, files.new(io, os)) end")(str(home))


@pytest.mark.parametrize(
    ("variables", "recorded", "home"),
    [
        ({"DAWSCRIBE_HOME": "/moved", "HOME": "/home/me"}, "/noted", "/moved"),
        ({"HOME": "/home/me"}, "/noted", "/noted"),
        ({"DAWSCRIBE_HOME": "", "HOME": "/home/me"}, None, "/home/me/.dawscribe"),
        ({"HOME": "/home/me"}, "", "/home/me/.dawscribe"),
        ({"HOME": "/home/me"}, 7, "/home/me/.dawscribe"),
        ({"OS": "Windows_NT", "HOME": "/c/cygwin", "USERPROFILE": "C:/Users/me"}, None, "C:/Users/me/.dawscribe"),
        ({"HOME": "/home/me", "USERPROFILE": "/mnt/c/Users/me"}, None, "/home/me/.dawscribe"),
        ({}, None, None),
    ],
)
def test_the_home_is_where_the_user_or_the_set_up_put_it(
    lua: Any, variables: dict[str, str], recorded: object, home: str | None
) -> None:
    lua.execute("package = nil")  # as in Ardour
    assert lua.eval("spool.home")(variables.get, recorded) == home


def call(lua: Any, target: Any, method: str, *args: Any) -> Any:
    return lua.eval("function(target, method, ...) return target[method](target, ...) end")(target, method, *args)


def test_the_daemon_is_alive_while_its_heart_beats(lua: Any, tmp_path: Path) -> None:
    spool = new_spool(lua, tmp_path)
    assert call(lua, spool, "daemon", 1000) is None
    beat = {"pid": 1, "version": "0.1.0", "protocol": 1, "heartbeat": 997.5}
    (tmp_path / "daemon.json").write_text(json.dumps(beat))
    assert call(lua, spool, "daemon", 1000).version == "0.1.0"
    assert call(lua, spool, "daemon", 1010) is None


def test_versions_that_differ_get_a_sentence(lua: Any) -> None:
    mismatch = lua.eval("function(v, p) return spool.mismatch({ version = v, protocol = p }, '0.1.0', 'reaper') end")
    assert mismatch("0.1.0", 1) is None
    assert '"dawscribe setup reaper"' in mismatch("0.2.0", 1)
    assert "protocol 2" in mismatch("0.1.0", 2)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"two\nlines\tof text", "two lines of text"),
        (b"a" + "é".encode() * 300, "a" + "é" * 249),  # 499 bytes: the next letter does not fit whole
        ("🎹".encode() * 125 + b"x", "🎹" * 125),
        (b"Stra\xdfe", "Stra?e"),
    ],
)
def test_a_sentence_is_one_legible_line(raw: bytes, shown: str) -> None:
    for module in (lupa.lua53, lupa.lua54):
        runtime = module.LuaRuntime(encoding=None)
        runtime.execute(f"package.path = '{LIB.as_posix()}/?.lua;' .. package.path".encode())
        assert runtime.eval(b"require('spool').sentence")(raw) == shown.encode()


def test_ids_fit_the_protocol(lua: Any) -> None:
    made = lua.eval("spool.new_id('reaper', 1763850000.7, 123456789.2)")
    assert made == "reaper-1763850000-456789"
    is_id = lua.eval("spool.is_id")
    assert is_id(made)
    assert not any(is_id(bad) for bad in ("short", "../../../etc", "UPPERCASE", "a" * 65, 12345678))


def test_a_request_goes_to_the_inbox_whole(lua: Any, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    text = (PROTOCOL / "request.json").read_text(encoding="utf-8")
    submit = lua.eval("function(s, text) return s:submit(json.decode(text)) end")
    assert submit(new_spool(lua, tmp_path), text) is True
    (only,) = (tmp_path / "inbox").iterdir()
    assert only.name == json.loads(text)["id"] + ".json"
    assert json.loads(only.read_text(encoding="utf-8")) == json.loads(text)


def test_a_command_is_taken_once_and_only_while_it_is_young(lua: Any, tmp_path: Path) -> None:
    (tmp_path / "commands").mkdir()
    path = tmp_path / "commands" / "reaper.json"
    spool = new_spool(lua, tmp_path)
    path.write_text('{"command": "transcribe_selected", "time": 1000}')
    assert call(lua, spool, "take_command", "reaper", 1003).command == "transcribe_selected"
    assert not path.exists()
    assert call(lua, spool, "take_command", "reaper", 1003) is None
    path.write_text('{"command": "transcribe_selected", "time": 1000}')
    assert call(lua, spool, "take_command", "reaper", 1060) is None
    assert not path.exists()


def test_a_command_that_cannot_be_removed_is_not_obeyed_again_and_again(lua: Any, tmp_path: Path) -> None:
    (tmp_path / "commands").mkdir()
    (tmp_path / "commands" / "reaper.json").write_text('{"command": "transcribe_selected", "time": 1000}')
    # Windows refuses to remove a file that another program holds open.
    new = "function(home) return spool.new(home, files.new(io, { remove = function() return nil, 'busy' end })) end"
    assert call(lua, lua.eval(new)(str(tmp_path)), "take_command", "reaper", 1003) is None


def test_damaged_files_in_the_spool_read_as_nothing(lua: Any, tmp_path: Path) -> None:
    job = tmp_path / "jobs" / "reaper-1-000001"
    job.mkdir(parents=True)
    for content in (b"", b"{", b"\xff\xfe\x00", b"[1, 2", b"7"):
        (job / "status.json").write_bytes(content)
        assert call(lua, new_spool(lua, tmp_path), "status", job.name) is None


def events_of(lua: Any, part: dict[str, Any], last: int = 4000) -> list[tuple[int, bytes]]:
    """The messages of a part, a tick being a millisecond."""
    lua.execute("midi_events = require 'midi_events'")
    build = lua.eval(
        """function(text, last)
          local function tick_of(s) return math.floor(s * 1000 + 0.5) end
          local events = midi_events.from_part(json.decode(text), tick_of, last)
          local out = {}
          for i, e in ipairs(events) do
            out[i] = e.tick .. ' ' .. e.message:gsub('.', function(c) return ('%02x'):format(c:byte()) end)
          end
          return table.concat(out, '\\n')
        end"""
    )
    lines = build(json.dumps(part), last).split("\n")
    return [(int(line.split()[0]), bytes.fromhex(line.split()[1])) for line in lines]


PART = {"channel": 0, "program": 33, "bend_range": 12, "is_drums": False, "bends": [], "notes": []}


def test_notes_become_pairs_in_playing_order(lua: Any) -> None:
    part = {**PART, "notes": [[1.0, 1.5, 43, 90], [0.0, 1.0, 43, 100]]}
    assert events_of(lua, part) == [
        (0, bytes((0xC0, 33))),
        (0, bytes((0x90, 43, 100))),
        (1000, bytes((0x80, 43, 0))),  # the key is let go before it is struck again
        (1000, bytes((0x90, 43, 90))),
        (1500, bytes((0x80, 43, 0))),
    ]


def test_overlaps_on_one_key_are_cut_and_notes_end_with_the_item(lua: Any) -> None:
    part = {**PART, "is_drums": True, "channel": 9, "notes": [[0, 2, 36, 90], [1, 9, 36, 80], [5, 6, 38, 80]]}
    assert events_of(lua, part) == [
        (0, bytes((0x99, 36, 90))),
        (1000, bytes((0x89, 36, 0))),
        (1000, bytes((0x99, 36, 80))),
        (4000, bytes((0x89, 36, 0))),
    ]


def test_bends_state_their_range_and_fill_fourteen_bits(lua: Any) -> None:
    part = {**PART, "bends": [[0.5, 12.0], [1.0, -12.0], [1.5, 0.0]]}
    events = events_of(lua, part)
    controls = [m for _, m in events if m[0] == 0xB0]
    assert controls[:3] == [bytes((0xB0, 101, 0)), bytes((0xB0, 100, 0)), bytes((0xB0, 6, 12))]
    wheel = [(t, (m[2] << 7 | m[1]) - 8192) for t, m in events if m[0] == 0xE0]
    assert wheel == [(500, 8191), (1000, -8192), (1500, 0)]
