"""Bar lines of a tempo map, and positions in them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from bridge.music.tempo import TempoMap

GRAIN = 4
"""Bars begin at sixteenths of a whole note: a bar of 7/8 is three and a half quarters."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the song."""

    start_qn: float
    length_qn: float
    unit: int = 4
    """The lower number of its time signature."""

    @property
    def beats(self) -> int:
        """The upper number of its time signature."""
        return round(self.length_qn * self.unit / 4)

    @property
    def beat_qn(self) -> float:
        """Quarter notes of what is counted: in 6/8 three eighths, in 7/8 one."""
        unit_qn = 4 / self.unit
        return 3 * unit_qn if self.is_compound else unit_qn

    @property
    def is_compound(self) -> bool:
        """Return whether a beat is three of the signature's units."""
        return self.unit >= 8 and self.beats % 3 == 0


def bars_of(tempo: TempoMap, length_s: float) -> list[Bar]:
    """The bars from the start until ``length_s``, at least one."""
    signs = [(round(tempo.to_qn(p.time_s) * GRAIN) / GRAIN, p.bar_qn, p.beat_unit) for p in tempo.points if p.bar_qn]
    starts = [s for s, _, _ in signs]
    end_qn = tempo.to_qn(length_s) - 1e-6
    bars: list[Bar] = []
    at = 0.0
    while at < end_qn or not bars:
        _, length, unit = signs[max(0, bisect_right(starts, at) - 1)] if signs else (0.0, 4.0, 4)
        length = length or 4.0
        # A new metre cuts the bar before it short.
        next_sign = next((s for s in starts if s > at), None)
        if next_sign is not None and at < next_sign < at + length:
            length = next_sign - at
        bars.append(Bar(at, length, unit))
        at += length
    return bars


def beats_of(bars: list[Bar]) -> tuple[list[float], list[int]]:
    """Quarter notes of all beats, with the end of the last bar, and which of them begin a bar."""
    beats: list[float] = []
    marks: list[int] = []
    for bar in bars:
        marks.append(len(beats))
        count = max(1, round(bar.length_qn / bar.beat_qn))
        beats += [bar.start_qn + i * bar.beat_qn for i in range(count)]
    return [*beats, bars[-1].start_qn + bars[-1].length_qn], marks


def bar_lines_s(tempo: TempoMap, length_s: float) -> list[float]:
    """Seconds of the bar lines, with the one after the last bar."""
    bars = bars_of(tempo, length_s)
    return [tempo.to_s(b.start_qn) for b in bars] + [tempo.to_s(bars[-1].start_qn + bars[-1].length_qn)]
