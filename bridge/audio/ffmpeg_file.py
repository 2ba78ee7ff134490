"""Sound files as FFmpeg reads them.

What any player plays, read on past what is damaged.

Silence stands for what is missing, so that what follows stays in its place, and ``losses`` says where. The package is
PyAV, whose wheels carry FFmpeg; it is imported with the first file that needs it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt

from bridge.errors import InputError, PluginError

Array = npt.NDArray[np.float32]

FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,"
    "mpegts,mxf,ogg,oma,rm,tak,tta,voc,w64,wav,wv,xwma"
)
"""Containers that may be opened: none that names other files or addresses, as playlists do."""
SAFE = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
EXACT = ("mp3", "aac", "flac", "wav", "w64", "aiff", "caf", "mov,mp4,m4a,3gp,3g2,mj2", "tta", "wv", "ape")
"""Containers whose times are exact to the sample, so that a span can be looked for by its time; those of Vorbis inside
Ogg are only exact where a page ends."""
SAYS_LENGTH = ("flac", "mov,mp4,m4a,3gp,3g2,mj2", "tta", "wv", "ape")
"""Containers whose head says how long the sound is; others guess it, or say it wrong where they were cut."""
TAGS = (b"ID3", b"TAG", b"APE", b"LYR", b"\0\0\0")
"""First bytes of what lies behind a frame and was never sound: the tags of joined files, and padding."""
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
MAX_ERRORS = 1000
"""Errors of the container itself in a row, each of which passes over at least a byte."""
SCALES = {"u8": 2.0**-7, "s16": 2.0**-15, "s32": 2.0**-31, "s64": 2.0**-63}
"""Format of whole-number samples -> what they are multiplied by."""
RATES = {3: (44_100, 48_000, 32_000, 0), 2: (22_050, 24_000, 16_000, 0), 0: (11_025, 12_000, 8_000, 0)}
"""Version of MPEG sound -> samples a second by two bits of a frame's header."""
MPEG_1 = (
    (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448, 0),
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 0),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
)
MPEG_2 = (
    (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256, 0),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
)
"""Thousand bits a second by layer and four bits of a frame's header."""
SECOND = 1_000_000
"""The unit of a container's own times."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A piece of sound that is missing."""

    start_s: float
    length_s: float


def mpeg_frame_bytes(head: bytes) -> int:
    """Length of the MPEG frame that begins so, by its header (ISO 11172-3, 2.4.2.3); 0 where it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    rate = RATES.get(version, (0, 0, 0, 0))[head[2] >> 2 & 3]
    row = MPEG_1[layer - 1] if version == 3 and layer < 4 else MPEG_2[min(layer, 2) - 1]
    bits = row[head[2] >> 4] * 1000
    if not rate or not bits or layer > 3:
        return 0
    padding = head[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // rate + padding) * 4
    return (144 if layer == 2 or version == 3 else 72) * bits // rate + padding


def adts_frame_bytes(head: bytes) -> int:
    """The same for a frame of AAC (ISO 13818-7, 6.2)."""
    return (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 if len(head) > 5 and head[0] == 0xFF else 0


FRAME_BYTES = {"mp3": mpeg_frame_bytes, "aac": adts_frame_bytes}
"""Bare streams of frames -> how long one is."""


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
        self._stream = _Stream(path)
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


class _Stream:
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
