"""Audio files in and out: any format, rate and channel count becomes one working WAV that is read in pieces.

Memory stays flat over the length: nothing here holds more than a block.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from bridge.audio_files import AudioFile, damaged, sound_path
from bridge.errors import InputError, StoreError
from bridge.units import gain_to_db

Array = npt.NDArray[np.float32]

WORK_RATE = 44_100
"""Hz of the working copy: HTDemucs' own rate."""
BLOCK_FRAMES = 1 << 18
"""Frames read at a time: 6 s at 44.1 kHz, 2 MB in stereo; larger blocks gain no speed."""
SHORTEST_S = 0.1
"""Under this no engine can tell a pitch; a sixteenth note at 150 BPM lasts as long."""
SILENCE_DB = -75.0
"""A peak below this is called silence: under the noise of a 12-bit converter, over dither of 16 bit."""
LARGEST_WAV = 0xFFFF_0000
"""Bytes up to which a file is a plain WAV: what 32-bit sizes hold, with room for a player's own chunks."""
EXTENSIBLE_BYTES = 40
"""Size of the extended form of a WAV's format chunk, which libsndfile writes into RF64."""
RESAMPLE_MARGIN_S = 0.05
"""Read around a span before resampling it; soxr's HQ filter rings for less."""


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

    @property
    def length_s(self) -> float:
        """Seconds of sound."""
        return self.frames / self.rate

    @property
    def is_silent(self) -> bool:
        """Whether nothing can be heard in it."""
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
        """(frames,) float32: the mean of the channels at ``rate`` Hz, exactly placed, silence past the ends."""
        length_s = self.length_s - start_s if length_s is None else length_s
        wanted = round(length_s * rate)
        lead = max(0.0, start_s - RESAMPLE_MARGIN_S)
        # Whole seconds, so that the first sample read falls on a sample of both rates.
        lead_s = math.floor(lead)
        first = round(lead_s * self.rate)
        last = math.ceil((start_s + length_s + RESAMPLE_MARGIN_S) * self.rate)
        samples = self.read(first, max(0, last - first)).mean(0, dtype=np.float32)
        if rate != self.rate and len(samples):
            samples = soxr.resample(samples, self.rate, rate, quality="HQ").astype(np.float32, copy=False)
        skip = round((start_s - lead_s) * rate)
        if skip < 0:
            samples, skip = np.concatenate([np.zeros(-skip, np.float32), samples]), 0
        samples = samples[skip : skip + wanted]
        return np.pad(samples, (0, wanted - len(samples))) if len(samples) < wanted else samples


def is_silent(peak: float) -> bool:
    """Whether nothing can be heard in a sound with this largest absolute sample, full scale 1."""
    return gain_to_db(peak) < SILENCE_DB


class Writer:
    """Writes a WAV in pieces (RF64 only where it outgrows 4 GB) and measures it on the way; removed when it fails.

    ``peak`` is the largest absolute sample so far.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """

    def __init__(self, path: Path, rate: int, channels: int, subtype: str = "FLOAT") -> None:
        self.path, self._rate, self._channels = path, rate, channels
        self.peak = 0.0
        self._squares, self._frames = 0.0, 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: Any = soundfile.SoundFile(sound_path(path), "w", rate, channels, subtype, format="RF64")
        except (OSError, soundfile.LibsndfileError) as e:
            raise _unwritable(path) from e

    def write(self, block: Array) -> None:
        """Append (channels, frames) float32."""
        try:
            self._file.write(np.ascontiguousarray(block.T))
        except (OSError, soundfile.LibsndfileError) as e:
            raise _unwritable(self.path) from e
        self._frames += block.shape[1]
        if block.size:
            self._squares += float(np.vdot(block, block))
            self.peak = max(self.peak, float(np.abs(block).max()))

    def flush(self) -> None:
        """Bring what was written to the disk's view of the file, for :func:`raw_samples`."""
        self._file.flush()

    def finish(self) -> Recording:
        """Close the file and say what is in it."""
        self._file.close()
        rms = math.sqrt(self._squares / max(1, self._frames * self._channels))
        try:
            written = self.path.stat().st_size
            if written < LARGEST_WAV:
                _as_plain_wav(self.path, written)
        except OSError as e:
            raise _unwritable(self.path) from e
        if written < self._frames * self._channels * 2:
            raise _unwritable(self.path)
        return Recording(self.path, self._rate, self._channels, self._frames, rms, self.peak)

    def discard(self) -> None:
        """Close and remove the file."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self.discard()


def _as_plain_wav(path: Path, size: int) -> None:
    """Turn a finished RF64 file of less than 4 GB into the WAV that every program reads (EBU Tech 3306, 4.2)."""
    with path.open("r+b") as f:
        f.write(b"RIFF" + struct.pack("<I", size - 8) + b"WAVE" + b"JUNK")
        f.seek(20)
        data_size = struct.unpack("<QQ", f.read(16))[1]
        for name, place, length in _chunks(f):
            if name == b"fmt " and length == EXTENSIBLE_BYTES:
                # The extended header names the plain format first; older readers know only that.
                f.seek(place + 32)
                code = f.read(2)
                f.seek(place + 8)
                f.write(code)
        f.seek(place + 4)
        f.write(struct.pack("<I", data_size))


def raw_samples(path: Path, channels: int, start: int, frames: int) -> Array:
    """(channels, frames) of a float WAV that a :class:`Writer` is still writing, from what it has flushed.

    libsndfile writes the sizes last, so that no reader would believe that there is sound yet.
    """
    with path.open("rb") as f:
        place = [place for _, place, _ in _chunks(f)][-1]
        f.seek(place + 8 + start * channels * 4)
        data = f.read(frames * channels * 4)
    return np.ascontiguousarray(np.frombuffer(data, "<f4").reshape(-1, channels).T)


def _chunks(f: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """(name, place in the file, bytes of content) of a WAV's chunks up to and with its sound."""
    place, name = 12, b""
    while name != b"data":
        f.seek(place)
        name, length = struct.unpack("<4sI", f.read(8))
        yield name, place, length
        place += 8 + length + length % 2


