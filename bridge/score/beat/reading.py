"""Readings of a pulse.

Which of its multiples and parts the beat is, and where bars begin.

A tracker of onsets finds a pulse, but a song at 88 BPM also has one at 176, a shuffle at 95 one at 142, and what is
struck off the beat looks like the beat. Each such reading is laid over what was heard; a perceptron that was trained on
songs whose beats are known says how well it fits. A second one says the same of each beat as the first of a bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.score.beat.features import CHANNELS, RATE_HZ, Frames

Array = npt.NDArray[np.float64]

WEIGHTS = Path(__file__).parents[2] / "data" / "beat.npz"
"""Made by training/beat/train.py."""
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
PLACES = (0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4)
"""Places within a beat at which is looked."""
LAGS = (1, 2, 3, 4)
"""Beats after which the same may come again."""
BAR_LAGS = (2, 3, 4, 5, 6, 7, 8)
CONTEXT = 4
"""Beats to each side that tell whether one begins a bar."""
TEMPI = tuple(np.geomspace(30.0, 320.0, 10))
"""Centres, in BPM, of the bumps that tell the perceptron the tempo."""
SMEAR = (0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25)
"""Frames over which an onset counts for a place: players and engines are up to 30 ms off."""
LOUD = 95.0
"""Percentile of a curve that is scaled to 1."""
READING_INPUTS = CHANNELS * (len(PLACES) + 2 * len(LAGS) + 1) + len(TEMPI)
BAR_INPUTS = CHANNELS * (2 * CONTEXT + 1 + 3 + len(BAR_LAGS) + 1)


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
        """Times of the beats, from those of the pulse."""
        result: Array = np.interp(self.places(len(pulse)), np.arange(len(pulse)), pulse)
        return result


def smeared(curves: Frames) -> Array:
    """The curves scaled and widened, as :func:`fitness` and :func:`bar_odds` take them."""
    wide = np.apply_along_axis(lambda row: np.convolve(row, SMEAR, "same"), 1, curves.astype(np.float64))
    scale = np.array([np.percentile(row[row > 1e-3], LOUD) if (row > 1e-3).any() else 1.0 for row in wide])
    result: Array = np.minimum(2.0, wide / np.maximum(scale, 0.05)[:, None])
    return result


def readings(pulse: Array) -> list[Reading]:
    """All readings of a pulse whose tempo is one of music.

    Args:
        pulse: (beats,) times in seconds.
    """
    period_s = float(np.median(np.diff(pulse)))
    slow, fast = 60.0 / SLOWEST_BPM, 60.0 / FASTEST_BPM
    return [Reading(r, p) for r, phases in RATIOS.items() if fast <= r * period_s <= slow for p in phases]


def seen(curves: Array, beats: Array) -> Array:
    """(READING_INPUTS,) what the perceptron is told of some beats.

    Args:
        curves: as of :func:`smeared`.
        beats: (beats,) times in seconds.
    """
    values = _at(curves, beats, PLACES)
    profile = values.mean(2)
    again = [_recurrence(values[:, p], lag) for p in (0, 3) for lag in LAGS]
    bpm = 60.0 / float(np.median(np.diff(beats)))
    tempo = np.exp(-0.5 * (np.log(bpm / np.array(TEMPI)) / 0.2) ** 2)
    return np.concatenate([profile.ravel(), np.stack(again).ravel(), curves.mean(1) * 4.0, tempo])


def seen_in_bars(curves: Array, beats: Array) -> Array:
    """(beats, BAR_INPUTS) what the perceptron of the bars is told of each beat."""
    values = _at(curves, beats, (0.0, 0.5))
    on = np.pad(values[:, 0], ((0, 0), (CONTEXT, CONTEXT)))
    half = np.pad(values[:, 1], ((0, 0), (1, 1)))
    count = len(beats)
    around = [on[:, i : i + count] for i in range(2 * CONTEXT + 1)] + [half[:, i : i + count] for i in range(3)]
    song = np.concatenate([*(_recurrence(values[:, 0], lag) for lag in BAR_LAGS), curves.mean(1) * 4.0])
    own = np.concatenate(around).T
    return np.concatenate([own, np.tile(song, (count, 1))], 1)


def _at(curves: Array, beats: Array, places: tuple[float, ...]) -> Array:
    """(channels, places, beats) the curves at places within each beat."""
    index = np.arange(len(beats))
    times = np.stack([np.interp(index + p, index, beats) for p in places])
    times[:, -1] += np.array(places) * (beats[-1] - beats[-2] if len(beats) > 1 else 0.0)
    frames = np.round(times * RATE_HZ).astype(np.int64).clip(0, curves.shape[1] - 1)
    return curves[:, frames]


def _recurrence(values: Array, lag: int) -> Array:
    """(channels,) how alike each curve is, at the beats, to itself some beats later."""
    if values.shape[1] <= lag:
        return np.zeros(len(values))
    result: Array = (values[:, lag:] * values[:, :-lag]).sum(1) / ((values**2).sum(1) + 0.5)
    return result


def fitness(curves: Array, pulse: Array, chosen: list[Reading]) -> Array:
    """(readings,) how well each reading fits; the greater, the better."""
    return _perceptron("reading", np.stack([seen(curves, r.beats(pulse)) for r in chosen]))


def best_share(odds: Array) -> float:
    """Probability of the best of several readings."""
    return float(1.0 / np.exp(odds - odds.max()).sum())


def bar_odds(curves: Array, beats: Array) -> Array:
    """(beats,) log odds that each beat begins a bar."""
    return _perceptron("bar", seen_in_bars(curves, beats))


def _perceptron(name: str, inputs: Array) -> Array:
    weights = _weights()
    hidden = np.maximum(0.0, inputs @ weights[f"{name}_first_weight"].T + weights[f"{name}_first_bias"])
    result: Array = (hidden @ weights[f"{name}_last_weight"].T + weights[f"{name}_last_bias"])[:, 0]
    return result


@cache
def _weights() -> Mapping[str, Array]:
    with np.load(WEIGHTS, allow_pickle=False) as file:
        return {name: file[name].astype(np.float64) for name in file.files}
