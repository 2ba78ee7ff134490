"""Cutting a long signal into segments that overlap, and joining what comes back.

The weights are those of ``demucs.apply.apply_model`` (a triangle over the segment, normalised by the sum of all
that cover a sample, which makes linear cross-fades). The offsets are our own: spread evenly, the last segment
ending with the signal. demucs starts a segment every stride, so that its last one may hold nothing that the one
before has not heard already, or be mostly zeros.
"""

from __future__ import annotations

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


def triangle(segment: int) -> Array:
    """Weight of each sample of a segment: largest in the middle, above 0 at the ends, at most 1."""
    half = segment // 2
    weight = np.concatenate([np.arange(1, half + 1), np.arange(segment - half, 0, -1)])
    return (weight / weight.max()).astype(np.float32)


class OverlapAdd:
    """Joins segments in order; hands out each sample as soon as no later segment can change it.

    Args:
        offsets: first sample of each segment, rising.
        segment: samples of a segment.
        length: samples of the whole signal.
        shape: leading dimensions of a segment, such as (stems, channels).
    """

    def __init__(self, offsets: list[int], segment: int, length: int, shape: tuple[int, ...]) -> None:
        self._ends = [*offsets[1:], length]
        self._offsets, self._segment, self._length = offsets, segment, length
        self._weight = triangle(segment)
        self._sum = np.zeros((*shape, segment), np.float32)
        self._weights = np.zeros(segment, np.float32)
        self._next = 0

    def add(self, audio: Array) -> Array:
        """Add the next segment, (*shape, samples), and return what is final now, (*shape, samples)."""
        first, end = self._offsets[self._next], self._ends[self._next]
        self._next += 1
        size = min(self._segment, self._length - first)
        self._sum[..., :size] += audio[..., :size] * self._weight[:size]
        self._weights[:size] += self._weight[:size]
        done = end - first
        ready = self._sum[..., :done] / self._weights[:done]
        self._shift(self._sum, done)
        self._shift(self._weights, done)
        return ready

    @staticmethod
    def _shift(buffer: Array, count: int) -> None:
        buffer[..., : buffer.shape[-1] - count] = buffer[..., count:].copy()
        buffer[..., buffer.shape[-1] - count :] = 0
