"""Sound files as FFmpeg reads them.

What any player plays, read on past what is damaged.

Silence stands for what is missing, so that what follows stays in its place, and ``losses`` says where. The package is
PyAV, whose wheels carry FFmpeg; it is imported with the first file that needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.audio.ffmpeg_stream import Stream
from bridge.errors import InputError

Array = npt.NDArray[np.float32]

EXACT = ("mp3", "aac", "flac", "wav", "w64", "aiff", "caf", "mov,mp4,m4a,3gp,3g2,mj2", "tta", "wv", "ape")
"""Containers whose times are exact to the sample, so that a span can be looked for by its time; those of Vorbis inside
Ogg are only exact where a page ends."""
MIN_LOSS_S = 0.004
"""A gap in exact times that is shorter is a rounding."""
COARSE_LOSS_S = 0.1
"""The same where times are in milliseconds, and as uneven as the network that a recording came through."""
MAX_LOSS_S = 60.0
"""A longer gap is a clock that was set, not a loss."""
MAX_LEAD_S = 600.0
"""Longest time by which a film's sound may begin after its picture."""
PREROLL_S = 0.5
"""Decoded before a place that is looked for: codecs need up to 0.08 s until what comes out is right."""
SHORT_SKIP_S = 20.0
"""A shorter skip is decoded and thrown away, in some hundredths of a second."""
SCALES = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31, "s64": 2.0**-63}
"""Format of whole-number samples -> what they are multiplied by."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A piece of sound that is missing."""

    start_s: float
    length_s: float


class FfmpegFile:
    """An open sound file, read from front to back; close it.

    ``rate`` and ``channels`` are those of its first frame. ``losses`` grows while it is read.

    Raises:
        InputError: there is no sound in it.
        PluginError: the package that carries FFmpeg is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.rate, self.channels = path, 0, 0
        self.losses: list[Loss] = []
        self._stream = Stream(path)
        try:
            self._rest = self._begin(first=True)
        except BaseException:
            self.close()
            raise

    @property
    def frames(self) -> int | None:
        """The length that the head of the file gives, None where it gives none or guesses it."""
        known_s = self._stream.length_s
        return round(known_s * self.rate) if known_s else None

    def read(self, frames: int) -> Array:
        """(frames, channels) float32, full scale -1 to 1; fewer where the file ends."""
        got, found = [self._rest[:frames]], min(frames, len(self._rest))
        self._rest = self._rest[frames:]
        while found < frames and (block := next(self._blocks, None)) is not None:
            got.append(block[: frames - found])
            self._rest = block[frames - found :]
            found += len(got[-1])
        return np.concatenate(got)

    def skip(self, frames: int) -> None:
        """Pass over frames at the beginning, by the container's own times where these are exact."""
        if frames > SHORT_SKIP_S * self.rate and self._stream.kind in EXACT:
            frames -= self._sought(frames)
        while frames > 0 and (found := len(self.read(min(frames, self.rate)))):
            frames -= found
        self.losses.clear()

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def _begin(self, *, first: bool) -> Array:
        """Decode from where the stream stands; the first block. Its place is known by then."""
        self._at, self._shift, self._first = -1, 0, first
        self._blocks = self._placed()
        block = next(self._blocks, None)
        if block is None:
            raise InputError(f"{self.path.name} holds no audio; export it again.", code="audio-empty")
        return block

    def _sought(self, frames: int) -> int:
        """Go to a little before ``frames``; how many are passed over then, none where it cannot be done."""
        if self._stream.seek(frames / self.rate - PREROLL_S):
            block = self._begin(first=False)
            begins = self._at - len(block)
            if 0 < begins <= frames:
                self._rest = block
                return begins
        self._stream.seek(0.0)
        self._rest = self._begin(first=True)
        return 0

    def _placed(self) -> Iterator[Array]:
        """Blocks one behind the other; silence stands for what is missing between them."""
        for frame in self._stream.decoded():
            block = _samples(frame)
            if not self.rate:
                self.rate, self.channels = frame.sample_rate, block.shape[1]
            if frame.sample_rate != self.rate:
                raise InputError(
                    f"{self.path.name} changes its sample rate on the way; export it as one WAV.",
                    code="audio-rate-changes",
                )
            missing = self._missing(self._stream.due_s(frame))
            self._at += missing
            while missing > 0:
                count = min(missing, self.rate)
                missing -= count
                yield np.zeros((count, self.channels), np.float32)
            self._at += len(block)
            yield block if block.shape[1] == self.channels else _with_channels(block, self.channels)

    def _missing(self, due_s: float | None) -> int:
        """Samples that are missing before a frame that belongs at ``due_s``."""
        due = None if due_s is None else round(due_s * self.rate)
        if self._at < 0:
            self._at = max(0, due or 0)
            if not self._first:
                return 0
            # The sound of a film may begin later than its picture.
            lead, self._at = self._at, 0
            self._shift = 0 if lead <= MAX_LEAD_S * self.rate else -lead
            return lead + self._shift
        if due is None:
            return 0
        missing = due + self._shift - self._at
        least = (MIN_LOSS_S if self._stream.kind in EXACT else COARSE_LOSS_S) * self.rate
        if missing > MAX_LOSS_S * self.rate or missing < -least:
            self._shift -= missing  # where recordings were joined, each has times of its own
            return 0
        if missing <= least:
            return 0
        self.losses.append(Loss(self._at / self.rate, missing / self.rate))
        return missing


def _samples(frame: Any) -> Array:
    """(frames, channels) float32 of a decoded frame."""
    data = frame.to_ndarray()
    block = data.T if frame.format.is_planar else data.reshape(frame.samples, -1)
    name = frame.format.name.removesuffix("p")
    if name == "u8":
        block = block.astype(np.float32) - 128
    scale = SCALES.get(name, 1.0)
    return np.ascontiguousarray(block, np.float32) * np.float32(scale)


def _with_channels(block: Array, channels: int) -> Array:
    """The block with as many channels as the first one had."""
    return np.ascontiguousarray(block[:, np.minimum(np.arange(channels), block.shape[1] - 1)])
