"""The sound of a job for the page.

Samples in pieces, peaks for waveforms, spectrogram tiles; kept in the job folder.

All of it runs in threads of its own, one at a time, so that the daemon's loop stays quick.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from bridge.audio.audio_file import AudioFile
from bridge.audio.container_checks import sound_path
from bridge.audio.recording import BLOCK_FRAMES, WORK_RATE, Array, Recording
from bridge.audio.span_import import ChannelSource, import_span
from bridge.errors import DawscribeError, InputError
from bridge.review import spectrogram
from bridge.spool.request import AudioSpan
from bridge.spool.result import kept_stems

MIX = "mix"
FOLDER = "review"
"""Inside the job folder; goes with it."""
PEAK_FRAMES = 512
"""Samples a pair of peaks: 86 a second, finer than a pixel at the widest zoom that still draws peaks."""
MAX_FRAMES = 20 * 48_000
"""Frames of one piece of sound: 20 s, 4 MB in stereo."""
MAX_LENGTH_S = 1e6
"""Of an item; eleven days."""
GZIP_LEVEL = 1
"""Loopback is quick: smaller is not worth the time."""


@dataclass(frozen=True, slots=True)
class Source:
    """One thing that can be heard and looked at: the mix or a stem."""

    name: str
    files: tuple[Path, ...]
    """Several are added up: a mix whose file is gone is the sum of its stems."""
    rate: int
    channels: int
    frames: int
    span: AudioSpan | None = None
    """Of a mix: what it is copied from."""
    stems: tuple[Path, ...] = ()
    """Of a mix: what adds up to it, should its file be gone."""

    def read(self, start: int, frames: int) -> Array:
        """Return (frames, channels) float32 from ``start`` on.

        Shorter at the end.
        """
        start = min(max(0, start), self.frames)
        total: Array | None = None
        for path in self.files:
            with soundfile.SoundFile(sound_path(path)) as file:
                file.seek(min(start, file.frames))
                block = file.read(frames, dtype="float32", always_2d=True)
            total = block if total is None else total[: len(block)] + block[: len(total)]
        return np.zeros((0, self.channels), np.float32) if total is None else np.asarray(total, np.float32)

    def mono(self, start_s: float, length_s: float) -> Array:
        """Return the mean of the channels at the spectrogram's rate, silence past the ends."""
        if len(self.files) == 1:
            recording = Recording(self.files[0], self.rate, self.channels, self.frames, 0.0, 0.0)
            return recording.mono(spectrogram.RATE, start_s, length_s)
        each = [replace(self, files=(f,)).mono(start_s, length_s) for f in self.files]
        return np.asarray(np.sum(each, axis=0), np.float32)


def sources(folder: Path, item: Mapping[str, Any], number: int, span: AudioSpan | None) -> dict[str, Source]:
    """Return what can be heard of an item, the mix first.

    Args:
        folder: the job folder.
        item: its result, with ``stems``; empty while the job runs.
        number: of the item, from 0.
        span: the sound that was transcribed, None where it is not known; :func:`ready` copies it when it is wanted.
    """
    stems_by_role: dict[str, Source] = {}
    for role, path in kept_stems(item, folder):
        if role != MIX and (source := _opened(role, path)) is not None:
            stems_by_role[role] = source
    length_s = (
        next((s.frames / s.rate for s in stems_by_role.values()), None) or item.get("length_s") or _length_s(span)
    )
    if not isinstance(length_s, (int, float)) or not 0 < length_s < MAX_LENGTH_S:
        return stems_by_role
    copy = folder / FOLDER / str(number) / "mix.wav"
    stems = tuple(s.files[0] for s in stems_by_role.values())
    return {MIX: Source(MIX, (copy,), WORK_RATE, 2, round(length_s * WORK_RATE), span, stems), **stems_by_role}


def _length_s(span: AudioSpan | None) -> float | None:
    """Return the seconds of sound that a request asks for, None where its file cannot be read."""
    if span is None:
        return None
    path = span.channels[0][0] if span.channels else span.path
    try:
        with closing(AudioFile(path)) as file:
            left_s = (file.frames or 0) / file.rate - span.start_s
    except (DawscribeError, OSError):
        return None
    return left_s if span.length_s is None else min(span.length_s, left_s)


