"""Describe a song's division of its beats, and a grid bent to it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

CELLS = 4
"""Sixteenths of a beat."""


@dataclass(frozen=True, slots=True)
class Groove:
    """A song's division of its beats."""

    swing: float = 0.5
    """Place of the second eighth within the beat: 0.5 straight, 0.667 triplets."""
    swing_16: float = 0.5
    """Place of the second sixteenth within the eighth."""
    offsets: tuple[float, ...] = (0.0,) * CELLS
    """Beats by which each sixteenth comes later than its (swung) place; below 0 earlier."""
    onsets: int = 0
    """Number of onsets that this was measured on; 0 says that nothing was measured."""

    def played(self, position_qn: float) -> float:
        """The place at which the song plays what is written at ``position_qn``."""
        whole = math.floor(position_qn)
        part = position_qn - whole
        offset = _interp(part * CELLS, tuple(range(CELLS + 1)), (*self.offsets, self.offsets[0]))
        return whole + self._swung(part) + offset

    def straightened(self, position_qn: float) -> float:
        """The place at which what is played at ``position_qn`` is written: swing is read straight."""
        whole = math.floor(position_qn)
        part = position_qn - whole
        return whole + _interp(part, (0.0, self.swing, 1.0), (0.0, 0.5, 1.0))

    def _swung(self, part: float) -> float:
        eighth, inside = divmod(part * 2.0, 1.0)
        inside = _interp(inside, (0.0, 0.5, 1.0), (0.0, self.swing_16, 1.0))
        return _interp(eighth + inside, (0.0, 1.0, 2.0), (0.0, self.swing, 1.0))


def _interp(x: float, places: Sequence[float], values: Sequence[float]) -> float:
    """The value at ``x`` on the line through points, of which the first and last hold beyond."""
    i = min(max(bisect_right(places, x), 1), len(places) - 1)
    share = (x - places[i - 1]) / (places[i] - places[i - 1])
    return values[i - 1] + min(1.0, max(0.0, share)) * (values[i] - values[i - 1])
