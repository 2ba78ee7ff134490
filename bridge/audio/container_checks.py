"""Audio files as they are found: opened, or refused with what is wrong with them.

libsndfile believes what a file says of itself. What matters is checked here first: whether the sound that a file
promises is there, and whether the length that libsndfile would make up of an MP3 is to be believed.
"""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import soundfile

from bridge.errors import InputError

Array = npt.NDArray[np.float32]

UNKNOWN_FRAMES = 1 << 48
"""A length of as many frames and more is libsndfile's word for one that it does not know."""
UNKNOWN_BYTES = 1 << 50
"""The length of a file that ends nobody knows where; large enough for any sound, small enough to reckon with."""
MOST_CHUNKS = 1000
"""Chunks looked through for the one with the sound; the longest list seen had twenty."""
OGG_TAIL = 1 << 17
"""Bytes at the end of an Ogg file that hold its last page, of at most 65,307, and tags behind it."""
OGG_HEAD = 27
"""Bytes of a page before the sizes of its pieces."""
MP3_SLACK = 4096
"""Bytes behind the length that an MP3 gives: some encoders leave their first frame out of it, of at most 2,881."""
MP3_TAG = 156
"""Bytes of the tag that tells an MP3's length, with LAME's own part; the frame that it stands in is longer."""
SKIP_FRAMES = 1 << 18
"""Frames decoded at a time where they are only passed over."""

_CHUNKS = {
    b"RIFF": (12, "<4sI", b"data"),
    b"RF64": (12, "<4sI", b"data"),
    b"BW64": (12, "<4sI", b"data"),
    b"FORM": (12, ">4sI", b"SSND"),
    b"riff": (40, "<4s12xQ", b"data"),
    b"caff": (8, ">4sQ", b"data"),
}
"""How a file begins (WAV, its two long forms, AIFF, W64, CAF) -> place and layout of its chunks, the one with sound."""


def sound_path(path: Path) -> str | bytes:
    """``path`` as soundfile takes it; on POSIX systems it may be no text."""
    return os.fsencode(path) if os.name == "posix" else str(path)


