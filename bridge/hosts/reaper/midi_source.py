"""A part as the lines of a MIDI source in an .rpp file: delta ticks and bytes in hexadecimal."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.music import Note, Part
from bridge.protocol import BEND_RANGE
from bridge.tempo import TempoMap

PPQ = 960
"""Ticks a quarter note, REAPER's own default."""
BEND_CENTRE = 1 << 13
ALL_NOTES_OFF = bytes((0xB0, 0x7B, 0))
"""Closes the source: REAPER reads its length from where this stands."""

_Event = tuple[int, int, bytes]
"""(tick, rank among events of one tick, message)."""
_SETUP, _OFF, _BEND, _ON = range(4)


def lines(part: Part, channel: int, tempo: TempoMap, length_s: float) -> Iterator[str]:
    """``<SOURCE MIDI`` with the part's notes and bends for an item that starts at 0 s and lasts ``length_s``."""
    last = round(tempo.to_qn(length_s) * PPQ)
    yield from ("<SOURCE MIDI", f"HASDATA 1 {PPQ} QN")
    now = 0
    for tick, _, message in sorted(_events(part, channel, tempo, last), key=lambda e: e[:2]):
        yield _line(tick - now, message)
        now = tick
    yield _line(max(0, last - now), ALL_NOTES_OFF)
    yield ">"


def _line(delta: int, message: bytes) -> str:
    first, second, third = (message + b"\0\0")[:3]
    return f"E {delta} {first:02x} {second:02x} {third:02x}"


def _events(part: Part, channel: int, tempo: TempoMap, last: int) -> Iterator[_Event]:
    if not part.is_drums:
        yield 0, _SETUP, bytes((0xC0 | channel, part.program))
    if part.bends:
        for control, value in ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0), (101, 127), (100, 127)):
            yield 0, _SETUP, bytes((0xB0 | channel, control, value))
    for bend in part.bends:
        value = BEND_CENTRE + round(bend.semitones / BEND_RANGE * BEND_CENTRE)
        value = max(0, min(2 * BEND_CENTRE - 1, value))
        tick = min(last, round(tempo.to_qn(bend.time_s) * PPQ))
        yield tick, _BEND, bytes((0xE0 | channel, value & 0x7F, value >> 7))
    for on, off, note in _spans(part.notes, tempo, last):
        yield on, _ON, bytes((0x90 | channel, note.pitch, note.velocity))
        yield off, _OFF, bytes((0x80 | channel, note.pitch, 0))


def _spans(notes: tuple[Note, ...], tempo: TempoMap, last: int) -> Iterator[tuple[int, int, Note]]:
    """(first tick, last tick, note): a key is let go before it is struck again, and with the item's end."""
    waiting: dict[int, tuple[int, int, Note]] = {}
    for note in sorted(notes):
        on = round(tempo.to_qn(note.onset_s) * PPQ)
        off = min(last, max(on + 1, round(tempo.to_qn(note.offset_s) * PPQ)))
        if on >= last:
            continue
        before = waiting.get(note.pitch)
        if before and before[0] == on:
            on, off = on, max(off, before[1])
            note = max(note, before[2], key=lambda n: n.velocity)
        elif before:
            yield before[0], min(before[1], on), before[2]
        waiting[note.pitch] = (on, off, note)
    yield from waiting.values()
