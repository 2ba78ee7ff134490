"""Evidence for each note beside its pitch and times: families, sound, place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from bridge.score.instruments.families import FAMILIES

Array = npt.NDArray[np.float32]

EMBEDDING = 24
"""Length of the vector that is alike for notes of one instrument."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows of onsets, all arrays equally long."""

    onset_s: npt.NDArray[np.float64]
    pitch: npt.NDArray[np.int64]
    real: Array
    """Probability that a note begins here."""
    family: Array
    """(n, FAMILIES) log probabilities."""
    embedding: Array
    """(n, EMBEDDING) of unit length."""
    balance: Array
    """-1 left to 1 right."""
    width: Array
    """0 one place, 1 all in the sides."""

    def __len__(self) -> int:
        """Rows."""
        return len(self.onset_s)

    @classmethod
    def none(cls) -> Evidence:
        """No rows."""
        empty = np.zeros(0, np.float32)
        return cls(np.zeros(0), np.zeros(0, np.int64), empty, np.zeros((0, len(FAMILIES)), np.float32),
                   np.zeros((0, EMBEDDING), np.float32), empty, empty)  # fmt: skip

    @classmethod
    def joined(cls, pieces: Sequence[Evidence]) -> Evidence:
        """All rows of the pieces, in order."""
        if not pieces:
            return cls.none()
        return cls(*(np.concatenate([getattr(p, f.name) for p in pieces]) for f in fields(cls)))

    def moved(self, by_s: float) -> Evidence:
        """The rows later by so much."""
        return replace(self, onset_s=self.onset_s + by_s)

    def rows(self, which: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Evidence:
        """The chosen rows."""
        return Evidence(*(getattr(self, f.name)[which] for f in fields(self)))


def nearest(who: Evidence, onsets_s: npt.NDArray[np.float64], pitches: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each note the row of its pitch that is nearest in time; -1 where the pitch has none."""
    out = np.full(len(onsets_s), -1, np.int64)
    for pitch in np.unique(pitches):
        rows, mine = np.flatnonzero(who.pitch == pitch), np.flatnonzero(pitches == pitch)
        if len(rows):
            distance = np.abs(who.onset_s[rows][None] - onsets_s[mine][:, None])
            out[mine] = rows[distance.argmin(1)]
    return out
