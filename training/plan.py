"""The plan of a training clip: the grid that its drums and its pitched parts share.

Both generators call :func:`clip_plan` with the same clip number, render on their own, and
``training/separate.py`` adds the results up and runs the real separator over the sum. The truth
stays exact because nothing moves a note after the plan is made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SAMPLE_RATE = 44_100
"""Rendering rate in Hz, the separator's own; features resample from here."""

CLIP_S = 23.4
"""Clip length in seconds: three 7.8 s separator segments, so that no computation is padding."""


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """What all parts of one clip agree on."""

    number: int
    beats_s: np.ndarray
    """(beats,) float64, seconds from the clip's start; covers the clip, with tempo drift."""
    beats_per_bar: int
    swing: float
    """Position of the second eighth within a beat: 0.5 straight, 0.667 triplet."""
    key: int
    """Tonic pitch class 0..11."""
    seed: int

    def at(self, beat: float) -> float:
        """Seconds of a (fractional) beat position."""
        return float(np.interp(beat, np.arange(len(self.beats_s)), self.beats_s))


def clip_plan(number: int) -> ClipPlan:
    """The plan of clip ``number``, always the same for the same number."""
    rng = np.random.default_rng([20261122, number])
    bpm = float(np.exp(rng.uniform(np.log(62), np.log(190))))
    beats = int(CLIP_S * bpm / 60) + 8
    # Drift as a slow random walk of a played track; four clips in ten are on a click.
    drift = 0.0 if rng.random() < 0.4 else rng.uniform(0.001, 0.01)
    periods = 60 / bpm * np.exp(np.clip(np.cumsum(rng.normal(0, drift, beats)), -0.08, 0.08))
    lead_in = rng.uniform(0.0, 0.6)
    return ClipPlan(
        number=number,
        beats_s=lead_in + np.concatenate([[0.0], np.cumsum(periods)]),
        beats_per_bar=int(rng.choice([4, 4, 4, 4, 4, 3, 6])),
        swing=float(rng.choice([0.5, 0.5, 0.5, rng.uniform(0.52, 0.68)])),
        key=int(rng.integers(0, 12)),
        seed=int(rng.integers(0, 2**31)),
    )
