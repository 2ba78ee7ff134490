"""Readings of a pulse: its multiples and parts.

A tracker finds a pulse, but a song at 88 BPM also has one at 176, a shuffle at 95 one at 142, and what is struck off
the beat looks like the beat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SLOWEST_BPM, FASTEST_BPM = 33.0, 310.0
"""Tempi that a beat may have; seven eighths are counted in eighths."""
RATIOS: Mapping[float, tuple[float, ...]] = {
    1 / 3: (0.0, 1 / 6),
    1 / 2: (0.0, 1 / 4, 1 / 3),
    2 / 3: (0.0, 1 / 6, 1 / 3, 1 / 2),
    3 / 4: (0.0, 1 / 4, 1 / 2),
    1.0: (0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4),
    4 / 3: (0.0, 1 / 3, 2 / 3, 1.0),
    3 / 2: (0.0, 1 / 2, 1.0),
    2.0: (0.0, 1 / 2, 1.0, 3 / 2),
    3.0: (0.0, 1.0, 2.0),
    4.0: (0.0, 1.0, 2.0, 3.0),
}
"""Beats of a reading, in beats of the pulse -> where its first one may lie."""
NET_RATIOS: Mapping[float, tuple[float, ...]] = {
    1 / 3: (0.0,),
    1 / 2: (0.0, 1 / 4),
    2 / 3: (0.0, 1 / 3),
    1.0: (0.0, 1 / 2),
    3 / 2: (0.0, 1 / 2, 1.0),
    2.0: (0.0, 1.0),
    3.0: (0.0, 1.0, 2.0),
}
"""The same of a pulse of the network, which is rarely anything else than the beat, its half or its double."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Beats of a pulse taken as the beat."""

    ratio: float
    """Of its beat to the pulse's."""
    phase: float
    """Its first beat, in beats of the pulse from the pulse's first."""

    def places(self, count: int) -> Array:
        """The beats in beats of a pulse that has ``count``, from its first beat to its last."""
        return self.phase + self.ratio * np.arange(
            int((count - 1 - self.phase) / self.ratio + 1e-9) + 1, dtype=np.float64
        )

    def beats(self, pulse: Array) -> Array:
        """The beats' times, from the pulse's."""
        result: Array = np.interp(self.places(len(pulse)), np.arange(len(pulse)), pulse)
        return result


def readings(pulse: Array, ratios: Mapping[float, tuple[float, ...]] = RATIOS) -> list[Reading]:
    """All readings of a pulse at tempi of music.

    Args:
        pulse: (beats,) times in seconds.
        ratios: as of :data:`RATIOS`.
    """
    period_s = float(np.median(np.diff(pulse)))
    slow, fast = 60.0 / SLOWEST_BPM, 60.0 / FASTEST_BPM
    return [Reading(r, p) for r, phases in ratios.items() if fast <= r * period_s <= slow for p in phases]
