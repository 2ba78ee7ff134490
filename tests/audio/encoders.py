"""Sounds in every format that people bring, written by FFmpeg as their programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

RATE = 44_100
STEP_S, TONE_S = 0.5, 0.3
"""Between the tones of :func:`steps`, and how long each sounds."""


def steps(length_s: float = 6.0, rate: int = RATE) -> npt.NDArray[np.float32]:
    """Tones that begin at 0.25 s, 0.75 s ..., each higher than the last: what is heard says where it is."""
    t = np.arange(round(length_s * rate)) / rate
    number = np.floor((t - 0.25) / STEP_S)
    since = t - 0.25 - number * STEP_S
    sounds = (number >= 0) & (since < TONE_S)
    return np.where(sounds, 0.4 * np.sin(2 * np.pi * (300 + 30 * number) * since), 0).astype(np.float32)


def onsets(samples: npt.NDArray[np.float32], rate: int) -> list[float]:
    """Where tones begin, in seconds."""
    size = rate // 500
    loud = np.abs(samples[: len(samples) // size * size].reshape(-1, size)).max(1) > 0.15
    # A tone crosses zero more often than once in five blocks.
    held = np.convolve(loud, np.ones(5), "same") > 0
    return [float((i + 2) * size / rate) for i in np.flatnonzero(held[1:] & ~held[:-1])]


def encode(
    path: Path,
    codec: str,
    samples: npt.NDArray[np.float32],
    rate: int = RATE,
    *,
    container: str | None = None,
    options: Mapping[str, str] | None = None,
    bit_rate: int = 192_000,
) -> Path:
    """Write a mono sound to both sides of ``path``; the container follows its suffix where none is named."""
    with av.open(str(path), "w", format=container, options=dict(options or {})) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout="stereo")
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(np.stack([samples, samples]), format="fltp", layout="stereo")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.codec_context.format, "stereo", rate)
        fifo = av.AudioFifo()
        for converted in resampler.resample(frame):
            fifo.write(converted)
        stream.codec_context.open(strict=False)
        size, pts = stream.codec_context.frame_size or 1024, 0
        while (piece := fifo.read(size, partial=True)) is not None:
            piece.pts, piece.time_base = pts, Fraction(1, rate)
            pts += piece.samples
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path