class AudioFile:
    """An open audio file, read from front to back; close it.

    ``frames`` is None where only reading tells how long it is.

    Raises:
        InputError: missing, empty, damaged, or not audio.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.is_dir():
                raise InputError(f"{path.name} is a folder; name an audio file.")
            if not path.exists():
                raise InputError(f"There is no audio file {path}; check the path, or whether the media is offline.")
            if path.stat().st_size == 0:
                raise InputError(f"{path.name} is empty; export the audio again.")
            if not os.access(path, os.R_OK):
                raise PermissionError(path)
            self._file = _opened(path)
        except OSError as e:
            raise InputError(f"{path.name} cannot be read; check the permissions of the file.") from e
        except soundfile.LibsndfileError as e:
            message = f"{path.name} is not audio that can be read here; export it as WAV, AIFF, FLAC, OGG, Opus or MP3."
            raise InputError(message) from e
        self.rate: int = self._file.samplerate
        self.frames: int | None = None if self._file.frames >= UNKNOWN_FRAMES else self._file.frames
        if self.frames is not None and self.frames <= 0:
            self.close()
            raise InputError(f"{path.name} holds no audio; export it again.")

    def skip(self, frames: int) -> None:
        """Pass over frames at the beginning."""
        if self.frames is not None:
            self._file.seek(min(frames, self.frames))
            return
        while frames > 0 and (found := len(self.read(min(SKIP_FRAMES, frames)))):
            frames -= found

    def read(self, frames: int) -> Array:
        """(frames, channels) float32, full scale -1 to 1; fewer where the file ends.

        Raises:
            InputError: the file is damaged there.
        """
        try:
            block: Array = self._file.read(frames, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as e:
            raise damaged(self.path) from e
        return block

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def damaged(path: Path) -> InputError:
    """The error of a file that ends too early."""
    return InputError(f"{path.name} is damaged or ends too early; export the audio again.")


class _Stream(soundfile.SoundFile):  # type: ignore[misc]
    """Read without a look at its length or a step back, as a file of unknown length must be."""

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        super().close()
        if isinstance(self.name, _Endless):
            self.name.close()


class _Endless(io.FileIO):
    """The rest of a file from ``start`` on, without an end that could be asked for; behind it is silence."""

    def __init__(self, path: Path, start: int) -> None:
        super().__init__(path)
        self._start, self._place = start, 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        before = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: UNKNOWN_BYTES}[whence]
        self._place = before + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        if self._place >= UNKNOWN_BYTES // 2:
            # Looked for a tag at the end.
            count = len(buffer)
            buffer[:] = bytes(count)
        else:
            super().seek(self._start + self._place)
            count = super().readinto(buffer) or 0
        self._place += count
        return count


def _opened(path: Path) -> Any:
    with path.open("rb") as f:
        head = f.read(12)
        if head[:4] in _CHUNKS:
            early, start = _chunk_ends_early(f, head[:4]), None
        elif head[:4] == b"OggS":
            last = _ogg_last_page(f)
            early, start = _ogg_ends_early(last), None
            if not early and _ogg_is_joined(f, last):
                message = f"{path.name} holds several recordings one after the other; export it as one, such as a WAV."
                raise InputError(message)
        else:
            early, start = _mp3_start(f)
    if early:
        raise damaged(path)
    if start is not None:
        source = _Endless(path, start)
        try:
            return _Stream(source)
        except BaseException:
            source.close()
            raise
    file = soundfile.SoundFile(sound_path(path))
    if file.frames >= UNKNOWN_FRAMES:
        file.close()
        file = _Stream(sound_path(path))
    return file


def _size(f: BinaryIO) -> int:
    return f.seek(0, os.SEEK_END)


def _chunk_ends_early(f: BinaryIO, kind: bytes) -> bool:
    """Whether the chunk with the sound is longer than the file; other sizes in it may be wrong and harm nobody."""
    size = _size(f)
    place, layout, sound = _CHUNKS[kind]
    head = struct.calcsize(layout)
    long_size = 0
    for _ in range(MOST_CHUNKS):
        f.seek(place)
        if len(read := f.read(head)) < head:
            return False
        name, length = struct.unpack(layout, read)
        if kind == b"riff":
            length -= head
        if name == b"ds64":
            long_size = int.from_bytes(f.read(16)[8:], "little")
        if name == sound:
            if length == 0xFFFF_FFFF:
                length = long_size
            # Programs that write to a pipe do not know the length and put one of these.
            streamed = length == 0 or 0x7FFF_F000 <= length <= 0x7FFF_FFFF or 0xFFFF_FF00 <= length <= 0xFFFF_FFFF
            streamed = streamed or length >> 63 == 1
            # One byte of slack: some writers leave out the last pad byte.
            return not streamed and place + head + length > size + 1
        step = 8 if kind == b"riff" else 1 if kind == b"caff" else 2
        place += head + -(-max(0, length) // step) * step
    return False


def _ogg_ends_early(page: bytes) -> bool:
    """Whether the last page is cut, or does not say that it is the last."""
    if len(page) < OGG_HEAD:
        return page.startswith(b"OggS")
    sizes = page[OGG_HEAD : OGG_HEAD + page[26]]
    whole = len(sizes) == page[26] and len(page) >= OGG_HEAD + len(sizes) + sum(sizes)
    return not (whole and page[5] & 4)


def _ogg_is_joined(f: BinaryIO, last: bytes) -> bool:
    """Whether the last page is of another stream than those that begin the file, of which alone libsndfile reads."""
    begun = set()
    f.seek(0)
    for _ in range(MOST_CHUNKS):
        head = f.read(OGG_HEAD)
        if len(head) < OGG_HEAD or not head.startswith(b"OggS") or not head[5] & 2:
            break
        begun.add(head[14:18])
        f.seek(sum(f.read(head[26])), os.SEEK_CUR)
    return len(last) >= OGG_HEAD and last[14:18] not in begun


def _ogg_last_page(f: BinaryIO) -> bytes:
    """What there is of it, with what lies behind."""
    f.seek(max(0, _size(f) - OGG_TAIL))
    tail = f.read()
    at = tail.rfind(b"OggS\0")
    return tail[at:] if at >= 0 else b""


def _mp3_start(f: BinaryIO) -> tuple[bool, int | None]:
    """For an MP3 whether it ends too early, and from where to read it where no length in it can be believed."""
    f.seek(0)
    head = f.read(10)
    start = 0
    if head[:3] == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
    f.seek(start)
    frame = f.read(MP3_SLACK)
    # Eleven bits that mark a frame, then two of the version and 01 for layer III.
    if len(frame) < MP3_TAG or frame[0] != 0xFF or frame[1] & 0xE6 != 0xE2:
        return False, None
    tag = max(frame.find(b"Xing", 0, 64), frame.find(b"Info", 0, 64))
    if tag < 0:
        # Without this tag libsndfile takes the bit rate of the beginning for that of the whole.
        return False, start
    flags = int.from_bytes(frame[tag + 4 : tag + 8], "big")
    if flags & 3 != 3:
        return False, None
    end = start + int.from_bytes(frame[tag + 12 : tag + 16], "big")
    size = _size(f)
    if end > size + MP3_SLACK:
        return True, None
    f.seek(end)
    follows = f.read(3)
    joined = size - end > MP3_SLACK and (follows == b"ID3" or (follows[0] == 0xFF and follows[1] & 0xE0 == 0xE0))
    # Of files that were joined, the first one's tag speaks of that one alone: read on from the frame behind it.
    behind = frame.find(frame[:2], tag + MP3_TAG)
    return False, start + behind if joined and behind > 0 else None
