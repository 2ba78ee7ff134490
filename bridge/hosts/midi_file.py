"""The smallest host.

A Standard MIDI File (format 1) per item. Copy it to begin another host.

The file is laid out as every DAW opens it: a conductor track with tempo map and time signatures, then one
named track per part. Notes stay where they sound: seconds become ticks through the tempo map as the file
itself can express it (whole microseconds a quarter, whole ticks), so that rounding never adds up.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.files import write_output
from bridge.midi.marks import key_signature, marks
from bridge.midi.part_events import CONTROL, bend_range, channels, part_events, program_change, to_14bit_bend
from bridge.midi.smf_track import HEAD, MARKER, TEXT, TRACK_NAME, Timed, meta_event, smf_file, smf_track, text_event
from bridge.music.notes import Bend
from bridge.music.parts import Part, Score
from bridge.music.tempo import TempoMap
from bridge.plugins.interfaces import Context
from bridge.spool.request import Request
from bridge.spool.result import ItemResult

PPQ = 1920
"""Ticks a quarter note: 0.26 ms at 120 BPM, 1.04 ms at 30; half a tick, the rounding, stays inaudible."""
MAX_US_PER_QN = (1 << 24) - 1
"""Microseconds a quarter that fit the three bytes of a tempo event (3.6 BPM)."""
SINGLE = "song.mid"
"""The file of a request with one item."""
PARTS = "parts"
"""Folder of the parts as files of their own, for DAWs that put a file with several tracks on one."""
MAX_NAME = 120
"""Characters of an item's name kept in a file name: 255 bytes is what file systems hold, 2 bytes a letter."""


class MidiFile:
    """Writes MIDI files beside result.json."""

    inserts = False

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of this host; it has none."""

    def __init__(self, options: Options, context: Context) -> None:
        del options, context

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Write song.mid, or of several items one file each under its name, and every part as a file of its own.

        Returns:
            The items, with ``midi`` set, and ``part_files`` among their fields.

        Raises:
            StoreError: the folder cannot be written.
        """
        del request
        delivered: list[ItemResult] = []
        taken: set[str] = set()
        alone: set[str] = set()
        for item in items:
            # One item is the usual case: a fixed name, so that scripts and people know where to look.
            path = folder / (SINGLE if len(items) == 1 else _free_name(item.name, taken))
            taken.add(path.name.casefold())
            tracks = _Tracks(item.score, item.name)
            write_output(path, tracks.song())
            suffix = "" if len(items) == 1 else f" ({item.name})"
            files = _write_parts(tracks, suffix, folder / PARTS, alone)
            extra = {**item.extra, "part_files": files} if files else item.extra
            delivered.append(replace(item, midi=path, extra=extra))
        _remove_others(folder / PARTS, alone)
        return delivered


def _write_parts(tracks: _Tracks, suffix: str, folder: Path, taken: set[str]) -> list[str]:
    """A file per part, tempo and markers included; their paths beside song.mid."""
    paths = []
    for number, part in enumerate(tracks.score.parts):
        name = _free_name(part.name + suffix, taken)
        taken.add(name.casefold())
        write_output(folder / name, tracks.alone(number))
        paths.append(f"{folder.name}/{name}")
    return paths


def _remove_others(folder: Path, kept: Collection[str]) -> None:
    """Remove the parts of an earlier revision that this one has no more."""
    for file in folder.glob("*.mid"):
        if file.name.casefold() not in kept:
            file.unlink(missing_ok=True)


def write_midi(score: Score, name: str, path: Path) -> None:
    """Write ``score`` to ``path``, whole or not at all.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """
    write_output(path, to_midi(score, name))


def to_midi(score: Score, name: str) -> bytes:
    """The score as a format 1 file.

    Conductor track, then a track per part, all as long as the item.
    """
    return _Tracks(score, name).song()


class _Tracks:
    """The tracks of a score, whose events are found once for the song and for each part's own file.

    Args:
        score: what is written.
        name: of the item.
    """

    def __init__(self, score: Score, name: str) -> None:
        self.score = score
        clock = _Clock(score.tempo)
        self._end = clock.ticks(score.length_s)
        self._conductor = smf_track(_conductor(score, clock, name), self._end)
        self._events = [_part(part, clock) for part in score.parts]

    def song(self) -> bytes:
        """Return the file of all parts."""
        given = zip(self._events, channels(self.score), strict=True)
        return smf_file([self._conductor, *(smf_track(events, self._end, channel) for events, channel in given)], PPQ)

    def alone(self, number: int) -> bytes:
        """Return the file of one part."""
        (channel,) = channels(replace(self.score, parts=(self.score.parts[number],)))
        return smf_file([self._conductor, smf_track(self._events[number], self._end, channel)], PPQ)


