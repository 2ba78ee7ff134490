"""Read working recordings.

WAV files on disk, read in pieces.

Memory stays flat over the length: nothing here holds more than a block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from bridge.audio.container_checks import sound_path
from bridge.units import gain_to_db

Array = npt.NDArray[np.float32]
WORK_RATE = 44_100
"""Hz of the working copy: HTDemucs' own rate."""
BLOCK_FRAMES = 1 << 18
"""Frames read at a time: 6 s at 44.1 kHz, 2 MB in stereo; larger blocks gain no speed."""
SILENCE_DB = -75.0
"""A peak below this is called silence: under the noise of a 12-bit converter, over dither of 16 bit."""
CANCELLED = 0.02
"""Share of the power of two sides that is left in their mean, under which they cancel: -17 dB, more than any width of a
stereo image that is meant to be heard."""
RESAMPLE_MARGIN_S = 0.05
"""Read around a span before resampling it; soxr's HQ filter rings for less."""


class Sound(Protocol):
    """A sound that is read on demand.

    A :class:`Recording`, or a stem that is still being written.
    """

    @property
    def rate(self) -> int:
        """Samples a second."""

    @property
    def channels(self) -> int:
        """Number of channels."""

    @property
    def frames(self) -> int:
        """Samples of each channel."""

    @property
    def length_s(self) -> float:
        """Seconds of sound."""

    @property
    def rms(self) -> float:
        """RMS over all samples, full scale 1."""

    @property
    def peak(self) -> float:
        """Largest absolute sample, full scale 1."""

    @property
    def is_silent(self) -> bool:
        """Return whether nothing can be heard in it."""

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[Array]:
        """Yield consecutive blocks, (channels, up to ``frames``) float32, full scale -1 to 1."""

    def read(self, start: int = 0, frames: int | None = None) -> Array:
        """Return (channels, frames) float32 from frame ``start`` on.

        Shorter where the sound ends.
        """

    def mono(self, rate: int, start_s: float = 0.0, length_s: float | None = None) -> Array:
        """Return (frames,) float32, the mean of the channels at ``rate`` Hz; see :func:`mono`."""


@dataclass(frozen=True, slots=True)
class Recording:
    """An audio file on disk with what must be known of it; the samples are read on demand."""

    path: Path
    rate: int
    channels: int
    frames: int
    rms: float
    """Root mean square over all samples, full scale 1."""
    peak: float
    """Largest absolute sample, full scale 1."""
    warnings: tuple[str, ...] = ()
    """Warning for the reader of the result."""

    @property
    def length_s(self) -> float:
        """Seconds of sound."""
        return self.frames / self.rate

    @property
    def is_silent(self) -> bool:
        """Return whether nothing can be heard in it."""
        return is_silent(self.peak)

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[Array]:
        """Consecutive blocks, (channels, up to ``frames``) float32, full scale -1 to 1."""
        with soundfile.SoundFile(sound_path(self.path)) as file:
            while len(block := file.read(frames, dtype="float32", always_2d=True)):
                yield np.ascontiguousarray(block.T)

    def read(self, start: int = 0, frames: int | None = None) -> Array:
        """(channels, frames) float32 from frame ``start`` on; shorter where the file ends."""
        with soundfile.SoundFile(sound_path(self.path)) as file:
            file.seek(min(max(0, start), self.frames))
            block = file.read(-1 if frames is None else frames, dtype="float32", always_2d=True)
        return np.ascontiguousarray(block.T)

    def mono(self, rate: int, start_s: float = 0.0, length_s: float | None = None) -> Array:
        """Return (frames,) float32, the mean of the channels at ``rate`` Hz; see :func:`mono`."""
        return mono(self, rate, start_s, length_s)


def mono(sound: Sound, rate: int, start_s: float = 0.0, length_s: float | None = None) -> Array:
    """Return (frames,) float32.

    :func:`to_mono` at ``rate`` Hz, exactly placed, silence past the ends.
    """
    return _stretch(sound, rate, start_s, length_s, to_mono)


def sides(sound: Sound, rate: int, start_s: float = 0.0, length_s: float | None = None) -> Array:
    """Return (2, frames) float32: left and right, or one channel twice; the rest as of :func:`mono`."""
    return _stretch(sound, rate, start_s, length_s, to_sides)


def _stretch(
    sound: Sound, rate: int, start_s: float, length_s: float | None, folded: Callable[[Array], Array]
) -> Array:
    """Read a stretch, fold its channels (the last axis is time) and bring it to ``rate`` Hz."""
    length_s = sound.length_s - start_s if length_s is None else length_s
    frames = round(length_s * rate)
    lead = max(0.0, start_s - RESAMPLE_MARGIN_S)
    # Whole seconds, so that the first sample read falls on a sample of both rates.
    lead_s = math.floor(lead)
    first = round(lead_s * sound.rate)
    last = math.ceil((start_s + length_s + RESAMPLE_MARGIN_S) * sound.rate)
    samples = folded(sound.read(first, max(0, last - first)))
    if rate != sound.rate and samples.shape[-1]:
        samples = soxr.resample(samples.T, sound.rate, rate, quality="HQ").T.astype(np.float32, copy=False)
    skip = round((start_s - lead_s) * rate)
    samples = samples[..., max(0, skip) : max(0, skip) + frames + min(0, skip)]
    before, missing = max(0, -skip), frames - samples.shape[-1] - max(0, -skip)
    return np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(before, missing)]) if before or missing else samples


def to_mono(block: Array) -> Array:
    """(frames,) float32 of (channels, frames): their mean, or half the difference of two that cancel each other."""
    mean: Array = block.mean(0, dtype=np.float32)
    if len(block) == 2 and np.vdot(mean, mean) < CANCELLED * np.vdot(block, block) / 2:
        difference: Array = (block[0] - block[1]) / 2
        return difference
    return mean


def to_sides(block: Array) -> Array:
    """(2, frames) of (channels, frames): the first two channels, or the only one twice."""
    return block[:2] if len(block) > 1 else np.concatenate([block, block])


def is_silent(peak: float) -> bool:
    """Return whether nothing can be heard in a sound with this largest absolute sample, full scale 1."""
    return gain_to_db(peak) < SILENCE_DB
