"""Audio in and out: every format, rate and channel count, and every way in which a file can be bad."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.audio.recording import WORK_RATE, Recording
from bridge.audio.span_import import ChannelSource, import_span
from bridge.audio.wav_writer import Writer
from bridge.errors import DawscribeError, InputError
from tests.raising import raises_code

Array = npt.NDArray[np.float64]


def _tone(frequency_hz: float = 440.0, length_s: float = 1.0, rate: int = 44_100, channels: int = 1) -> Array:
    """(frames, channels), each channel half as loud as the one before."""
    t = np.arange(round(length_s * rate)) / rate
    wave_ = 0.5 * np.sin(2 * np.pi * frequency_hz * t)
    result: Array = np.stack([wave_ / 2**c for c in range(channels)], 1)
    return result


def _file(path: Path, samples: Array, rate: int = 44_100, **how: str) -> Path:
    soundfile.write(path, samples, rate, **how)
    return path


def _frequency_hz(samples: npt.NDArray[np.float32], rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        ("wav", {"subtype": "PCM_16"}),
        ("wav", {"subtype": "PCM_24"}),
        ("wav", {"subtype": "FLOAT"}),
        ("wav", {"subtype": "PCM_U8"}),
        ("wav", {"format": "RF64", "subtype": "PCM_16"}),
        ("aiff", {"subtype": "PCM_16"}),
        ("flac", {}),
        ("ogg", {"subtype": "VORBIS"}),
        ("opus", {"format": "OGG", "subtype": "OPUS"}),
        ("mp3", {"format": "MP3"}),
        ("w64", {}),
        ("caf", {"subtype": "PCM_16"}),
    ],
)
def test_formats(suffix: str, how: dict[str, str], tmp_path: Path) -> None:
    rate = 48_000 if suffix == "opus" else 44_100
    source = _file(tmp_path / f"Übung – 1.{suffix}", _tone(rate=rate, channels=2), rate, **how)
    recording = import_span(source, tmp_path / "work" / "mix.wav")
    assert (recording.rate, recording.channels) == (WORK_RATE, 2)
    # MP3 pads its frames.
    assert recording.length_s == pytest.approx(1.0, abs=0.06 if suffix == "mp3" else 0.001)
    assert recording.peak == pytest.approx(0.5, rel=0.05)
    left, right = recording.read()
    assert _frequency_hz(left[4096:36864], WORK_RATE) == pytest.approx(440, abs=1.5)
    assert np.std(right[4096:36864]) == pytest.approx(np.std(left[4096:36864]) / 2, rel=0.05)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000])
def test_rates(rate: int, tmp_path: Path) -> None:
    recording = import_span(_file(tmp_path / "a.wav", _tone(rate=rate), rate), tmp_path / "mix.wav")
    assert recording.frames == pytest.approx(44_100, abs=2)
    expected = _tone()[:, 0]
    # The same samples at the same places: resampling neither shifts nor scales.
    heard = recording.read()[0][2000:42000]
    assert np.abs(heard - expected[2000:42000]).max() < 0.002


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 6, 8])
def test_channels_fold_to_two(channels: int, tmp_path: Path) -> None:
    samples = _tone(channels=channels)
    recording = import_span(_file(tmp_path / "a.wav", samples, subtype="FLOAT"), tmp_path / "mix.wav")
    left = samples[:, 0] if channels < 3 else samples[:, 0::2].mean(1)
    right = samples[:, min(1, channels - 1)] if channels < 3 else samples[:, 1::2].mean(1)
    assert np.abs(recording.read() - np.stack([left, right])).max() < 1e-6
    assert recording.rms == pytest.approx(math.sqrt(float((np.stack([left, right]) ** 2).mean())), rel=1e-4)


def test_a_span_is_cut_to_the_sample_and_scaled(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, (88_200, 2))
    source = _file(tmp_path / "a.wav", samples, subtype="FLOAT")
    recording = import_span(source, tmp_path / "mix.wav", start_s=0.5, length_s=1.0, gain=-0.5)
    assert recording.frames == 44_100
    assert np.abs(recording.read() + 0.5 * samples[22_050:66_150].T).max() < 1e-6
    # A span past the end is cut there.
    assert import_span(source, tmp_path / "mix.wav", start_s=1.5, length_s=9.0).length_s == pytest.approx(0.5)


def test_stereo_in_two_mono_files(tmp_path: Path) -> None:
    left = _file(tmp_path / "a%L.wav", _tone(440), subtype="FLOAT")
    right = _file(tmp_path / "a%R.wav", _tone(660, channels=2), subtype="FLOAT")
    recording = import_span([ChannelSource(left), ChannelSource(right, 1)], tmp_path / "mix.wav")
    heard = recording.read()
    assert np.abs(heard[0] - _tone(440)[:, 0]).max() < 1e-6
    assert np.abs(heard[1] - _tone(660)[:, 0] / 2).max() < 1e-6


def test_two_files_of_different_rates_are_refused(tmp_path: Path) -> None:
    sources = [ChannelSource(_file(tmp_path / f"{r}.wav", _tone(rate=r), r)) for r in (44_100, 48_000)]
    with raises_code("item-rates-differ"):
        import_span(sources, tmp_path / "mix.wav")


def _damaged(name: str, folder: Path) -> Path:
    whole = {
        "wav": _file(folder / "w.wav", _tone(length_s=2)),
        "aiff": _file(folder / "w.aiff", _tone(length_s=2)),
        "flac": _file(folder / "w.flac", np.random.default_rng(1).uniform(-0.5, 0.5, 88_200)[:, None]),
    }[name]
    path = folder / f"cut.{name}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    return path


@pytest.mark.parametrize("name", ["wav", "aiff", "flac"])
def test_a_file_that_ends_too_early_is_heard_up_to_there(name: str, tmp_path: Path) -> None:
    recording = import_span(_damaged(name, tmp_path), tmp_path / "mix.wav")
    assert recording.length_s == pytest.approx(4 / 3, abs=0.1)
    assert [f"cut.{name} ends too early" in w for w in recording.warnings] == [True]


@pytest.mark.parametrize("suffix", ["mp3", "ogg"])
def test_a_stream_that_was_cut_gives_a_sentence_or_what_is_left(suffix: str, tmp_path: Path) -> None:
    whole = _file(tmp_path / f"w.{suffix}", _tone(length_s=3))
    path = tmp_path / f"cut.{suffix}"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    try:
        length_s = import_span(path, tmp_path / "mix.wav").length_s
    except InputError as e:
        length_s, sentence = 0.0, str(e)
        assert not (tmp_path / "mix.wav").exists()
    assert length_s < 2.5
    assert length_s or f"cut.{suffix}" in sentence


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "audio-empty-file"),
        (b"this is no audio at all, only text" * 50, "file-not-audio"),
        (b"RIFF", "file-not-audio"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\0" * 64, "file-not-audio"),
        (bytes(range(256)) * 40, "file-not-audio"),
    ],
)
def test_what_is_not_audio(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    path.write_bytes(content)
    with raises_code(code) as caught:
        import_span(path, tmp_path / "mix.wav")
    assert "song.wav" in str(caught.value)
    assert not (tmp_path / "mix.wav").exists()


def test_an_audio_file_without_samples(tmp_path: Path) -> None:
    with raises_code("audio-empty"):
        import_span(_file(tmp_path / "a.wav", np.zeros((0, 2))), tmp_path / "mix.wav")


def test_a_folder_a_missing_file_a_pipe_and_a_name_too_long(tmp_path: Path) -> None:
    with raises_code("audio-is-folder"):
        import_span(tmp_path, tmp_path / "mix.wav")
    with raises_code("audio-not-found"):
        import_span(tmp_path / "gone.wav", tmp_path / "mix.wav")
    with raises_code("file-unreadable"):
        import_span(tmp_path / ("x" * 5000), tmp_path / "mix.wav")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.wav")
        with raises_code("audio-is-device"):
            import_span(tmp_path / "pipe.wav", tmp_path / "mix.wav")


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file(tmp_path / "a.wav", _tone())
    path.chmod(0)
    if os.access(path, os.R_OK):
        # Root may read everything: there, the system's answer is played.
        monkeypatch.setattr(os, "access", lambda *_: False)
    with raises_code("file-unreadable"):
        import_span(path, tmp_path / "mix.wav")


@pytest.mark.parametrize("length_s", [0.0001, 0.01, 0.099])
def test_too_short_a_span(length_s: float, tmp_path: Path) -> None:
    with raises_code("audio-too-short"):
        import_span(_file(tmp_path / "a.wav", _tone(length_s=length_s)), tmp_path / "mix.wav")
    with raises_code("audio-too-short"):
        import_span(_file(tmp_path / "a.wav", _tone()), tmp_path / "mix.wav", start_s=0.95)
    with raises_code("audio-too-short"):
        import_span(_file(tmp_path / "a.wav", _tone()), tmp_path / "mix.wav", start_s=1e9)
    assert not (tmp_path / "mix.wav").exists()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_samples_that_are_not_numbers(bad: float, tmp_path: Path) -> None:
    samples = _tone()
    samples[30_000] = bad
    with raises_code("audio-not-numbers"):
        import_span(_file(tmp_path / "a.wav", samples, subtype="FLOAT"), tmp_path / "mix.wav")
    assert not (tmp_path / "mix.wav").exists()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("field", ["start_s", "length_s", "gain"])
def test_a_span_that_is_not_a_number(field: str, bad: float, tmp_path: Path) -> None:
    span: dict[str, Any] = {"start_s": 0.0, "length_s": 0.5, "gain": 1.0, field: bad}
    with raises_code("item-not-a-number"):
        import_span(_file(tmp_path / "a.wav", _tone()), tmp_path / "mix.wav", **span)


def test_silence_is_no_error(tmp_path: Path) -> None:
    recording = import_span(_file(tmp_path / "a.wav", np.zeros((44_100, 2))), tmp_path / "mix.wav")
    assert recording.is_silent and recording.rms == 0
    dither = np.random.default_rng(1).integers(-1, 2, (44_100, 1)) / 32_768
    assert import_span(_file(tmp_path / "b.wav", dither), tmp_path / "mix.wav").is_silent
    quiet = _tone() * 0.002
    assert not import_span(_file(tmp_path / "c.wav", quiet), tmp_path / "mix.wav").is_silent


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    class Stop(BaseException):
        pass

    def report(stage: str, fraction: float) -> None:
        assert stage == "read" and 0 < fraction <= 1
        raise Stop

    with pytest.raises(Stop):
        import_span(_file(tmp_path / "a.wav", _tone()), tmp_path / "mix.wav", report=report)
    assert not (tmp_path / "mix.wav").exists()


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    source = _file(tmp_path / "a.wav", _tone())
    (tmp_path / "file").write_text("")
    with raises_code("audio-unwritable"):
        import_span(source, tmp_path / "file" / "mix.wav")


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root to mount a tiny disk")
def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this container may not mount a tmpfs")
    try:
        with raises_code("disk-no-room"):
            import_span(_file(tmp_path / "a.wav", _tone(length_s=3)), disk / "mix.wav")
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_what_is_written_is_a_plain_wav(tmp_path: Path) -> None:
    block = np.random.default_rng(1).uniform(-1, 1, (2, 1001)).astype(np.float32)
    with Writer(tmp_path / "a.wav", 48_000, 2) as writer:
        writer.write(block[:, :500])
        writer.write(block[:, 500:])
        recording = writer.finish()
    head = (tmp_path / "a.wav").read_bytes()
    assert head[:4] == b"RIFF" and int.from_bytes(head[4:8], "little") == len(head) - 8
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == 48_000 and np.array_equal(samples.T, block)
    assert (recording.frames, recording.channels, recording.rate) == (1001, 2, 48_000)
    assert recording.peak == pytest.approx(float(np.abs(block).max()))
    assert recording.rms == pytest.approx(float(np.sqrt((block.astype(float) ** 2).mean())), rel=1e-5)
    with Writer(tmp_path / "b.wav", 8_000, 1, "PCM_16") as writer:
        writer.write(block[:1])
        writer.finish()
    # A reader that knows nothing but WAV agrees.
    with wave.open(str(tmp_path / "b.wav")) as plain:
        assert (plain.getnframes(), plain.getnchannels(), plain.getframerate()) == (1001, 1, 8_000)


def _work(folder: Path, length_s: float = 5.0) -> Recording:
    return import_span(_file(folder / "t.wav", _tone(331.7, length_s), subtype="FLOAT"), folder / "t-mix.wav")


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("start_s", [0.0, 0.02, 1.0, 1.2345, 3.9, -0.1])
def test_mono_is_placed_exactly(rate: int, start_s: float, tmp_path: Path) -> None:
    recording = _work(tmp_path)
    heard = recording.mono(rate, start_s, 1.0)
    assert heard.shape == (rate,) and heard.dtype == np.float32
    places = start_s + np.arange(rate) / rate
    expected = np.where(places >= 0, 0.5 * np.sin(2 * np.pi * 331.7 * places), 0.0)
    # To the nearest sample of the new rate; away from the file's start, where the resampler rings.
    off = 0.5 * 2 * np.pi * 331.7 * 0.5 / rate + 0.002
    inner = places > 0.01
    assert np.abs(heard - expected)[inner].max() < off


def test_mono_past_the_end_is_silent_and_blocks_are_the_whole(tmp_path: Path) -> None:
    recording = _work(tmp_path)
    tail = recording.mono(16_000, 4.5, 1.0)
    assert np.abs(tail[:7000]).max() > 0.4 and np.abs(tail[8200:]).max() == 0
    assert recording.mono(16_000).shape == (80_000,)
    assert recording.mono(16_000, 9.0, 0.5).shape == (8_000,)
    assert np.array_equal(np.concatenate(list(recording.blocks(10_000)), 1), recording.read())
    assert recording.read(200_000, 50_000).shape == (2, 20_500)
    assert recording.read(10**9).shape == (2, 0)


def test_every_refusal_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    for path in (tmp_path, tmp_path / "gone.wav", tmp_path / "empty.wav"):
        with pytest.raises(DawscribeError) as caught:
            import_span(path, tmp_path / "mix.wav")
        text = str(caught.value)
        assert text.endswith(".") and "\n" not in text and ";" in text
