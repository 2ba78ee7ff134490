"""Set a sampler so that drums of every velocity are as loud as in the song.

ReaSamplOmatic5000's gain is a straight line over velocity: from "Gain for minimum velocity" to its volume at 127. Where
the song's own curve is no such line, a piece gets layers: ranges of velocity with a line each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WITHIN_DB = 1.0
"""A line may miss the song's level by this; half a decibel below what a listener notices."""
MAX_LAYERS = 6
"""Samplers per piece, for a curve as steep as the square of velocity; most pieces need one or two."""
BIN = 6
"""Velocities taken together where the curve is read: hits of one loudness differ by that much."""
MAX_VELOCITY = 127


@dataclass(frozen=True, slots=True)
class Layer:
    """A range of velocities on one line of gain."""

    softest: int
    loudest: int
    """Velocities 1..127, both included."""
    peak_gain: float
    """Level at velocity 127, in the unit of the measured levels."""
    least_gain: float
    """Share of ``peak_gain`` at velocity 0, from 0 to 1."""


def layers(velocities: Sequence[int], levels: Sequence[float], most: int = MAX_LAYERS) -> list[Layer]:
    """Find the ranges and lines that follow measured levels of a piece.

    Args:
        velocities: 1..127, one per hit.
        levels: amplitude of each hit, above 0.
        most: how many layers there may be.

    Returns:
        Layers that together hold all velocities, softest first.
    """
    at, curve = _curve(np.asarray(velocities, np.float64), np.asarray(levels, np.float64))
    spans = [(0, len(at))]
    while len(spans) < most:
        misses = [_miss_db(at[a:b], curve[a:b]) for a, b in spans]
        worst = int(np.argmax(misses))
        first, last = spans[worst]
        if misses[worst] <= WITHIN_DB or last - first < 2:
            break
        spans[worst : worst + 1] = _split(at, curve, first, last)
    edges = [1, *(round((at[b - 1] + at[b]) / 2) for _, b in spans[:-1]), MAX_VELOCITY + 1]
    return [
        Layer(edges[i], edges[i + 1] - 1, *_line(at[a:b], curve[a:b])) for i, (a, b) in enumerate(spans)
    ]  # fmt: skip


def _curve(velocities: NDArray[np.float64], levels: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Velocities in rising order and the usual level at each: never falling, since louder strokes are louder."""
    bins = np.floor(velocities / BIN)
    places = [np.flatnonzero(bins == b) for b in np.unique(bins)]
    at = np.array([np.median(velocities[p]) for p in places])
    usual = np.array([np.median(levels[p]) for p in places])
    return at, np.maximum.accumulate(usual)


def _line(at: NDArray[np.float64], curve: NDArray[np.float64]) -> tuple[float, float]:
    """(peak gain, least gain) of the line through a span's ends, or the nearest one that a sampler can play."""
    x = at / MAX_VELOCITY
    slope = (curve[-1] - curve[0]) / (x[-1] - x[0]) if len(at) > 1 else curve[0] / x[0]
    base = curve[0] - slope * x[0]
    if base <= 0:
        # Steeper than proportional to velocity: as far above at one end as below at the other.
        return float(np.exp(np.mean(np.log(curve[[0, -1]] / x[[0, -1]])))), 0.0
    return float(base + slope), float(base / (base + slope))


def _miss_db(at: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    """Return the largest distance of the best line from the curve."""
    peak, least = _line(at, curve)
    played = peak * (least + (1 - least) * at / MAX_VELOCITY)
    return float(np.abs(20 * np.log10(played / curve)).max())


def _split(at: NDArray[np.float64], curve: NDArray[np.float64], first: int, last: int) -> list[tuple[int, int]]:
    """Cut where the two halves miss least."""
    cuts = range(first + 1, last)
    misses = [max(_miss_db(at[first:c], curve[first:c]), _miss_db(at[c:last], curve[c:last])) for c in cuts]
    cut = cuts[int(np.argmin(misses))]
    return [(first, cut), (cut, last)]
