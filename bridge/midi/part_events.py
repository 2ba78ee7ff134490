"""Build the MIDI events of parts.

One order within a tick, key spans without double strikes, pitch wheel steps, channels; each writer encodes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bridge.music.notes import DRUM_CHANNEL, Note
from bridge.music.parts import Part, Score

BEND_RANGE = 12
"""Semitones that a full pitch bend means in what we write; twelve hold every slide within an octave."""
WHEEL_STEPS = 1 << 13
"""Steps of the 14-bit pitch wheel to either side."""
BEND_RANGE_CONTROLS = ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0), (101, 127), (100, 127))
"""Controllers and values that set the bend range: registered parameter 0, its semitones and cents, and none again."""
RELEASE = 64
"""Velocity of a key that is let go neither quickly nor slowly."""
NOTE_OFF, CONTROL, NOTE_ON = range(3)
"""Order within a tick: a key is let go before it is struck again, and no note begins before its sound is set."""


class Event(NamedTuple):
    """A MIDI message and its place."""

    tick: int
    rank: int
    """Among the events of one tick: :data:`NOTE_OFF`, :data:`CONTROL` or :data:`NOTE_ON`."""
    message: bytes


def part_events(
    part: Part,
    channel: int,
    tick: Callable[[float], int],
    end: int | None = None,
    *,
    setup: Iterable[tuple[int, bytes]] = (),
    wheel: Iterable[tuple[int, int]] = (),
    release: int = RELEASE,
) -> list[Event]:
    """Return what a part plays, in playing order.

    Args:
        part: its notes are played.
        channel: 0..15.
        tick: the tick of a time in seconds.
        end: tick at which every key is let go; notes from there on are left out.
        setup: (tick, message) that tell the instrument its sound.
        wheel: (tick, position -8192..8191) of the pitch wheel.
        release: velocity of the note-offs.
    """
    events = [Event(at, CONTROL, message) for at, message in setup]
    events += [Event(at, CONTROL, _pitch_wheel(channel, position)) for at, position in wheel]
    for on, off, note in note_on_off_ticks(part.notes, tick, end):
        events.append(Event(on, NOTE_ON, bytes((0x90 | channel, note.pitch, note.velocity))))
        events.append(Event(off, NOTE_OFF, bytes((0x80 | channel, note.pitch, release))))
    return sorted(events, key=lambda e: e[:2])


def control_changes(channel: int, pairs: Iterable[tuple[int, int]]) -> list[bytes]:
    """Return messages that set controllers to values, one after the other."""
    return [bytes((0xB0 | channel, control, value)) for control, value in pairs]


def bend_range(part: Part, channel: int) -> list[bytes]:
    """Return what tells an instrument the bend range, empty for a part without bends."""
    return control_changes(channel, BEND_RANGE_CONTROLS) if part.bends else []


def program_change(channel: int, program: int) -> bytes:
    """Return the message that chooses a program 0..127."""
    return bytes((0xC0 | channel, program))


def _pitch_wheel(channel: int, position: int) -> bytes:
    steps = WHEEL_STEPS + position
    return bytes((0xE0 | channel, steps & 0x7F, steps >> 7))


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
