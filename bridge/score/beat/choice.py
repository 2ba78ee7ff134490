"""The odds of each reading of each pulse.

Every reading of every pulse is laid over what was heard; a small network that was trained on songs whose beats are
known says how well it fits. It compares each four beats with the next (what drums, bass and chords do at the beats and
between them), how alike the song is to itself one to four beats later, and the tempo. The odds are those of all
readings together, and of none being right; readings that are the same beats are added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.score.beat.features import CHANNELS, RATE_HZ
from bridge.score.beat.pulse_net import BINS_BPM, CHANNELS_HEARD, Heard, stacked
from bridge.score.perceptron import DATA, load_weights, perceptron

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

WEIGHTS = DATA / "choice.npz"
"""Made by training/beat/choice.py."""
KINDS = ("click", "strays", "net", "net's click")
"""Origins of a pulse."""
PLACES = (0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4)
"""Places within a beat at which is looked."""
LAGS = (1, 2, 3, 4, 6, 8)
"""Beats after which the same may come again."""
TEMPI = tuple(np.geomspace(30.0, 320.0, 10))
"""Centres, in BPM, of the bumps that tell the network the tempo."""
RELATED = (1 / 3, 1 / 2, 2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2, 2.0, 3.0)
"""Multiples of a candidate's tempo of which the first network is asked, too: the beat may be another reading's."""
KERNEL, AHEAD = 4, 4
"""Beats that the first layer sees; the second sees three such windows, each four beats after the other."""
REACH = KERNEL - 1 + 2 * AHEAD
"""Beats beyond the first that the second layer sees."""
HALF = PLACES.index(0.5)
NEAR_FRAMES = 5
"""Frames to each side of a beat that it explains."""
STROKE_FRAMES = 4.0
"""Sum of a curve over one stroke as loud as its loud ones."""
LEAST_ODDS = -8.0
SCALARS = len(TEMPI) + len(KINDS) + len(RELATED) + 4 + 3 * (CHANNELS + CHANNELS_HEARD)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reading of one pulse."""

    beats: Array
    """Seconds."""
    kind: str
    """Of :data:`KINDS`."""
    ratio: float
    """Of its beat to the pulse's."""
    period_s: float | None = None
    """Of a constant tempo."""


def frames_of(beats: Array, count: int) -> npt.NDArray[np.int64]:
    """(beats, places) frames of a candidate.

    At least as many beats as the network needs.
    """
    if len(beats) <= REACH:
        step = float(np.median(np.diff(beats))) if len(beats) > 1 else 1.0
        beats = np.concatenate([beats, beats[-1] + step * np.arange(1, REACH + 2 - len(beats))])
    last = beats[-1] - beats[-2]
    times = beats[:, None] + np.array(PLACES) * np.append(np.diff(beats), last)[:, None]
    frames: npt.NDArray[np.int64] = np.round(times * RATE_HZ).astype(np.int64).clip(0, count - 1)
    return frames


def summed(every: Floats) -> Array:
    """Return (channels, frames + 1) sums of the curves up to each frame."""
    return np.concatenate([np.zeros((len(every), 1)), np.cumsum(every, 1, dtype=np.float64)], 1)


def explained_by(times_s: Array, sums: Array) -> Array:
    """(channels,) share of each curve near some times.

    Args:
        times_s: the times.
        sums: as of :func:`summed`.
    """
    at, last = np.round(times_s * RATE_HZ).astype(np.int64), sums.shape[1] - 1
    near = sums[:, (at + NEAR_FRAMES + 1).clip(0, last)] - sums[:, (at - NEAR_FRAMES).clip(0, last)]
    share: Array = near.sum(1) / np.maximum(1e-6, sums[:, -1])
    return share


