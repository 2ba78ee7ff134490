"""Write WAV files in pieces and measure them on the way."""

from __future__ import annotations

import math
import shutil
import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile

from bridge.audio.container_checks import sound_path
from bridge.audio.recording import Array, Recording
from bridge.errors import StoreError, writing

MAX_WAV_BYTES = 0xFFFF_0000
"""Bytes up to which a file is a plain WAV: what 32-bit sizes hold, with room for a player's own chunks."""
FRAME_BYTES = 8
"""Bytes of a frame of the working copy: two samples of four."""
RESERVE_SHARE, MAX_RESERVE = 0.05, 200_000_000
"""Room left free on a disk for everybody else: a twentieth of it, at most so many bytes."""
ROOM_BYTES = 100_000_000
"""Bytes written between two looks at the free space, where nobody knows how many will come."""
EXTENSIBLE_BYTES = 40
"""Size of the extended form of a WAV's format chunk, which libsndfile writes into RF64."""


class Writer:
    """Writes a WAV in pieces (RF64 only where it outgrows 4 GB) and measures it on the way; removed when it fails.

    ``peak`` is the largest absolute sample so far.

    Raises:
        StoreError: the disk is full or the folder cannot be written.
    """

    def __init__(self, path: Path, rate: int, channels: int, subtype: str = "FLOAT") -> None:
        self.path, self._rate, self._channels = path, rate, channels
        self.peak = 0.0
        self._squares, self._frames, self._unlooked = 0.0, 0, 0
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: Any = soundfile.SoundFile(sound_path(path), "w", rate, channels, subtype, format="RF64")

    def write(self, block: Array) -> None:
        """Append (channels, frames) float32."""
        with _writing(self.path):
            self._file.write(np.ascontiguousarray(block.T))
        self._frames += block.shape[1]
        self._unlooked += block.nbytes
        if self._unlooked > ROOM_BYTES:
            self._unlooked = 0
            check_room(self.path, ROOM_BYTES)
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
        with _writing(self.path):
            written = self.path.stat().st_size
            if written < MAX_WAV_BYTES:
                _as_plain_wav(self.path, written)
            if written < self._frames * self._channels * 2:
                raise OSError("it is shorter than what was written")
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


def check_room(path: Path, size: int) -> None:
    """StoreError where ``size`` bytes at ``path`` would fill the disk; silence of hours packs into a small file."""
    folder = next((p for p in path.parents if p.is_dir()), path.parent)
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return
    if size > disk.free - min(MAX_RESERVE, RESERVE_SHARE * disk.total):
        raise StoreError(
            f"There is no room for {path.name} in {path.parent} ({size / 1e6:,.0f} MB needed, "
            f"{disk.free / 1e6:,.0f} MB free); check the free space there, or take a shorter item.",
            code="disk-no-room",
        )


def invert_right(path: Path) -> None:
    """Turn the right side of a finished stereo float WAV round, in its place; StoreError where that fails."""
    with _writing(path), path.open("r+b") as f:
        place = [place for _, place, _ in _chunks(f)][-1] + 8
        while True:
            f.seek(place)
            samples = np.frombuffer(f.read(FRAME_BYTES << 17), "<f4").copy()
            if not len(samples):
                return
            samples[1::2] *= -1
            f.seek(place)
            f.write(samples.tobytes())
            place += samples.nbytes


def _as_plain_wav(path: Path, size: int) -> None:
    """Turn a finished RF64 file of less than 4 GB into the WAV that every program reads (EBU Tech 3306, 4.2).

    libsndfile's own SFC_RF64_AUTO_DOWNGRADE (tried with 1.2.2, also beyond 4 GB) leaves the extended format, so that
    its header had to be patched as well, and can be reached only through private names of soundfile.
    """
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

    libsndfile writes the sizes last, so that no reader would believe that there is sound yet. With its
    SFC_SET_UPDATE_HEADER_AUTO, private in soundfile, a reader does, and takes 0.09 ms for a second of sound; this 0.06.
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


def _writing(path: Path) -> AbstractContextManager[None]:
    return writing(path, "audio-unwritable", also=(soundfile.LibsndfileError,))
