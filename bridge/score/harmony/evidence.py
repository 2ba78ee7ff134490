"""Pitch classes at the beats.

What the chord network and the key are found from.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NEAR_BEATS = 0.15
"""A note that begins so close to a beat, in beats, begins on it; earlier it is a push of the same harmony."""
ON_BEAT = 0.3
"""Notes up to this much after a beat, in beats, count as struck on it."""
PUSH_BEATS = 0.55
"""Notes that begin up to this much before a beat and are held over it belong to the beat as well."""
STACK = (
    *("now", "struck", "before", "after", "bass", "bass_before", "bass_after"),
    *("around", "ahead", "behind", "song"),
)
"""Names of the layers of :func:`layers`, each twelve pitch classes a beat."""


def note_array(notes: Iterable[tuple[float, float, int, float]]) -> Array:
    """(notes, 4): onset, offset, pitch, velocity 0..1."""
    rows = np.array(list(notes), dtype=np.float64)
    return rows.reshape(-1, 4)


def chroma(notes: Array, beats: Array) -> Array:
    """(beats - 1, 12) how much of each pitch class sounds between each two beats.

    Args:
        notes: as of :func:`note_array`, times on the same scale as ``beats``.
        beats: (beats,) rising.
    """
    count = len(beats) - 1
    classes = notes[:, 2].astype(np.int64) % 12
    weights = 0.3 + notes[:, 3]
    # Up to a moment: all beats before it, and its own share of the beat that it is in.
    before = np.zeros((12, count + 2))
    shares = np.zeros((12, count + 2))
    for times, sign in ((notes[:, 1], 1.0), (notes[:, 0], -1.0)):
        place = np.interp(times, beats, np.arange(count + 1))
        whole = np.floor(place).astype(np.int64)
        np.add.at(before, (classes, whole), -sign * weights)
        np.add.at(shares, (classes, whole), sign * weights * (place - whole))
    result: Array = (np.cumsum(before, 1) + shares)[:, :count].T.clip(0.0)
    return result


def bass_classes(notes: Array, beats: Array) -> Array:
    """(beats - 1, 12) the share of each beat in which a pitch class is the lowest that sounds."""
    count, parts = len(beats) - 1, 4
    edges = np.interp(np.arange(count * parts) / parts + 0.5 / parts, np.arange(count + 1), beats)
    sounding = np.zeros((128, len(edges) + 1))
    pitches = notes[:, 2].astype(np.int64)
    np.add.at(sounding, (pitches, np.searchsorted(edges, notes[:, 0])), 1.0)
    np.add.at(sounding, (pitches, np.searchsorted(edges, notes[:, 1])), -1.0)
    present = np.cumsum(sounding, 1)[:, :-1] > 0.5
    lowest = present.argmax(0)
    result = np.zeros((count, 12))
    heard = np.flatnonzero(present.any(0))
    np.add.at(result, (heard // parts, lowest[heard] % 12), 1.0 / parts)
    return result


def layers(notes: Array, beats: Array) -> Array:
    """(beats - 1, layers, 12) of :data:`STACK`."""
    now = np.log1p(chroma(notes, beats))
    bass = bass_classes(notes, beats)
    struck = np.zeros_like(now)
    place = np.interp(notes[:, 0], beats, np.arange(len(beats)))
    nearest = np.floor(place + NEAR_BEATS).astype(np.int64).clip(0, len(now) - 1)
    late = place - nearest
    weights = 0.3 + notes[:, 3]
    following = np.minimum(nearest + 1, len(now) - 1)
    pushed = (late >= 1.0 - PUSH_BEATS) & (notes[:, 1] > beats[following])
    on_beat = late < ON_BEAT
    classes = notes[:, 2].astype(np.int64) % 12
    np.add.at(struck, (nearest[on_beat], classes[on_beat]), weights[on_beat])
    np.add.at(struck, (following[pushed], classes[pushed]), 0.5 * weights[pushed])
    stack = [
        now, np.log1p(struck), _moved(now, 1), _moved(now, -1), bass, _moved(bass, 1), _moved(bass, -1),
        _mean(now, -2, 2), _mean(now, 0, 4), _mean(now, -4, 0), _mean(now, -16, 16),
    ]  # fmt: skip
    return np.stack(stack, 1)


def _moved(values: Array, by: int) -> Array:
    """Rows moved to later ones, zeros coming in."""
    result = np.zeros_like(values)
    if by > 0:
        result[by:] = values[:-by]
    else:
        result[:by] = values[-by:]
    return result


def _mean(values: Array, first: int, last: int) -> Array:
    """Mean of the rows from ``first`` to ``last`` (excluded unless negative) around each."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, 0)])
    index = np.arange(len(values))
    low, high = (index + first).clip(0, len(values)), (index + max(last, 1)).clip(0, len(values))
    mean: Array = (sums[high] - sums[low]) / np.maximum(1, high - low)[:, None]
    return mean
