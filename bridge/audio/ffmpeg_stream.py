"""The frames of the first sound in a file, as FFmpeg decodes them; damage is passed over, and its length measured."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from bridge.audio.mpeg_frames import FRAME_BYTES
from bridge.errors import InputError, PluginError

FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,"
    "mpegts,mxf,ogg,oma,rm,tak,tta,voc,w64,wav,wv,xwma"
)
"""Containers that may be opened: none that names other files or addresses, as playlists do."""
SAFE = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
SAYS_LENGTH = ("flac", "mov,mp4,m4a,3gp,3g2,mj2", "tta", "wv", "ape")
"""Containers whose head says how long the sound is; others guess it, or say it wrong where they were cut."""
TAGS = (b"ID3", b"TAG", b"APE", b"LYR", b"\0\0\0")
"""First bytes of what lies behind a frame and was never sound: the tags of joined files, and padding."""
MAX_ERRORS = 1000
"""Errors of the container itself in a row, each of which passes over at least a byte."""
SECOND = 1_000_000
"""The unit of a container's own times."""


class Stream:
    """The frames of the first sound in a file; errors of FFmpeg end here."""

    def __init__(self, path: Path) -> None:
        try:
            import av
        except ImportError as e:
            message = f"{path.name} needs the package av, which is not installed; install it with: pip install av"
            raise PluginError(message, code="package-missing-av") from e
        av.logging.set_level(None)  # what it says is for its own developers
        self._path = path
        self._troubles = (av.FFmpegError, OSError, ValueError, MemoryError)
        self._container: Any = None
        self._lost_s = 0.0
        self._file: Any = _as_riff(path)
        try:
            self._container = av.open(self._file, options=SAFE, metadata_errors="replace")
            self._stream: Any = self._container.streams.audio[0]
        except (*self._troubles, IndexError) as e:
            self.close()
            raise no_audio(path) from e
        self.kind: str = self._container.format.name
        self._origin_s = (self._container.start_time or 0) / SECOND

    @property
    def length_s(self) -> float | None:
        """As the head of the file gives it."""
        if self.kind not in SAYS_LENGTH or not self._stream.duration:
            return None
        return float(self._stream.duration * self._stream.time_base)

    def due_s(self, frame: Any) -> float | None:
        """Place a frame, by its own time and by what is known to be lost."""
        if frame.pts is None or frame.time_base is None:
            return None
        due_s = float(frame.pts * frame.time_base) - self._origin_s + self._lost_s
        # Its decoder hands over each frame with the time of the next.
        return due_s - frame.samples / frame.sample_rate if self.kind == "asf" else due_s

    def seek(self, place_s: float) -> bool:
        """Go to a place at or before ``place_s``; whether that was possible."""
        self._lost_s = 0.0
        try:
            self._container.seek(int((place_s + self._origin_s) * SECOND))
        except self._troubles:
            return False
        return True

    def decoded(self) -> Iterator[Any]:
        """Frames; what cannot be decoded is passed over."""
        for packet in self._packets():
            try:
                frames = packet.decode()
            except self._troubles:
                continue
            yield from (f for f in frames if f.samples)

    def _packets(self) -> Iterator[Any]:
        """Packets of the sound, the last one empty; damage in a bare stream is measured on the way."""
        errors, size, count = 0, 0, 0
        packets = self._container.demux(self._stream)
        while errors < MAX_ERRORS:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except self._troubles:
                errors += 1
                packets = self._container.demux(self._stream)
                continue
            errors = 0
            yield packet
            if self.kind in FRAME_BYTES and packet.size:
                content = bytes(packet)
                own = FRAME_BYTES[self.kind](content)
                if own:
                    size, count = size + own, count + 1
                # Frames whose header was hit are part of the packet of the one before, or are one packet.
                behind = content[own:]
                if count and behind and not behind.startswith(TAGS):
                    lost = round((len(behind) * count - (0 if own else size)) / size)
                    self._lost_s += max(0, lost) * float((packet.duration or 0) * packet.time_base)

    def close(self) -> None:
        """Let go of the file."""
        if self._container is not None:
            self._container.close()
        self._file.close()


class _Overlaid(io.FileIO):
    """A file of which a few bytes read as others."""

    def __init__(self, path: Path, changes: Mapping[int, bytes]) -> None:
        super().__init__(path)
        self._changes = changes

    def read(self, size: int | None = -1, /) -> bytes:
        start = self.tell()
        found = bytearray(super().read(size) or b"")
        for place, new in self._changes.items():
            for at, byte in enumerate(new, place - start):
                if 0 <= at < len(found):
                    found[at] = byte
        return bytes(found)


def _as_riff(path: Path) -> IO[bytes]:
    """The file for FFmpeg, which believes the sizes of an RF64 that was written to a pipe: zero, or none."""
    with path.open("rb") as f:
        head = f.read(40)
    if head[:4] in (b"RF64", b"BW64") and head[12:16] == b"ds64" and head[28:36] in (bytes(8), b"\xff" * 8):
        # A plain WAV whose sound has no size is read to its end.
        return cast("IO[bytes]", _Overlaid(path, {0: b"RIFF", 12: b"JUNK"}))
    return path.open("rb")


def no_audio(path: Path) -> InputError:
    """The error of a file in which no reader finds sound."""
    return InputError(
        f"{path.name} is not audio that can be read here; export it as WAV, AIFF, FLAC, OGG, Opus, MP3 or M4A.",
        code="file-not-audio",
    )
