"""What every player plays is read: all of it, each sound in its place, and what is missing is said."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.audio.recording import WORK_RATE, Recording
from bridge.audio.span_import import import_span
from tests.audio.encoders import RATE, encode, onsets, steps
from tests.raising import raises_code

LENGTH_S = 6.0
WANTED = [0.25 + 0.5 * i for i in range(12)]
EXACT_S = 0.004
"""What :func:`onsets` can tell."""
DELAY_S = 0.03
"""What MPEG encoders put before the sound where no tag says so; every player plays it too."""


def read(path: Path, **how: float) -> Recording:
    return import_span(path, path.with_name("mix.wav"), **how)  # type: ignore[arg-type]


def heard(path: Path, late_s: float = EXACT_S, **how: float) -> Recording:
    """All tones are there, each in its place."""
    recording = read(path, **how)
    found = onsets(recording.read()[0], WORK_RATE)
    assert len(found) == len(WANTED), found
    assert all(-EXACT_S <= f - w <= late_s for f, w in zip(found, WANTED, strict=True)), found
    return recording


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.m4a", "aac", RATE),
        ("a.mp4", "aac", RATE),
        ("a.mov", "alac", RATE),
        ("a.mka", "aac", RATE),
        ("a.webm", "libopus", 48_000),
        ("a.opus", "libopus", 48_000),
        ("a.mp3", "libmp3lame", RATE),
        ("a.avi", "pcm_s16le", RATE),
        ("a.caf", "pcm_s16be", RATE),
    ],
)
def test_what_people_have_begins_to_the_sample(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    recording = heard(encode(tmp_path / name, codec, steps(LENGTH_S, rate), rate))
    assert recording.warnings == ()
    assert recording.length_s == pytest.approx(LENGTH_S, abs=0.05)
    # A name says nothing.
    (tmp_path / name).rename(tmp_path / "b.wav")
    heard(tmp_path / "b.wav")


@pytest.mark.parametrize(
    ("name", "codec"),
    [("l.m4a", "aac"), ("l.mp3", "libmp3lame"), ("l.mka", "aac"), ("l.flac", "flac"), ("l.mp2", "mp2")],
)
@pytest.mark.first_is_enough
def test_a_span_far_in_is_the_same_as_in_the_whole(tmp_path: Path, name: str, codec: str) -> None:
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, 40 * RATE).astype(np.float32)
    path = encode(tmp_path / name, codec, noise)
    whole = read(path).read()
    piece = read(path, start_s=31.3, length_s=2.0)
    first = round(31.3 * WORK_RATE)
    assert np.abs(piece.read() - whole[:, first : first + piece.frames]).max() < 1e-3


def id3(size: int, flags: int = 0) -> bytes:
    return b"ID3\4\0" + bytes([flags, *((size >> shift) & 127 for shift in (21, 14, 7, 0))]) + bytes(size)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: id3(500) + id3(300) + raw,
        lambda raw: id3(500, 0x10) + b"3DI\4\0\x10" + id3(500)[6:10] + raw,
        lambda raw: id3(500) + bytes(3000) + raw,
        lambda raw: bytes(2000) + raw,
        lambda raw: raw[37:],
        lambda raw: raw + b"TAG" + bytes(125),
        lambda raw: b"\r\n\r\n" + raw,
    ],
    ids=[
        "two tags",
        "footer",
        "zeros behind the tag",
        "zeros first",
        "cut in a frame",
        "tag behind",
        "line ends first",
    ],
)
def test_an_mp3_begins_where_its_first_frame_is(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    raw = encode(tmp_path / "raw.mp3", "libmp3lame", steps(), options={"write_xing": "0", "id3v2_version": "0"})
    (tmp_path / "a.mp3").write_bytes(change(raw.read_bytes()))
    found = onsets(read(tmp_path / "a.mp3").read()[0], WORK_RATE)
    # A first frame that is cut is not there: what comes after begins so much earlier.
    assert np.abs(np.subtract(found, WANTED)).max() < DELAY_S


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp2", "mp2"), ("a.wav", "libmp3lame"), ("a.aac", "aac"), ("b.wav", "mp2")]
)
def test_mpeg_sound_of_every_layer_and_in_a_wav(tmp_path: Path, name: str, codec: str) -> None:
    container = "adts" if name == "a.aac" else None
    heard(encode(tmp_path / name, codec, steps(), container=container), late_s=DELAY_S)


def chunk(name: bytes, data: bytes, size: int | None = None) -> bytes:
    return name + struct.pack("<I", len(data) if size is None else size) + data


PCM = (steps() * 32_767).astype("<i2").tobytes()
FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16))


@pytest.mark.parametrize("riff", [0, 8, 36, 0xFFFF_FFFF, 4088])
@pytest.mark.parametrize("data", [0, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000_0000, 0xFFFF_FFFE])
@pytest.mark.parametrize(
    "before", [b"", chunk(b"bext", bytes(602)), chunk(b"FLLR", bytes(4008))], ids=["", "bext", "FLLR"]
)
def test_a_wav_that_was_never_finished_is_read_to_its_end(tmp_path: Path, riff: int, data: int, before: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", riff) + b"WAVE" + before + FORMAT + chunk(b"data", PCM, data))
    assert heard(path).length_s == pytest.approx(LENGTH_S, abs=0.001)


def test_a_wav_that_is_empty_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", 36) + b"WAVE" + FORMAT + chunk(b"data", b""))
    with raises_code("audio-empty"):
        read(tmp_path / "a.wav")


@pytest.mark.parametrize("kind", ["RF64", "W64", "CAF", "AIFF"])
@pytest.mark.parametrize("size", [0, -1])
def test_the_long_forms_that_were_streamed(tmp_path: Path, kind: str, size: int) -> None:
    """Sizes as a program leaves them that writes to a pipe."""
    path = tmp_path / "a.bin"
    soundfile.write(path, steps(), RATE, format=kind, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    name = {"RF64": b"data", "W64": b"data", "CAF": b"data", "AIFF": b"SSND"}[kind]
    place = content.index(name)
    if kind == "W64":
        content[place + 16 : place + 24] = struct.pack("<q", size)
    elif kind == "CAF":
        content[place + 4 : place + 12] = struct.pack(">q", size)
    elif kind == "AIFF":
        content[place + 4 : place + 8] = struct.pack(">i", size)
    else:
        content[place + 4 : place + 8] = b"\xff" * 4
        sizes = content.index(b"ds64") + 8
        content[sizes : sizes + 24] = struct.pack("<3q", size, size, size)
    path.write_bytes(content)
    heard(path)


@pytest.mark.parametrize(("name", "codec", "rate"), [("a.opus", "libopus", 48_000), ("a.ogg", "vorbis", RATE)])
@pytest.mark.first_is_enough
def test_an_ogg_without_an_end_is_whole(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    path = tmp_path / name
    if codec == "vorbis":
        soundfile.write(path, steps(), rate, format="OGG", subtype="VORBIS")
    else:
        encode(path, codec, steps(LENGTH_S, rate), rate)
    content = bytearray(path.read_bytes())
    at = content.rfind(b"OggS\0")
    content[at + 5] &= ~4
    content[at + 22 : at + 26] = bytes(4)
    crc = 0
    for byte in content[at:]:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    content[at + 22 : at + 26] = struct.pack("<I", crc)
    path.write_bytes(content)
    heard(path)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp3", "libmp3lame"), ("b.mp3", "libmp3lame"), ("a.flac", "flac"), ("a.m4a", "aac")]
)
@pytest.mark.parametrize("size", [40, 1000])
@pytest.mark.first_is_enough
def test_a_scratch_costs_what_it_hits_and_is_told(
    tmp_path: Path, name: str, codec: str, size: int, capfd: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(1).uniform(-0.005, 0.005, len(steps())).astype(np.float32)
    options = {"write_xing": "0"} if name == "b.mp3" else {}
    path = encode(tmp_path / name, codec, steps() + noise, options=options)
    content = bytearray(path.read_bytes())
    place = len(content) // 2
    content[place : place + size] = b"\x55" * size
    path.write_bytes(content)
    recording = read(path)
    found = onsets(recording.read()[0], WORK_RATE)
    late_s = DELAY_S if name == "b.mp3" else EXACT_S
    kept = [w for w in WANTED if any(-EXACT_S <= f - w <= late_s for f in found)]
    assert len(kept) >= len(WANTED) - 1, found
    assert kept[-1] == WANTED[-1]
    if size == 1000 and codec != "aac":
        assert any(f"{name} is damaged at 0:0" in w for w in recording.warnings), recording.warnings
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a.raw", "a.RAW"])
@pytest.mark.first_is_enough
def test_a_name_that_ends_in_raw_is_read_by_its_content(tmp_path: Path, name: str) -> None:
    soundfile.write(tmp_path / "a.wav", steps(), RATE)
    (tmp_path / "a.wav").rename(tmp_path / name)
    heard(tmp_path / name)
    (tmp_path / name).write_bytes(b"II*\0" + bytes(5000))
    with raises_code("file-not-audio"):
        read(tmp_path / name)


def header(rate: int, channels: int) -> bytes:
    data = bytes(range(256)) * 689
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * 2 * channels & 0xFFFFFFFF, 2 * channels, 16)
    return b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", data)


@pytest.mark.parametrize(
    ("rate", "channels"), [(1, 2), (8, 1), (20, 1), (50, 1), (999, 2), (2_000_000, 1), (2**32 - 1, 1), (44_100, 1000)]
)
def test_a_rate_or_channels_that_no_sound_has_are_refused(tmp_path: Path, rate: int, channels: int) -> None:
    (tmp_path / "a.wav").write_bytes(header(rate, channels))
    with raises_code("audio-impossible-format", "file-not-audio"):
        read(tmp_path / "a.wav")
    assert not (tmp_path / "mix.wav").exists()


@pytest.mark.parametrize("rate", [1_000, 4_000, 768_000])
@pytest.mark.first_is_enough
def test_a_rate_that_some_sound_has_is_read(tmp_path: Path, rate: int) -> None:
    (tmp_path / "a.wav").write_bytes(header(rate, 1))
    assert read(tmp_path / "a.wav").length_s == pytest.approx(256 * 689 / 2 / rate, abs=0.01)


@pytest.mark.parametrize("gain", [-1.0, -0.98, -0.9])
def test_sides_that_cancel_are_heard_and_told(tmp_path: Path, gain: float) -> None:
    sides: npt.NDArray[np.float32] = np.stack([steps(), steps() * np.float32(gain)], 1)
    soundfile.write(tmp_path / "a.wav", sides, RATE, subtype="PCM_24")
    recording = read(tmp_path / "a.wav")
    assert any("cancel each other" in w for w in recording.warnings)
    assert np.abs(recording.mono(WORK_RATE) - recording.read()[0]).max() < 0.05
    # A stem of a sound mix may be like that on its own, for a while.
    soundfile.write(tmp_path / "stem.wav", sides, RATE, subtype="FLOAT")
    stem = Recording(tmp_path / "stem.wav", RATE, 2, len(sides), recording.rms, recording.peak)
    assert np.abs(stem.mono(RATE, 1.0, 2.0)).max() > 0.3


def test_sides_that_differ_are_left_alone(tmp_path: Path) -> None:
    wide = np.stack([steps(), np.roll(steps(), 4000)], 1)
    soundfile.write(tmp_path / "a.wav", wide, RATE, subtype="FLOAT")
    recording = read(tmp_path / "a.wav")
    assert recording.warnings == ()
    assert np.abs(recording.read().T - wide).max() < 1e-6


def test_a_playlist_opens_no_other_file(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "secret.wav", steps(), RATE)
    for name, content in (
        ("a.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{tmp_path}/secret.wav\n#EXT-X-ENDLIST\n"),
        ("a.ffconcat", f"ffconcat version 1.0\nfile '{tmp_path}/secret.wav'\n"),
        ("a.sdp", "v=0\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n"),
    ):
        (tmp_path / name).write_text(content)
        with raises_code("file-not-audio"):
            read(tmp_path / name)


@pytest.mark.parametrize("place", [0.02, 0.5])
def test_a_flipped_bit_in_a_flac_is_told_and_costs_nothing_else(tmp_path: Path, place: float) -> None:
    noise = np.random.default_rng(1).uniform(-0.01, 0.01, len(steps())).astype(np.float32)
    soundfile.write(tmp_path / "a.flac", steps() + noise, RATE)
    content = bytearray((tmp_path / "a.flac").read_bytes())
    content[int(len(content) * place)] ^= 0x10
    (tmp_path / "a.flac").write_bytes(content)
    recording = read(tmp_path / "a.flac")
    assert recording.length_s == pytest.approx(LENGTH_S, abs=0.001)
    assert len([w for w in recording.warnings if "a.flac is damaged at 0:0" in w]) == 1
    assert len([f for f in onsets(recording.read()[0], WORK_RATE) if any(abs(f - w) < EXACT_S for w in WANTED)]) >= 11
