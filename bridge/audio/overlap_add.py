"""Cutting a long signal into segments that overlap, and joining what comes back.

The weights are those of ``demucs.apply.apply_model`` (a triangle over the segment, normalised by the sum of all
that cover a sample, which makes linear cross-fades). The offsets are our own: spread evenly, the last segment
ending with the signal. demucs starts a segment every stride, so that its last one may hold nothing that the one
before has not heard already, or be mostly zeros.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


def plan(length: int, segment: int, overlap: float) -> list[int]:
    """First samples of the fewest segments that cover ``length`` and share at least ``overlap`` with the next.

    Args:
        length: samples of the signal.
        segment: samples of a segment.
        overlap: share of a segment, 0 up to below 1.
    """
    if length <= segment:
        return [0]
    stride = max(1, int((1 - overlap) * segment))
    steps = -(-(length - segment) // stride)
    return [round(i * (length - segment) / steps) for i in range(steps + 1)]


def mono_level(blocks: Iterable[Array], tick: Callable[[], None]) -> tuple[np.float32, np.float32]:
    """Mean and standard deviation of the mono mix, by which demucs normalises what its models hear.

    Args:
        blocks: the signal in pieces, (channels, samples).
        tick: called after each piece.
    """
    count, total, squares = 0, 0.0, 0.0
    for block in blocks:
        mono = block.mean(0, dtype=np.float64)
        count += len(mono)
        total += float(mono.sum())
        squares += float(np.vdot(mono, mono))
        tick()
    mean = total / max(1, count)
    variance = max(0.0, squares - count * mean**2) / max(1, count - 1)
    # demucs adds as much: silence stays silence.
    return np.float32(mean), np.float32(math.sqrt(variance) + 1e-8)


def triangle(segment: int) -> Array:
    """Weight of each sample of a segment.

    Largest in the middle, above 0 at the ends, at most 1.
    """
    half = segment // 2
    weight = np.concatenate([np.arange(1, half + 1), np.arange(segment - half, 0, -1)])
    return np.asarray(weight / weight.max(), np.float32)


def centred(audio: Array, segment: int) -> Array:
    """(channels, segment): a signal shorter than a segment in the middle of one, silence around it."""
    missing = segment - audio.shape[1]
    return np.pad(audio, ((0, 0), (missing // 2, missing - missing // 2))) if missing > 0 else audio


class OverlapAdd:
    """Joins segments in order.

    Hands out each sample as soon as no later segment can change it.

    A signal shorter than a segment is expected where :func:`centred` put it.

    Args:
        offsets: first sample of each segment, rising, the first 0.
        segment: samples of a segment.
        length: samples of the whole signal.
        shape: leading dimensions of a segment, such as (stems, channels).
    """

    def __init__(self, offsets: list[int], segment: int, length: int, shape: tuple[int, ...]) -> None:
        self._offsets, self._ends = offsets, [*offsets[1:], length]
        self._segment, self._length = segment, length
        self._lead = max(0, (segment - length) // 2)
        self._weight = triangle(segment)
        self._sum = np.zeros((*shape, segment), np.float32)
        self._weights = np.zeros(segment, np.float32)
        self._next = 0

    def add(self, audio: Array) -> Array:
        """Add the next segment, (*shape, samples), and return what is final now, (*shape, samples)."""
        first, end = self._offsets[self._next], self._ends[self._next]
        self._next += 1
        size = min(self._segment, self._length - first)
        weight = self._weight[:size]
        self._sum[..., :size] += audio[..., self._lead : self._lead + size] * weight
        self._weights[:size] += weight
        done = end - first
        ready = self._sum[..., :done] / self._weights[:done]
        _shift(self._sum, done)
        _shift(self._weights, done)
        return ready


def _shift(buffer: Array, count: int) -> None:
    """Move the last axis ``count`` to the left, zeros behind."""
    kept = buffer.shape[-1] - count
    buffer[..., :kept] = buffer[..., count:].copy()
    buffer[..., kept:] = 0
