"""Audio files as they are found.

Any that a player plays, or a sentence that says why not.

libsndfile reads what is in order: exactly, quickly, at any place. FFmpeg reads everything else, and reads on where
libsndfile gives up. What neither finds is a loss with its place and length, and no reason to refuse the rest.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import soundfile

from bridge.audio.container_checks import promise
from bridge.audio.ffmpeg_file import FfmpegFile, Loss
from bridge.errors import DawscribeError, InputError

Array = npt.NDArray[np.float32]

UNKNOWN_FRAMES = 1 << 48
"""A length of as many frames and more is libsndfile's word for one that it does not know."""
SKIP_FRAMES = 1 << 18
"""Frames decoded at a time where they are only passed over."""
MIN_RATE, MAX_RATE = 1_000, 1_600_000
"""Samples a second: no sound has fewer (telephones have 8,000) or more; resampled, 1 Hz would take gigabytes."""
MAX_CHANNELS = 256
"""More than the largest mixing desk has."""
MIN_END_S = 0.1
"""An end that comes earlier by less than this is the rounding of an encoder or a pad byte left out."""


class Reader(Protocol):
    """The interface that both libraries have here."""

    rate: int
    channels: int

    @property
    def frames(self) -> int | None:
        """The length that the file gives, None where only reading tells it."""

    def read(self, frames: int) -> Array:
        """(frames, channels) float32; fewer where the file ends or cannot be read on."""

    def skip(self, frames: int) -> None:
        """Pass over frames at the beginning."""

    def close(self) -> None:
        """Let go of the file."""


