"""A part as the lines of a MIDI source in an .rpp file: delta ticks and bytes in hexadecimal."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.midi.part_events import BEND_RANGE_CONTROLS, WHEEL_STEPS, note_on_off_ticks, to_14bit_bend
from bridge.music.parts import Part
from bridge.music.tempo import TempoMap

PPQ = 960
"""Ticks a quarter note, REAPER's own default."""
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
    def tick(time_s: float) -> int:
        return round(tempo.to_qn(time_s) * PPQ)

    if not part.is_drums:
        yield 0, _SETUP, bytes((0xC0 | channel, part.program))
    if part.bends:
        for control, value in BEND_RANGE_CONTROLS:
            yield 0, _SETUP, bytes((0xB0 | channel, control, value))
    for bend in part.bends:
        value = WHEEL_STEPS + to_14bit_bend(bend.semitones)
        yield min(last, tick(bend.time_s)), _BEND, bytes((0xE0 | channel, value & 0x7F, value >> 7))
    for on, off, note in note_on_off_ticks(part.notes, tick, last):
        yield on, _ON, bytes((0x90 | channel, note.pitch, note.velocity))
        yield off, _OFF, bytes((0x80 | channel, note.pitch, 0))
