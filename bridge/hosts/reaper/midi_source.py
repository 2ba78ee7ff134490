"""A part as the lines of a MIDI source in an .rpp file: delta ticks and bytes in hexadecimal."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.midi.part_events import Event, bend_range, part_events, program_change, to_14bit_bend
from bridge.music.parts import Part
from bridge.music.tempo import TempoMap

PPQ = 960
"""Ticks a quarter note, REAPER's own default."""
ALL_NOTES_OFF = bytes((0xB0, 0x7B, 0))
"""Closes the source: REAPER reads its length from where this stands."""


def lines(part: Part, channel: int, tempo: TempoMap, length_s: float) -> Iterator[str]:
    """``<SOURCE MIDI`` with the part's notes and bends for an item that starts at 0 s and lasts ``length_s``."""
    last = round(tempo.to_qn(length_s) * PPQ)
    yield from ("<SOURCE MIDI", f"HASDATA 1 {PPQ} QN")
    now = 0
    for tick, _, message in _events(part, channel, tempo, last):
        yield _line(tick - now, message)
        now = tick
    yield _line(max(0, last - now), ALL_NOTES_OFF)
    yield ">"


def _line(delta: int, message: bytes) -> str:
    first, second, third = (message + b"\0\0")[:3]
    return f"E {delta} {first:02x} {second:02x} {third:02x}"


def _events(part: Part, channel: int, tempo: TempoMap, last: int) -> list[Event]:
    def tick(time_s: float) -> int:
        return round(tempo.to_qn(time_s) * PPQ)

    setup = [] if part.is_drums else [program_change(channel, part.program)]
    setup += bend_range(part, channel)
    wheel = ((min(last, tick(bend.time_s)), to_14bit_bend(bend.semitones)) for bend in part.bends)
    return part_events(part, channel, tick, last, setup=((0, message) for message in setup), wheel=wheel, release=0)