class AudioFile:
    """An open audio file, read from front to back; close it.

    ``frames`` is the length that the file gives, None where only reading tells it. ``losses`` are the pieces that were
    missing in what was read so far, in seconds of the file.

    Raises:
        InputError: missing, empty, no audio, or with a rate or channels that no sound has.
        PluginError: it needs FFmpeg, which is not installed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        _check_file(path)
        try:
            promised = promise(path)
            self._reader: Reader = _opened(path, prefer_ffmpeg=not promised.is_clear)
        except OSError as e:
            raise InputError(
                f"{path.name} cannot be read; check the permissions of the file.", code="file-unreadable"
            ) from e
        self.rate, self.channels, self.frames = self._reader.rate, self._reader.channels, self._reader.frames
        self._place = 0
        self._gave_up: Loss | None = None
        if not MIN_RATE <= self.rate <= MAX_RATE or not 0 < self.channels <= MAX_CHANNELS:
            self.close()
            raise InputError(
                f"{path.name} says that it has {self.rate:,} samples a second in {self.channels} channels, "
                "which no sound has; export it again.",
                code="audio-impossible-format",
            )
        if self.frames is not None and self.frames <= 0:
            self.close()
            raise InputError(f"{path.name} holds no audio; export it again.", code="audio-empty")
        self._share = promised.share
        self._promised = promised.frames or (self.frames and round(self.frames / max(promised.share, 1e-9)))

    @property
    def losses(self) -> list[Loss]:
        """The pieces that were missing so far.

        Where nothing is missing, the place that one reader gave up at.
        """
        found: list[Loss] = list(getattr(self._reader, "losses", ()))
        return found if found or self._gave_up is None or self.end_loss() else [self._gave_up]

    def end_loss(self) -> Loss | None:
        """The piece between where reading has ended and where the file says that it ends."""
        promised = self._promised or round(self._place / max(self._share, 1e-9))
        missing = promised - self._place
        return Loss(self._place / self.rate, missing / self.rate) if missing >= MIN_END_S * self.rate else None

    def skip(self, frames: int) -> None:
        """Pass over frames at the beginning."""
        self._reader.skip(frames if self.frames is None else min(frames, self.frames))
        self._place = frames

    def read(self, frames: int) -> Array:
        """(frames, channels) float32, full scale -1 to 1; fewer where the file ends."""
        block = self._reader.read(frames)
        self._place += len(block)
        if len(block) == frames or not self._go_on():
            return block
        rest = self._reader.read(frames - len(block))
        if len(rest):
            self._gave_up = Loss(self._place / self.rate, 0.0)
        self._place += len(rest)
        return np.concatenate([block, rest])

    def _go_on(self) -> bool:
        """Let FFmpeg read on where libsndfile gave up before the end; whether that is so."""
        reader = self._reader
        if not isinstance(reader, _Sndfile) or not (reader.failed or (self.frames or 0) > self._place):
            return False
        try:
            other = FfmpegFile(self.path)
        except DawscribeError:
            return False
        if (other.rate, other.channels) != (self.rate, self.channels):
            other.close()
            return False
        other.skip(self._place)
        reader.close()
        self._reader = other
        return True

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()


class _Sndfile:
    """A file as libsndfile reads it; ``failed`` where it gave up."""

    def __init__(self, path: Path) -> None:
        # By a number or an open file, not by name: of a name's ending ".raw" soundfile makes something else.
        self._source: Any = os.open(path, os.O_RDONLY) if os.name == "posix" else path.open("rb")
        try:
            self._file = soundfile.SoundFile(self._source, closefd=False)
        except BaseException:
            self._close_source()
            raise
        self.failed = False
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels

    @property
    def frames(self) -> int | None:
        """The length that the file gives."""
        return None if self._file.frames >= UNKNOWN_FRAMES else self._file.frames

    def read(self, frames: int) -> Array:
        """(frames, channels) float32."""
        if not self.failed:
            try:
                if self.frames is None:
                    return self._streamed(frames)
                block: Array = self._file.read(frames, dtype="float32", always_2d=True)
                return block
            except (soundfile.LibsndfileError, ValueError):
                self.failed = True
        return np.zeros((0, self.channels), np.float32)

    def _streamed(self, frames: int) -> Array:
        """As above, without the look at the length that soundfile takes where a file can be read at any place."""
        block = np.empty((frames, self.channels), np.float32)
        return block[: self._file.buffer_read_into(block, dtype="float32")]

    def skip(self, frames: int) -> None:
        """Pass over frames at the beginning."""
        if self.frames is None:
            while frames > 0 and (found := len(self.read(min(SKIP_FRAMES, frames)))):
                frames -= found
            return
        try:
            self._file.seek(frames)
        except (soundfile.LibsndfileError, ValueError):
            self.failed = True

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._close_source()

    def _close_source(self) -> None:
        if isinstance(self._source, int):
            os.close(self._source)
        else:
            self._source.close()


def _check_file(path: Path) -> None:
    """InputError unless there is a file with something in it."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{path.name} is a folder; name an audio file.", code="audio-is-folder")
        if not stat.S_ISREG(found.st_mode):
            raise InputError(
                f"{path.name} is a pipe or a device, which cannot be read at any place; name a file.",
                code="audio-is-device",
            )
        if found.st_size == 0:
            raise InputError(f"{path.name} is empty; export the audio again.", code="audio-empty-file")
        if not os.access(path, os.R_OK):
            raise PermissionError(path)
    except (FileNotFoundError, NotADirectoryError) as e:
        message = f"There is no audio file {path}; check the path, or whether the media is offline."
        raise InputError(message, code="audio-not-found") from e
    except (OSError, ValueError) as e:
        raise InputError(
            f"{path.name[:200]} cannot be read; check the permissions of the file.", code="file-unreadable"
        ) from e


def _opened(path: Path, *, prefer_ffmpeg: bool) -> Reader:
    """The first library that reads it; InputError where none does."""
    if prefer_ffmpeg:
        try:
            return FfmpegFile(path)
        except InputError:
            # Some containers are libsndfile's own; where it finds nothing either, the first sentence is the right one.
            try:
                return _Sndfile(path)
            except (soundfile.LibsndfileError, ValueError):
                pass
            raise
    try:
        return _Sndfile(path)
    except (soundfile.LibsndfileError, ValueError):
        return FfmpegFile(path)