def ready(source: Source) -> Source:
    """Return the source with its files there.

    A mix is copied into the job folder, else it is the sum of its stems.

    Raises:
        InputError: the sound is gone.
    """
    if all(f.exists() for f in source.files):
        return source
    if source.span is not None and _copy_mix(source.span, source.files[0]):
        return source
    if source.stems:
        return replace(source, files=source.stems, channels=_channels(source.stems[0]))
    raise InputError(
        "The audio of this item is no longer where it was, and its stems were not kept.", code="audio-gone"
    )


def _channels(path: Path) -> int:
    with soundfile.SoundFile(sound_path(path)) as file:
        return int(file.channels)


def _opened(name: str, path: Path) -> Source | None:
    try:
        with soundfile.SoundFile(sound_path(path)) as file:
            return Source(name, (path,), file.samplerate, file.channels, file.frames)
    except (OSError, soundfile.SoundFileError):
        return None


def _copy_mix(span: AudioSpan, target: Path) -> bool:
    """Copy the item's sound into the job folder; return whether that was possible."""
    sound: Path | Sequence[ChannelSource] = span.path
    if span.channels:
        sound = [ChannelSource(path, channel) for path, channel in span.channels]
    draft = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        _make(target.parent)
        import_span(sound, draft, start_s=span.start_s, length_s=span.length_s, gain=span.gain)
        draft.replace(target)
    except (DawscribeError, OSError):
        draft.unlink(missing_ok=True)
        return False
    return True


def piece(source: Source, start: int, frames: int) -> bytes:
    """Return samples as interleaved 16-bit, little-endian.

    At most :data:`MAX_FRAMES`.
    """
    block = source.read(start, min(frames, MAX_FRAMES))
    return (np.clip(block, -1, 1) * 32767).astype("<i2").tobytes()


def peaks(source: Source, cache: Path) -> bytes:
    """Return (lowest, highest) of each :data:`PEAK_FRAMES` samples as signed bytes, gzipped."""

    def made() -> bytes:
        rows: list[npt.NDArray[np.int8]] = []
        step = BLOCK_FRAMES // PEAK_FRAMES * PEAK_FRAMES
        for start in range(0, source.frames, step):
            block = source.read(start, step)
            block = np.pad(block, ((0, -len(block) % PEAK_FRAMES), (0, 0)))
            buckets = block.reshape(-1, PEAK_FRAMES * source.channels)
            pair = np.stack([buckets.min(axis=1), buckets.max(axis=1)], axis=1)
            rows.append(np.clip(np.rint(pair * 127), -127, 127).astype(np.int8))
        return b"".join(r.tobytes() for r in rows)

    return _kept(cache / f"{source.name}.peaks.gz", made)


def tile(source: Source, cache: Path, level: int, index: int) -> bytes:
    """Return a spectrogram tile, gzipped.

    A level above 0 is made of finer ones.
    """

    def made() -> bytes:
        if level == 0:
            return spectrogram.tile(source.mono, index).tobytes()
        below = [tile(source, cache, level - 1, index * spectrogram.COARSER + i) for i in range(spectrogram.COARSER)]
        shape = (spectrogram.ROWS, spectrogram.COLUMNS)
        return spectrogram.coarser(
            [np.frombuffer(gzip.decompress(t), np.uint8).reshape(shape) for t in below]
        ).tobytes()

    tile_s = spectrogram.COLUMNS * spectrogram.HOP / spectrogram.RATE * spectrogram.COARSER**level
    if index * tile_s > source.frames / source.rate:
        return gzip.compress(bytes(spectrogram.ROWS * spectrogram.COLUMNS), GZIP_LEVEL)
    return _kept(cache / f"{source.name}.{level}.{index}.gz", made)


def _make(folder: Path) -> None:
    """Make the folder of an item's pictures; an OSError where its job is gone: a removed job does not come back."""
    folder.parent.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)


def _kept(path: Path, made: Any) -> bytes:
    """Return the content of a cache file, made where there is none; a full disk only means that it is not kept."""
    try:
        return path.read_bytes()
    except OSError:
        pass
    data = gzip.compress(made(), GZIP_LEVEL)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        _make(path.parent)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
    return data
