"""Bar lines of a tempo map, and positions in them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from bridge.music.tempo import TempoMap


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the song."""

    start_qn: float
    beats: int


def bars_of(tempo: TempoMap, length_s: float) -> list[Bar]:
    """The bars from the start until ``length_s``; at least one."""
    signs = [(round(tempo.to_qn(p.time_s)), p.beats_per_bar) for p in tempo.points if p.beats_per_bar]
    starts = [s for s, _ in signs]
    end_qn = tempo.to_qn(length_s) - 1e-6
    bars: list[Bar] = []
    at = 0
    while at < end_qn or not bars:
        beats = signs[max(0, bisect_right(starts, at) - 1)][1] if signs else 4
        # A new metre cuts the bar before it short.
        next_sign = next((s for s in starts if s > at), None)
        length = beats or 4
        if next_sign is not None and at < next_sign < at + length:
            length = next_sign - at
        bars.append(Bar(float(at), length))
        at += length
    return bars


def bar_lines_s(tempo: TempoMap, length_s: float) -> list[float]:
    """Seconds of the bar lines, with the one after the last bar."""
    bars = bars_of(tempo, length_s)
    return [tempo.to_s(b.start_qn) for b in bars] + [tempo.to_s(bars[-1].start_qn + bars[-1].beats)]