def scalars_of(found: Candidate, sums: Array, heard: Heard) -> Array:
    """(SCALARS,) tempo, evenness and more of a candidate.

    Args:
        found: the candidate.
        sums: of all curves, as of :func:`summed`.
        heard: of the network.
    """
    gaps = np.diff(found.beats)
    period_s = float(np.median(gaps))
    bpm = 60.0 / period_s
    tempo = np.exp(-0.5 * (np.log(bpm / np.array(TEMPI)) / 0.2) ** 2)
    asked, bins = np.log(bpm * np.array(RELATED)), np.log(BINS_BPM)
    odds = np.interp(asked, bins, heard.tempo, LEAST_ODDS, LEAST_ODDS).clip(LEAST_ODDS)
    uneven = float(np.median(np.abs(np.diff(gaps)))) / period_s if len(gaps) > 1 else 0.0
    kind = [float(found.kind == k) for k in KINDS]
    spread = float(gaps.std() / period_s)
    # Strokes of each kind that a beat has.
    strokes = np.log1p(sums[:, -1] / (sums.shape[1] - 1) * period_s * RATE_HZ / STROKE_FRAMES)
    between = explained_by(found.beats[:-1] + gaps / 2, sums)
    return np.array(
        [*tempo, *kind, *(odds / 4), min(1.0, 10 * uneven), min(1.0, 5 * spread), *explained_by(found.beats, sums),
         *between, *strokes, np.log2(found.ratio), np.log2(len(found.beats)) / 4 - 1]
    )  # fmt: skip


def odds_of(curves: Array, heard: Heard, found: Sequence[Candidate]) -> Array:
    """(candidates,) log odds of each, against none."""
    every = stacked(curves, heard)
    sums = summed(every)
    scalars = np.stack([scalars_of(c, sums, heard) for c in found]).astype(np.float32)
    seen = _seen(every, [frames_of(c.beats, every.shape[1]) for c in found])
    rows = np.concatenate([seen, scalars], 1)
    odds = perceptron(rows, load_weights(WEIGHTS, np.float32), ("hidden", "out"))
    return odds[:, 0].astype(np.float64)


def _seen(every: Floats, places: list[npt.NDArray[np.int64]]) -> Floats:
    """(candidates, ...) what the last layers are told of the places of each, all candidates at once."""
    w, sizes = load_weights(WEIGHTS, np.float32), np.array([len(p) for p in places])
    starts = np.cumsum(sizes) - sizes
    # Beats of the same candidate that follow each.
    left = np.repeat(starts + sizes, sizes) - 1 - np.arange(sizes.sum())

    def total(rows: Floats, reach: int) -> Floats:
        kept = (left[: len(rows)] >= reach).astype(np.float32)[:, None]
        padded = np.zeros((len(left), rows.shape[1]), np.float32)
        padded[: len(rows)] = rows * kept
        result: Floats = np.add.reduceat(padded, starts, 0)
        return result

    def mean(rows: Floats, reach: int) -> Floats:
        result: Floats = total(rows, reach) / np.maximum(1, sizes - reach)[:, None].astype(np.float32)
        return result

    values = every[:, np.concatenate(places)]
    flat = np.ascontiguousarray(values.transpose(1, 0, 2).reshape(len(left), -1))
    first = _over_beats(flat, w["first_weight"], w["first_bias"], 1)
    second = _over_beats(first, w["second_weight"], w["second_bias"], AHEAD)
    again = []
    for p in (0, HALF):
        at = np.ascontiguousarray(values[:, :, p].T)
        power = total(at * at, 0) + np.float32(0.5)
        again += [total(at[lag:] * at[:-lag], lag) / power for lag in LAGS]
    spread = np.sqrt(mean(second**2, REACH) + np.float32(1e-6))
    parts = [mean(flat, 0), *again, mean(first, KERNEL - 1), mean(second, REACH), spread]
    return np.concatenate(parts, 1)


def _over_beats(rows: Floats, weight: Floats, bias: Floats, step: int) -> Floats:
    """Convolve over beats, as far as they reach, and rectify."""
    kernel = weight.shape[2]
    count = len(rows) - step * (kernel - 1)
    total = bias + sum(rows[k * step : k * step + count] @ weight[:, :, k].T for k in range(kernel))
    result: Floats = np.maximum(np.float32(0), total)
    return result
