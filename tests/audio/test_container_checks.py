"""Files that say something untrue of their own length: all that is there is heard, and what is missing is said."""

from __future__ import annotations

import os
import shutil
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.audio.recording import WORK_RATE
from bridge.audio.span_import import import_span
from tests.raising import raises_code

LENGTH_S = 12.0
ENDING_HZ = 880.0


def _sound(rate: int = 44_100) -> npt.NDArray[np.float64]:
    """(frames,) quiet at first and loud at last, which a variable bit rate follows; its last second is a tone."""
    t = np.arange(round(LENGTH_S * rate)) / rate
    noise = np.random.default_rng(1).standard_normal(len(t)) * np.where((t > 4) & (t < LENGTH_S - 1), 0.2, 0.0)
    return np.where(
        t < LENGTH_S - 1, noise + 0.1 * np.sin(440 * 2 * np.pi * t), 0.4 * np.sin(ENDING_HZ * 2 * np.pi * t)
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sound in every format, under the format's name."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ("WAV", "RF64", "W64", "AIFF", "CAF", "FLAC"):
        soundfile.write(folder / name, _sound(), 44_100, format=name, subtype="PCM_16")
    soundfile.write(folder / "VORBIS", _sound(), 44_100, format="OGG", subtype="VORBIS")
    soundfile.write(folder / "OPUS", _sound(48_000), 48_000, format="OGG", subtype="OPUS")
    soundfile.write(folder / "MP3", _sound(), 44_100, format="MP3", bitrate_mode="VARIABLE")
    return folder


def _cut(content: bytes, tmp_path: Path, share: float, *, is_said: bool = True) -> None:
    """What is left is heard and stands in its place, and the rest is told."""
    (tmp_path / "song").write_bytes(content)
    recording = import_span(tmp_path / "song", tmp_path / "mix.wav")
    assert recording.length_s == pytest.approx(LENGTH_S * share, abs=LENGTH_S * 0.35)
    assert recording.length_s < LENGTH_S - 0.1
    loud = np.abs(recording.read()[0]).reshape(-1)[:: WORK_RATE // 100] > 0.25
    assert np.argmax(loud) / 100 == pytest.approx(4.0, abs=0.1)
    missing = [w for w in recording.warnings if "song ends too early: its last" in w]
    assert bool(missing) == is_said
    if missing:
        said_s = float(missing[0].split("its last ")[1].split(" s")[0])
        assert said_s == pytest.approx(LENGTH_S - recording.length_s, abs=0.15)


def _heard(content: bytes, tmp_path: Path, length_s: float = LENGTH_S, *, start_s: float = 0.0) -> None:
    """It is as long as it should be, and its last second is the tone that it ends with."""
    (tmp_path / "song").write_bytes(content)
    recording = import_span(tmp_path / "song", tmp_path / "mix.wav", start_s=start_s)
    # MP3 pads its frames, and one with a tag inside is a frame of silence.
    assert recording.length_s == pytest.approx(length_s - start_s, abs=0.12)
    ending = recording.read(recording.frames - 40_000, 32_768)[0]
    heard_hz = float(np.abs(np.fft.rfft(ending * np.hanning(32_768))).argmax() * WORK_RATE / 32_768)
    assert heard_hz == pytest.approx(ENDING_HZ, abs=3)


@pytest.mark.parametrize("share", [0.6, 0.97])
@pytest.mark.parametrize("name", ["WAV", "RF64", "W64", "AIFF", "CAF", "FLAC", "VORBIS", "OPUS", "MP3"])
@pytest.mark.first_is_enough
def test_of_what_was_cut_the_rest_is_heard(whole: Path, tmp_path: Path, name: str, share: float) -> None:
    content = (whole / name).read_bytes()
    _heard(content, tmp_path)
    (tmp_path / "mix.wav").unlink()
    # An Ogg does not say how long it should be.
    _cut(content[: int(len(content) * share)], tmp_path, share, is_said=name not in ("VORBIS", "OPUS"))


def test_where_nothing_is_left_it_is_refused(whole: Path, tmp_path: Path) -> None:
    for name in ("WAV", "FLAC", "VORBIS", "MP3", "CAF"):
        (tmp_path / "song").write_bytes((whole / name).read_bytes()[:60])
        with raises_code("audio-too-short", "file-not-audio"):
            import_span(tmp_path / "song", tmp_path / "mix.wav")
        assert not (tmp_path / "mix.wav").exists()


def test_a_last_page_that_is_cut_within_is_heard_up_to_there(whole: Path, tmp_path: Path) -> None:
    _cut((whole / "VORBIS").read_bytes()[:-20], tmp_path, 1.0, is_said=False)


@pytest.mark.parametrize("name", ["VORBIS", "OPUS"])
def test_an_ogg_of_several_recordings_is_heard_to_its_end(whole: Path, tmp_path: Path, name: str) -> None:
    content = (whole / name).read_bytes()
    other = bytearray(content)
    # The second one has a number of its own, as joined files have.
    at = 0
    while (at := other.find(b"OggS\0", at)) >= 0:
        other[at + 14] ^= 0x55
        other[at + 22 : at + 26] = bytes(4)
        end = at + 27 + other[at + 26] + sum(other[at + 27 : at + 27 + other[at + 26]])
        other[at + 22 : at + 26] = struct.pack("<I", _ogg_crc(bytes(other[at:end])))
        at = end
    _heard(content + bytes(other), tmp_path, 2 * LENGTH_S)


def _ogg_crc(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = ((crc << 1) ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


def test_a_tag_behind_the_last_page_is_no_harm(whole: Path, tmp_path: Path) -> None:
    _heard((whole / "VORBIS").read_bytes() + b"TAG" + bytes(125), tmp_path)


def _wav(whole: Path, *, riff: int | None = None, data: int | None = None, behind: bytes = b"") -> bytes:
    """The WAV with other sizes than its own."""
    content = bytearray((whole / "WAV").read_bytes())
    place = content.index(b"data")
    if riff is not None:
        content[4:8] = struct.pack("<I", riff)
    if data is not None:
        content[place + 4 : place + 8] = struct.pack("<I", data)
    return bytes(content + behind)


def test_a_wav_whose_sound_is_said_to_be_longer_than_the_file_is_heard_to_its_end(whole: Path, tmp_path: Path) -> None:
    _heard(_wav(whole, data=10_000_000), tmp_path)
    warnings = import_span(tmp_path / "song", tmp_path / "mix.wav").warnings
    assert len(warnings) == 1
    assert f"its last {(10_000_000 / 88_200) - LENGTH_S:.1f} s are missing" in warnings[0]
    # Nobody asked for what is missing.
    assert import_span(tmp_path / "song", tmp_path / "mix.wav", start_s=1.0, length_s=3.0).warnings == ()


def test_a_wav_whose_outer_size_is_wrong_is_whole_all_the_same(whole: Path, tmp_path: Path) -> None:
    size = (whole / "WAV").stat().st_size
    _heard(_wav(whole, riff=size), tmp_path)
    # Cut in what comes behind the sound.
    _heard(_wav(whole, riff=size + 92, behind=b"LIST\x64\0\0\0INFO"), tmp_path)


@pytest.mark.parametrize("length", [0, 0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFFF])
def test_a_wav_from_a_pipe_has_no_length(whole: Path, tmp_path: Path, length: int) -> None:
    _heard(_wav(whole, riff=length, data=length), tmp_path)


def _streamed_flac(whole: Path) -> bytes:
    """As a program writes it to a pipe: without the number of samples."""
    content = bytearray((whole / "FLAC").read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    return bytes(content)


def _without_tag(whole: Path) -> bytes:
    """The MP3 without its first frame, which tells how many there are."""
    content = (whole / "MP3").read_bytes()
    assert b"Xing" in content[:64]
    return content[content.index(content[:2], 100) :]


def _id3(size: int) -> bytes:
    return b"ID3\x03\0\0" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)


@pytest.mark.parametrize("start_s", [0.0, 7.5])
def test_files_of_unknown_length_are_heard_to_their_end(whole: Path, tmp_path: Path, start_s: float) -> None:
    _heard(_streamed_flac(whole), tmp_path, start_s=start_s)
    _heard(_without_tag(whole), tmp_path, start_s=start_s)
    _heard(_id3(100_000) + _without_tag(whole) + b"TAG" + bytes(125), tmp_path, start_s=start_s)


def test_a_span_of_a_file_of_unknown_length(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "song").write_bytes(_streamed_flac(whole))
    recording = import_span(tmp_path / "song", tmp_path / "mix.wav", start_s=3.0, length_s=2.0)
    assert recording.frames == 88_200
    expected = _sound()[132_300:220_500]
    assert np.abs(recording.read()[0] - expected).max() < 1e-4
    assert import_span(tmp_path / "song", tmp_path / "mix.wav", start_s=11.0, length_s=9.0).length_s == 1.0
    with raises_code("audio-too-short"):
        import_span(tmp_path / "song", tmp_path / "mix.wav", start_s=13.0)


def test_files_that_were_joined_are_heard_to_their_end(whole: Path, tmp_path: Path) -> None:
    mp3 = (whole / "MP3").read_bytes()
    _heard(mp3 + mp3, tmp_path, 2 * LENGTH_S)
    _heard(_id3(300) + mp3 + _id3(300) + mp3, tmp_path, 2 * LENGTH_S)
    _heard(_without_tag(whole) * 2, tmp_path, 2 * LENGTH_S)


def test_a_large_tag_behind_an_mp3_does_not_shift_it(whole: Path, tmp_path: Path) -> None:
    mp3 = (whole / "MP3").read_bytes()
    (tmp_path / "plain").write_bytes(mp3)
    (tmp_path / "tagged").write_bytes(mp3 + b"APETAGEX" + bytes(50_000))
    plain, tagged = (import_span(tmp_path / n, tmp_path / f"{n}.wav").read() for n in ("plain", "tagged"))
    # The padding of the last frame is not told from sound there.
    assert np.array_equal(plain, tagged[:, : plain.shape[1]])
    assert tagged.shape[1] - plain.shape[1] < 1152


def test_nothing_is_said_on_standard_error(whole: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mp3 = (whole / "MP3").read_bytes()
    _heard(_without_tag(whole), tmp_path)
    _heard(mp3 + mp3, tmp_path, 2 * LENGTH_S)
    (tmp_path / "mix.wav").unlink()
    _cut(mp3[: len(mp3) * 3 // 5], tmp_path, 0.6)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="Windows has text for names")
def test_a_name_that_is_no_text(whole: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfcber.wav"))
    shutil.copy(whole / "WAV", odd)
    assert import_span(odd, odd.with_suffix(".mix")).length_s == LENGTH_S
