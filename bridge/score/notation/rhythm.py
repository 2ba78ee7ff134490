"""Notes on a readable grid.

Each beat in sixteenths or triplets, short gaps closed, two voices a staff at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bridge.music.notes import Note

QUARTER = 12
"""Divisions of a quarter note: sixteenths are 3, triplet eighths 4."""
DOTTED = 18
"""Divisions of a dotted quarter, the beat of 6/8."""
STRAIGHT, TRIPLET = 3, 4
TRIPLET_ADVANTAGE = 0.6
"""A beat is written as a triplet only where that leaves this share of the straight grid's error, or less."""
SMALL_GAP = 6
"""A rest of up to an eighth before the next note is not written: the note is held."""
HELD_OVER = 12
"""A note that sounds a quarter or more into what follows gets a voice of its own."""


@dataclass(frozen=True, slots=True)
class Event:
    """A chord, or with no pitches a rest."""

    start: int
    """Divisions from the first bar."""
    length: int
    pitches: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """The position of its end."""
        return self.start + self.length


def snapped(notes: Sequence[Note], to_qn: Callable[[float], float], *, triplets: bool = True) -> list[Event]:
    """The notes as events of one pitch each, sorted, starts and ends on each beat's own grid.

    Args:
        notes: of one staff.
        to_qn: seconds to quarter notes.
        triplets: whether a beat may be written in them; in 6/8 and 7/8 none is.
    """
    places = [(to_qn(n.onset_s) * QUARTER, to_qn(n.offset_s) * QUARTER, n.pitch) for n in notes]
    grids = _grids([start for start, _, _ in places]) if triplets else {}

    def snap(place: float) -> int:
        step = grids.get(int((place + 1e-6) // QUARTER), STRAIGHT)
        return round(place / step) * step

    events = {}
    for start, end, pitch in places:
        first = max(0, snap(start))
        step = grids.get(first // QUARTER, STRAIGHT)
        events[first, pitch] = Event(first, max(step, snap(end) - first), (pitch,))
    return sorted(events.values(), key=lambda e: (e.start, e.pitches))


def _grids(starts: Sequence[float]) -> dict[int, int]:
    """Beat -> division of its grid, from where notes begin in it."""
    by_beat: dict[int, list[float]] = {}
    for start in starts:
        by_beat.setdefault(int((start + STRAIGHT / 2) // QUARTER), []).append(start)
    grids = {}
    for beat, inside in by_beat.items():
        straight, triplet = (sum(abs(s - round(s / g) * g) for s in inside) for g in (STRAIGHT, TRIPLET))
        off_beat = any(abs(s - round(s / QUARTER) * QUARTER) > 1.5 for s in inside)
        grids[beat] = TRIPLET if off_beat and triplet < TRIPLET_ADVANTAGE * straight else STRAIGHT
    return grids


def voices(events: Sequence[Event], end: int, most: int = 2) -> list[list[Event]]:
    """Up to ``most`` voices that each fill the time to ``end`` with chords and rests.

    Args:
        events: single pitches as of :func:`snapped`.
        end: divisions at which the last bar ends.
        most: a voice takes one chord at a time; what does not fit is cut where the next one begins.
    """
    groups: dict[int, list[Event]] = {}
    for event in events:
        if event.start < end:
            groups.setdefault(event.start, []).append(event)
    starts = sorted(groups)
    lines: list[list[Event]] = [[] for _ in range(most)]
    for index, start in enumerate(starts):
        next_start = starts[index + 1] if index + 1 < len(starts) else end
        held = [e for e in groups[start] if e.end >= next_start + HELD_OVER] if most > 1 else []
        moving = [e for e in groups[start] if e not in held]
        # All held, or the lower voice still busy: nothing is gained by a second voice.
        if not moving or (lines[-1] and lines[-1][-1].end > start):
            held, moving = [], groups[start]
        if held:
            lines[-1].append(_chord(held, min(end, max(e.end for e in held))))
        lines[0].append(_chord(moving, min(next_start, max(e.end for e in moving))))
    return [_filled(line, end) for number, line in enumerate(lines) if line or number == 0]


def _chord(events: Sequence[Event], end: int) -> Event:
    start = events[0].start
    return Event(start, max(1, end - start), tuple(sorted({p for e in events for p in e.pitches})))


def _filled(line: Sequence[Event], end: int) -> list[Event]:
    """The line without overlaps, small gaps closed and the others as rests."""
    filled: list[Event] = []
    now = 0
    for index, event in enumerate(line):
        following = line[index + 1].start if index + 1 < len(line) else end
        stop = min(event.end, following)
        if 0 < following - stop <= SMALL_GAP:
            stop = following
        if event.start > now:
            filled.append(Event(now, event.start - now))
        filled.append(Event(event.start, stop - event.start, event.pitches))
        now = stop
    if now < end:
        filled.append(Event(now, end - now))
    return filled


@dataclass(frozen=True, slots=True)
class Written:
    """A note or rest of one written value, a piece of an event."""

    start: int
    length: int
    pitches: tuple[int, ...]
    tied_from: bool
    """Return whether it continues the one before."""
    tied_to: bool
    value: str
    """MusicXML's name, such as "eighth"."""
    dots: int = 0
    triplet: bool = False


VALUES = {
    48: ("whole", 0), 36: ("half", 1), 24: ("half", 0), 18: ("quarter", 1), 12: ("quarter", 0), 9: ("eighth", 1),
    6: ("eighth", 0), 3: ("16th", 0), 72: ("whole", 1),
}  # fmt: skip
TRIPLETS = {8: ("quarter", 0), 4: ("eighth", 0), 2: ("16th", 0), 1: ("32nd", 0)}


def written(event: Event, bar_start: int, bar_end: int, beat: int = QUARTER) -> list[Written]:
    """The part of an event inside a bar, in values that show where the beats are.

    Args:
        event: chord or rest.
        bar_start: divisions at which the bar begins.
        bar_end: and ends.
        beat: divisions of a beat, a quarter or a dotted quarter.
    """
    pieces = []
    start, end = max(event.start, bar_start), min(event.end, bar_end)
    while start < end:
        place, left = start - bar_start, end - start
        length = _dotted_value(place, left) if beat == DOTTED else _value(place, left, rest=not event.pitches)
        value, dots = VALUES.get(length) or TRIPLETS[length]
        sounding = bool(event.pitches)
        pieces.append(
            Written(
                start, length, event.pitches,
                tied_from=sounding and start > event.start, tied_to=sounding and start + length < event.end,
                value=value, dots=dots, triplet=length in TRIPLETS,
            )
        )  # fmt: skip
        start += length
    return pieces


def _dotted_value(place: int, left: int) -> int:
    """The same as :func:`_value` where the beat is three eighths."""
    inside = place % DOTTED
    if inside == 0:
        # Two beats and more only where the bar's middle stays visible.
        return next((v for v in (72, 36, 18, 12, 6, 3) if v <= left and (v <= DOTTED or place % v == 0)), left)
    room = min(left, DOTTED - inside)
    return next((v for v in (12, 6, 3) if v <= room and (v == 3 or inside % 6 == 0)), room)


def _value(place: int, left: int, *, rest: bool) -> int:
    """The longest value that may begin ``place`` divisions into a bar with ``left`` to go."""
    inside = place % QUARTER
    to_beat = QUARTER - inside
    if inside % STRAIGHT or (left % STRAIGHT and left < to_beat):
        # In a triplet: whole thirds of the beat, never over its end.
        room = min(left, to_beat)
        return next(v for v in (8, 4, 2, 1) if v <= room)
    if inside == 0:
        whole = left if left < QUARTER else left // QUARTER * QUARTER if left % STRAIGHT else left
        allowed = (72, 48, 36, 24, 18, 12, 9, 6, 3) if not rest else (48, 24, 12, 6, 3)
        return next((v for v in allowed if v <= whole and _shows_middle(place, v)), 3)
    # Off the beat: an eighth that is held over the next beat may be a quarter; else up to the beat.
    if inside == 6 and not rest and left in (12, 18):
        return left
    return next(v for v in (9, 6, 3) if v <= min(left, to_beat))


def _shows_middle(place: int, value: int) -> bool:
    """Return whether a value from a beat on leaves the half of a bar of four visible."""
    half = 2 * QUARTER
    return value <= half or place % half == 0