@dataclass(frozen=True, slots=True)
class ChannelSource:
    """One channel of one file; DAWs that keep stereo as two mono files name two of these."""

    path: Path
    channel: int = 0


def import_span(
    sources: Path | Sequence[ChannelSource],
    target: Path,
    *,
    start_s: float = 0.0,
    length_s: float | None = None,
    gain: float = 1.0,
    report: Callable[[str, float], None] = lambda stage, fraction: None,
) -> Recording:
    """Decode a span of audio to a stereo float WAV of :data:`WORK_RATE` at ``target``.

    Mono is doubled; more than two channels fold to two by the mean of the odd and of the even ones.

    Args:
        sources: a file, or one source per channel.
        target: the working copy; nothing is left there on failure.
        start_s: where the span starts in the file, seconds.
        length_s: its length, None for the rest of the file.
        gain: linear factor.
        report: progress and cancel, stage "read".

    Raises:
        InputError: missing, empty, damaged, too short, not audio, or samples that are not numbers.
        StoreError: the working copy cannot be written.
    """
    if not all(math.isfinite(n) for n in (start_s, gain, length_s or 0.0)):
        raise InputError("The start, length or gain of this item is not a number; glue or bounce the item first.")
    paths = [sources] if isinstance(sources, Path) else [s.path for s in sources]
    picks = None if isinstance(sources, Path) else [s.channel for s in sources]
    with ExitStack() as stack:
        files = [stack.enter_context(closing(AudioFile(p))) for p in paths]
        rate = files[0].rate
        if any(f.rate != rate for f in files):
            message = "The channels of this item have different sample rates; glue or bounce the item first."
            raise InputError(message)
        first = round(start_s * rate)
        wanted = None if length_s is None else round(length_s * rate)
        known = [f.frames - first for f in files if f.frames is not None]
        if known:
            wanted = min(known) if wanted is None else min(wanted, *known)
        if first < 0 or (wanted is not None and wanted < SHORTEST_S * rate):
            raise _too_little(paths[0], wanted or 0, rate)
        for f in files:
            f.skip(first)
        with Writer(target, WORK_RATE, 2) as writer:
            for block in _decoded(files, picks, wanted, report):
                writer.write(block * np.float32(gain) if gain != 1.0 else block)
            recording = writer.finish()
            if not known and recording.length_s < SHORTEST_S:
                raise _too_little(paths[0], recording.frames, WORK_RATE)
            return recording


def _too_little(path: Path, frames: int, rate: int) -> InputError:
    return InputError(
        f"There is too little audio to transcribe in {path.name} "
        f"({max(0.0, frames / rate):.2f} s); select at least {SHORTEST_S} s."
    )


def _decoded(
    files: Sequence[AudioFile], picks: list[int] | None, wanted: int | None, report: Callable[[str, float], None]
) -> Iterator[Array]:
    """Stereo blocks at the working rate; refuses files that end early or hold numbers that are none.

    ``wanted`` is the number of frames to read, None for all that come.
    """
    path, rate = files[0].path, files[0].rate
    ends_anywhere = all(f.frames is None for f in files)
    resampler = None if rate == WORK_RATE else soxr.ResampleStream(rate, WORK_RATE, 2, dtype="float32")
    done, ended = 0, False
    while not ended:
        count = BLOCK_FRAMES if wanted is None else min(BLOCK_FRAMES, wanted - done)
        columns = [f.read(count) for f in files]
        found = min(map(len, columns))
        if found < count and not ends_anywhere:
            raise damaged(path)
        done += found
        ended = found < count or done == wanted
        block = _stereo([c[:found] for c in columns], picks)
        if not np.isfinite(block).all():
            message = f"{path.name} holds samples that are not numbers (NaN or infinity); export the audio again."
            raise InputError(message)
        if resampler is not None:
            block = resampler.resample_chunk(block, last=ended)
        yield np.ascontiguousarray(block.T)
        # Where the length is not known, the bar grows ever more slowly.
        report("read", done / (wanted or done + BLOCK_FRAMES))


def _stereo(columns: list[Array], picks: list[int] | None) -> Array:
    """(frames, 2) of what was read from one file or from one per channel."""
    if picks is None:
        block = columns[0]
    else:
        block = np.stack([c[:, min(p, c.shape[1] - 1)] for c, p in zip(columns, picks, strict=True)], 1)
    if block.shape[1] == 1:
        return np.repeat(block, 2, 1)
    if block.shape[1] == 2:
        return block
    return np.stack([block[:, 0::2].mean(1), block[:, 1::2].mean(1)], 1)


def _unwritable(path: Path) -> StoreError:
    return StoreError(
        f"{path.name} could not be written to {path.parent}; check the free space and the permissions there."
    )
