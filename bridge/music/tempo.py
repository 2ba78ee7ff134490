"""The tempo map.

Seconds to quarter notes and back, the only place where the two meet.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

DEFAULT_BPM = 120.0
"""Tempo of a Standard MIDI File that says nothing, kept when the beat is not certain."""

MIN_BPM, MAX_BPM = 1.0, 1000.0
"""Of any tempo that is taken from outside: faster or slower ones make more bars than anybody can write."""
MAX_BEATS = 255
"""In a bar: the numerator of a MIDI time signature is one byte."""
DEFAULT_BEAT_UNIT = 4
BEAT_UNITS = (1, 2, 4, 8, 16)
"""Lower numbers of a time signature, as parts of a whole note."""


@dataclass(frozen=True, slots=True)
class TempoPoint:
    """From here on, until the next point, the tempo is constant."""

    time_s: float
    bpm: float
    """Quarter notes per minute."""
    beats_per_bar: int | None = None
    """The upper number of a new time signature that starts here, None to keep the last one."""
    beat_unit: int = DEFAULT_BEAT_UNIT
    """The lower number of that signature: 4, or 8 where three eighths or one are a beat."""

    @property
    def bar_qn(self) -> float | None:
        """Quarter notes of a bar."""
        return None if self.beats_per_bar is None else self.beats_per_bar * 4 / self.beat_unit

    def row(self) -> dict[str, float | int | None]:
        """The fields as result.json has them; the lower number of a signature only where it is not 4."""
        fields = {"time_s": self.time_s, "bpm": self.bpm, "beats_per_bar": self.beats_per_bar}
        return fields if self.beat_unit == DEFAULT_BEAT_UNIT else {**fields, "beat_unit": self.beat_unit}


@dataclass(frozen=True, slots=True)
class TempoMap:
    """Piecewise constant tempo.

    The first point stands at 0 s.

    Raises:
        ValueError: no point at 0 s, times not rising, a tempo not above 0, or a bar without beats.
    """

    points: tuple[TempoPoint, ...] = (TempoPoint(0.0, DEFAULT_BPM, 4),)
    confident: bool = False
    """Return whether the tempo was heard, not assumed."""
    _times_s: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _starts_qn: tuple[float, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.points or self.points[0].time_s != 0:
            raise ValueError("a tempo map starts with a point at 0 s")
        if not all(0 < p.bpm < math.inf for p in self.points):
            raise ValueError("a tempo must be above 0")
        if not all(p.beats_per_bar is None or 1 <= p.beats_per_bar <= MAX_BEATS for p in self.points):
            raise ValueError(f"a bar has 1 to {MAX_BEATS} beats")
        if not all(p.beat_unit in BEAT_UNITS for p in self.points):
            raise ValueError("the lower number of a time signature is 1, 2, 4, 8 or 16")
        starts = [0.0]
        for a, b in zip(self.points, self.points[1:], strict=False):
            if not a.time_s < b.time_s < math.inf:
                raise ValueError("tempo points must rise in time")
            starts.append(starts[-1] + (b.time_s - a.time_s) * a.bpm / 60.0)
        object.__setattr__(self, "_times_s", tuple(p.time_s for p in self.points))
        object.__setattr__(self, "_starts_qn", tuple(starts))

    @classmethod
    def constant(cls, bpm: float, beats_per_bar: int = 4, *, confident: bool = True) -> TempoMap:
        """One tempo from the start on."""
        return cls((TempoPoint(0.0, bpm, beats_per_bar),), confident)

    @classmethod
    def from_points(cls, points: Iterable[TempoPoint], *, confident: bool = True) -> TempoMap:
        """A map of the given points, in order."""
        return cls(tuple(points), confident)

    def to_qn(self, time_s: float) -> float:
        """Quarter notes from the start at ``time_s`` seconds (before 0 s the first tempo holds)."""
        i = max(0, bisect_right(self._times_s, time_s) - 1)
        return self._starts_qn[i] + (time_s - self.points[i].time_s) * self.points[i].bpm / 60.0

    def to_s(self, position_qn: float) -> float:
        """Seconds at a position in quarter notes."""
        i = max(0, bisect_right(self._starts_qn, position_qn) - 1)
        return self.points[i].time_s + (position_qn - self._starts_qn[i]) * 60.0 / self.points[i].bpm
