"""Prepare MIDI events of parts.

Key spans without double strikes, pitch wheel steps, channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bridge.music.notes import DRUM_CHANNEL, Note
from bridge.music.parts import Score

BEND_RANGE = 12
"""Semitones that a full pitch bend means in what we write; twelve hold every slide within an octave."""
WHEEL_STEPS = 1 << 13
"""Steps of the 14-bit pitch wheel to either side."""
BEND_RANGE_CONTROLS = ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0), (101, 127), (100, 127))
"""Controllers and values that set the bend range: registered parameter 0, its semitones and cents, and none again."""


def to_14bit_bend(semitones: float) -> int:
    """The wheel's position for a bend, -8192..8191."""
    steps = round(semitones / BEND_RANGE * WHEEL_STEPS)
    return max(-WHEEL_STEPS, min(WHEEL_STEPS - 1, steps))


def note_on_off_ticks(
    notes: Iterable[Note], tick: Callable[[float], int], end: int | None = None
) -> list[tuple[int, int, Note]]:
    """(first tick, last tick, note) in time order, at least a tick long, where no key is struck while it is down.

    A key that sounds on ends where it is struck again; of two strokes in one tick the longer one, as loud as
    the louder, stands for both, because a MIDI key cannot be down twice.

    Args:
        notes: of one part.
        tick: the tick of a time in seconds.
        end: tick at which every key is let go; notes from there on are left out.
    """
    by_pitch: dict[int, list[tuple[int, int, Note]]] = {}
    for note in sorted(notes):
        on = tick(note.onset_s)
        off = max(on + 1, tick(note.offset_s))
        off = off if end is None else min(end, off)
        if off <= on:
            continue
        spans = by_pitch.setdefault(note.pitch, [])
        if spans and spans[-1][0] == on:
            _, last_off, last = spans.pop()
            off, note = max(off, last_off), max(note, last, key=lambda n: n.velocity)
        elif spans and spans[-1][1] > on:
            spans[-1] = (spans[-1][0], on, spans[-1][2])
        spans.append((on, off, note))
    return sorted((span for spans in by_pitch.values() for span in spans), key=lambda s: s[:2])


def channels(score: Score) -> list[int]:
    """A MIDI channel 0..15 per part.

    Drums on channel 10, the others in turn on the rest.
    """
    free = [c for c in range(16) if c != DRUM_CHANNEL]
    pitched = iter(range(len(score.parts)))
    return [DRUM_CHANNEL if p.is_drums else free[next(pitched) % len(free)] for p in score.parts]
