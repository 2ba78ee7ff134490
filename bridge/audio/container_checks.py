"""Check containers before libsndfile is asked, which believes what a file says of itself.

Three things, and no more: how much sound a file promises (so that what is missing can be said), whether an Ogg holds
several recordings (of which libsndfile reads the first), and whether a file is MPEG sound (which FFmpeg reads better).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MAX_CHUNKS = 1000
"""Chunks looked through for the one with the sound; the longest list seen had twenty."""
OGG_TAIL = 1 << 17
"""Bytes at the end of an Ogg file that hold its last page, of at most 65,307, and tags behind it."""
OGG_HEAD = 27
"""Bytes of a page before the sizes of its pieces."""
MPEG_HEAD = 100
"""Bytes of an MP3's first frame that hold the number of all frames."""
CHUNKS = {
    b"RIFF": (12, "<4sI", b"data"),
    b"RF64": (12, "<4sI", b"data"),
    b"BW64": (12, "<4sI", b"data"),
    b"FORM": (12, ">4sI", b"SSND"),
    b"riff": (40, "<4s12xQ", b"data"),
    b"caff": (8, ">4sQ", b"data"),
}
"""First bytes of a file (WAV, its two long forms, AIFF, W64, CAF) -> place and layout of its chunks."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The sound as its container declares it."""

    share: float = 1.0
    """Share of the promised sound that is there, from 0 to 1."""
    frames: int | None = None
    """Least number of samples that each channel promises."""
    is_clear: bool = True
    """False where it does not say how long its sound is, or libsndfile would not read all of it."""


def promise(path: Path) -> Promise:
    """Return what a file promises.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as f:
        head = f.read(12)
        if head[:4] in CHUNKS:
            return _of_chunks(f, head[:4])
        if head[:4] == b"OggS":
            return Promise(is_clear=not _is_joined(f))
        return Promise(frames=_of_mpeg(f), is_clear=False) if _is_mpeg(head) else Promise()


def sound_path(path: Path) -> str | bytes:
    """``path`` as soundfile takes it; on POSIX systems it may be no text."""
    return os.fsencode(path) if os.name == "posix" else str(path)


def _is_mpeg(head: bytes) -> bool:
    """Return whether a file begins with a tag, a frame's eleven bits, or the zeros that some editors leave there."""
    return head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0) or head[:4] == bytes(4)


def _of_mpeg(f: BinaryIO) -> int | None:
    """The number in the tag that encoders put into the first frame, a little more than the sound itself."""
    f.seek(0)
    tag = f.read(10)
    start = 10 + sum((b & 127) << shift for b, shift in zip(tag[6:], (21, 14, 7, 0), strict=False))
    f.seek(start if tag.startswith(b"ID3") else 0)
    frame = f.read(MPEG_HEAD)
    at = max(frame.find(b"Xing"), frame.find(b"Info"))
    if at < 0 or len(frame) < at + 12 or not frame[at + 7] & 1 or frame[0] != 0xFF:
        return None
    # Two bits of the version: 11 is MPEG 1, whose frames have 1,152 samples and not half of that.
    return int.from_bytes(frame[at + 8 : at + 12], "big") * (1152 if frame[1] & 0x18 == 0x18 else 576)


def _of_chunks(f: BinaryIO, kind: bytes) -> Promise:
    """By the chunk with the sound; other sizes in the file may be wrong and harm nobody."""
    size = f.seek(0, os.SEEK_END)
    place, layout, sound = CHUNKS[kind]
    head = struct.calcsize(layout)
    long_size = 0
    for _ in range(MAX_CHUNKS):
        if place >= size:
            break
        f.seek(place)
        if len(read := f.read(head)) < head:
            break
        name, length = struct.unpack(layout, read)
        if kind == b"riff":
            length -= head
        if name == b"ds64":
            long_size = int.from_bytes(f.read(16)[8:], "little")
        if name == sound:
            if length == 0xFFFF_FFFF:
                length = long_size
            # Programs that write to a pipe, or that were ended while they wrote, leave one of these.
            unsaid = length <= 0 or 0x7FFF_F000 <= length <= 0x7FFF_FFFF or 0xFFFF_FF00 <= length <= 0xFFFF_FFFF
            if unsaid or length >> 62:
                return Promise(is_clear=False)
            # One byte of slack: some writers leave out the last pad byte.
            there = size - place - head
            return Promise(1.0 if there + 1 >= length else max(0, there) / length)
        step = 8 if kind == b"riff" else 1 if kind == b"caff" else 2
        place += head + -(-max(0, length) // step) * step
    return Promise(is_clear=False)


def _is_joined(f: BinaryIO) -> bool:
    """Return whether an Ogg's last page is of another stream than those that begin the file."""
    size = f.seek(0, os.SEEK_END)
    f.seek(max(0, size - OGG_TAIL))
    tail = f.read()
    at = tail.rfind(b"OggS\0")
    last = tail[at : at + OGG_HEAD] if at >= 0 else b""
    begun = set()
    f.seek(0)
    for _ in range(MAX_CHUNKS):
        head = f.read(OGG_HEAD)
        if len(head) < OGG_HEAD or not head.startswith(b"OggS") or not head[5] & 2:
            break
        begun.add(head[14:18])
        f.seek(sum(f.read(head[26])), os.SEEK_CUR)
    return len(last) == OGG_HEAD and last[14:18] not in begun