class _Clock:
    """Seconds to ticks, along the tempo events as they stand in the file."""

    def __init__(self, tempo: TempoMap) -> None:
        self.changes: list[tuple[int, int]] = []
        """(tick, microseconds a quarter) per tempo point."""
        self._times: list[float] = []
        time_s = 0.0
        for point in tempo.points:
            tick = self.ticks(point.time_s)
            if self.changes:
                # Where the change falls in the file: its tick is rounded, and what follows starts from there.
                time_s += (tick - self.changes[-1][0]) * self._tick_s(self.changes[-1][1])
            self.changes.append((tick, max(1, min(MAX_US_PER_QN, round(60e6 / point.bpm)))))
            self._times.append(time_s)

    def ticks(self, time_s: float) -> int:
        """The tick nearest to ``time_s``."""
        if not self.changes:
            return 0
        i = max(0, bisect_right(self._times, time_s) - 1)
        tick, tempo_us = self.changes[i]
        return max(0, tick + round((time_s - self._times[i]) / self._tick_s(tempo_us)))

    @staticmethod
    def _tick_s(tempo_us: int) -> float:
        return tempo_us / 1e6 / PPQ


def _conductor(score: Score, clock: _Clock, name: str) -> list[Timed]:
    events: list[Timed] = [(0, HEAD, text_event(TRACK_NAME, _printable(name)))]
    for number, key in enumerate(score.keys):
        # The first holds from the beginning, also where the beat begins later.
        tick = clock.ticks(key.onset_s) if number else 0
        events.append((tick, CONTROL, meta_event("key_signature", key=key_signature(key))))
    for mark in marks(score):
        events.append((clock.ticks(mark.time_s), CONTROL, text_event(MARKER, _printable(mark.name))))
    for point, (tick, tempo_us) in zip(score.tempo.points, clock.changes, strict=True):
        if point.beats_per_bar is not None:
            bar = meta_event("time_signature", numerator=point.beats_per_bar, denominator=point.beat_unit)
            events.append((tick, CONTROL, bar))
        events.append((tick, CONTROL, meta_event("set_tempo", tempo=tempo_us)))
    return events


def _part(part: Part, clock: _Clock) -> list[Timed]:
    """Return the events of a part on the first channel."""
    events: list[Timed] = [
        (0, HEAD, text_event(TRACK_NAME, _printable(part.name))),
        (0, HEAD, program_change(0, part.program)),
    ]
    if part.pieces and part.notes:
        # No event of a MIDI file names keys; a text does for whoever looks.
        events.append((0, HEAD, text_event(TEXT, _printable(_keys(part)))))
    setup = [(0, message) for message in bend_range(part, 0)]
    wheel = _wheel(part.bends, clock) if part.bends else ()
    return events + part_events(part, 0, clock.ticks, setup=setup, wheel=wheel)


def _keys(part: Part) -> str:
    """Name the pieces that the keys of the drums strike, such as "36 kick, 38 snare"."""
    return ", ".join(f"{key} {part.pieces[key]}" for key in sorted({n.pitch for n in part.notes}) if key in part.pieces)


def _wheel(bends: Iterable[Bend], clock: _Clock) -> Iterator[tuple[int, int]]:
    """The wheel at rest, then where it moves.

    It may have been left anywhere, by another item or by where the playback stopped.
    """
    positions = {0: 0, **{clock.ticks(bend.time_s): to_14bit_bend(bend.semitones) for bend in sorted(bends)}}
    last: int | None = None
    for tick, position in positions.items():
        if position != last:
            yield tick, position
        last = position


def _printable(name: str) -> str:
    """``name`` as one line that UTF-8 can hold."""
    clean = "".join(c if c.isprintable() else " " for c in name)
    return clean.encode("utf-8", "replace").decode("utf-8")


def _free_name(name: str, taken: Collection[str]) -> str:
    """``<name>.mid``, safe on every file system and, case aside, not among ``taken``."""
    stem = re.sub(r'[\\/:*?"<>|]', "_", _printable(name))[:MAX_NAME].strip(" .") or "item"
    free, number = f"{stem}.mid", 2
    while free.casefold() in taken:
        free, number = f"{stem} {number}.mid", number + 1
    return free
