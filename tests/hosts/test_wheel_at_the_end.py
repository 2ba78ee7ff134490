"""A part that ends bent: whatever is written, the wheel is at rest again before the end, for what comes behind it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import lupa.lua54
import mido
import pytest

from bridge.hosts.reaper.midi_source import PPQ, lines
from bridge.music.notes import Bend, Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.plugins.interfaces import Context
from bridge.plugins.registry import HOSTS
from bridge.score.parts import ordered_parts
from bridge.spool.request import AudioSpan
from bridge.spool.result import ItemResult
from tests.support import sine, track

LENGTH_S = 4.0
LIB = Path(__file__).parents[2] / "daw_scripts" / "lib"
Moves = list[tuple[float, int]]
"""Where the wheel goes, -8192..8191, and when, as a share of the item."""


def bent(bpm: float) -> Score:
    """A sung note that lasts to the item's end and ends sharp there."""
    part = track("vocals", "Vocals", (Note(1.0, LENGTH_S, 60, 90),), (Bend(1.0, 0.2), Bend(LENGTH_S - 0.0005, 0.47)))
    shown, _ = ordered_parts([part], LENGTH_S)
    return Score(shown, LENGTH_S, TempoMap.from_points([TempoPoint(0.0, bpm, 4)]))


def moves(messages: list[tuple[int, bytes]], last: int) -> Moves:
    wheel = [(tick, m) for tick, m in messages if m[0] & 0xF0 == 0xE0]
    return [(tick / last, (m[1] | m[2] << 7) - 8192) for tick, m in wheel]


def in_file(path: Path) -> Moves:
    found: list[tuple[int, bytes]] = []
    for part in mido.MidiFile(path).tracks:
        ticks = accumulate(m.time for m in part)
        found += [(tick, bytes(m.bytes())) for tick, m in zip(ticks, part, strict=True) if m.type == "pitchwheel"]
    last = max(sum(m.time for m in part) for part in mido.MidiFile(path).tracks)
    return moves(found, last)


def written(host: str, folder: Path, score: Score) -> Path:
    made: Any = HOSTS.create(host, {}, Context(lambda name: folder / name, folder / "cache", folder))
    item = ItemResult("song", score)
    suffix = getattr(made, "suffix", ".mid")
    return Path(made.write_project(item, AudioSpan(sine(folder / "song.wav", seconds=LENGTH_S)), folder / f"p{suffix}"))


def midi_file(folder: Path, score: Score) -> Moves:
    host: Any = HOSTS.create("midi_file", {}, Context(lambda name: folder / name, folder / "cache", folder))
    (done,) = host.deliver([ItemResult("song", score)], None, folder)
    return in_file(done.midi)


def ardour(folder: Path, score: Score) -> Moves:
    session = written("ardour", folder, score)
    (path,) = [p for p in session.parent.rglob("*.mid") if any(m.type == "pitchwheel" for m in mido.MidiFile(p))]
    return in_file(path)


def reaper(folder: Path, score: Score) -> Moves:
    rows = [line.split() for line in lines(score.parts[0], 0, score.tempo, LENGTH_S) if line.startswith("E ")]
    ticks = accumulate(int(row[1]) for row in rows)
    last = round(score.tempo.to_qn(LENGTH_S) * PPQ)
    return moves([(t, bytes.fromhex("".join(row[2:]))) for t, row in zip(ticks, rows, strict=True)], last)


def lua(folder: Path, score: Score) -> Moves:
    runtime = lupa.lua54.LuaRuntime(encoding=None)
    runtime.execute(
        f"package.path = '{LIB.as_posix()}/?.lua;' .. package.path; events = require 'midi_events'".encode()
    )
    part, row = score.parts[0], runtime.table_from
    table = runtime.table_from(
        {
            b"notes": row([row([n.onset_s, n.offset_s, n.pitch, 90]) for n in part.notes]),
            b"bends": row([row([b.time_s, b.semitones]) for b in part.bends]),
            b"bend_range": 2, b"program": 0, b"channel": 0,
        }
    )  # fmt: skip
    last = round(score.tempo.to_qn(LENGTH_S) * PPQ)
    found = runtime.eval("function(...) return events.from_part(...) end")(
        table, lambda s: round(score.tempo.to_qn(s) * PPQ), last
    )
    return moves([(int(row[b"tick"]), bytes(row[b"message"])) for row in found.values()], last)


@pytest.mark.parametrize("bpm", [40.0, 97.3, 250.0])
@pytest.mark.parametrize("writer", [midi_file, ardour, reaper, lua])
@pytest.mark.first_is_enough
def test_the_wheel_is_at_rest_before_the_end(
    tmp_path: Path, writer: Callable[[Path, Score], Moves], bpm: float
) -> None:
    found = writer(tmp_path, bent(bpm))
    assert any(position for _, position in found)
    place, position = max(found)
    assert position == 0
    assert 0.99 < place < 1 or writer is midi_file
