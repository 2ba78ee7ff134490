"""What the page shows of the sound: where a tone lies in the spectrogram, and that samples come as they are."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.files import inside
from bridge.review import sound, spectrogram
from bridge.spool.request import AudioSpan
from tests.raising import raises_code


def tone(path: Path, hz: float, seconds: float = 4.0, rate: int = 44_100) -> Path:
    t = np.arange(int(seconds * rate)) / rate
    samples = 0.5 * np.sin(2 * np.pi * hz * t) * (t >= 2.0)
    soundfile.write(path, np.stack([samples, samples], 1), rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize("key", [28, 40, 57, 69, 71, 72, 84, 100])
@pytest.mark.first_is_enough
def test_a_tone_lies_in_the_row_of_its_key_from_its_onset_on(tmp_path: Path, key: int) -> None:
    hz = 440.0 * 2 ** ((key - 69) / 12)
    source = sound.Source("mix", (tone(tmp_path / "a.wav", hz),), 44_100, 2, 4 * 44_100)
    levels = spectrogram.tile(source.mono, 0)
    column_s = spectrogram.HOP / spectrogram.RATE
    row = int(levels[:, round(3.0 / column_s)].argmax())
    turned = spectrogram.ROWS - 1 - row
    assert turned // spectrogram.ROWS_PER_KEY == key - spectrogram.MIN_KEY
    line = levels[row].astype(int)
    assert line[: round(1.7 / column_s)].max() < 20
    assert line[round(2.3 / column_s) : round(3.7 / column_s)].min() > 200


def test_a_coarser_tile_keeps_the_loudest(tmp_path: Path) -> None:
    source = sound.Source("mix", (tone(tmp_path / "a.wav", 440.0),), 44_100, 2, 4 * 44_100)
    shape = (spectrogram.ROWS, spectrogram.COLUMNS)
    fine, coarse = (
        np.frombuffer(gzip.decompress(sound.tile(source, tmp_path / "c", level, 0)), np.uint8).reshape(shape)
        for level in (0, 1)
    )
    wanted = fine.reshape(spectrogram.ROWS, -1, spectrogram.COARSER).max(axis=2)
    assert (coarse[:, : wanted.shape[1]] == wanted).all()


def test_samples_and_peaks_are_the_files(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.wav", 100.0)
    source = sound.Source("mix", (path,), 44_100, 2, 4 * 44_100)
    piece = np.frombuffer(sound.piece(source, 100_000, 5_000), "<i2").reshape(-1, 2) / 32767
    wanted, _ = soundfile.read(path, start=100_000, frames=5_000)
    assert np.abs(piece - wanted).max() < 1e-4
    pairs = np.frombuffer(gzip.decompress(sound.peaks(source, tmp_path / "c")), np.int8).reshape(-1, 2)
    assert len(pairs) == -(-4 * 44_100 // sound.PEAK_FRAMES)
    assert pairs[:100].any() == False  # noqa: E712 - a numpy bool
    assert abs(int(pairs[-50:].max()) - 64) <= 1
    assert len(sound.piece(source, 4 * 44_100 - 10, 5_000)) == 40


def test_a_mix_whose_file_is_gone_is_the_sum_of_its_stems(tmp_path: Path) -> None:
    (tmp_path / "stems").mkdir()
    for role, hz in (("bass", 110.0), ("other", 880.0)):
        tone(tmp_path / "stems" / f"{role}.wav", hz)
    item = {"length_s": 4.0, "stems": [{"role": r, "path": f"stems/{r}.wav"} for r in ("bass", "other")]}
    found = sound.sources(tmp_path, item, 0, AudioSpan(tmp_path / "gone.wav"))
    assert list(found) == ["mix", "bass", "other"]
    mix = sound.ready(found["mix"])
    both = sum(found[r].read(120_000, 1_000) for r in ("bass", "other"))
    assert np.allclose(mix.read(120_000, 1_000), both)
    assert np.allclose(mix.mono(2.5, 0.5), found["bass"].mono(2.5, 0.5) + found["other"].mono(2.5, 0.5), atol=1e-6)


def test_sound_that_is_gone_is_said(tmp_path: Path) -> None:
    found = sound.sources(tmp_path, {"length_s": 4.0}, 0, AudioSpan(tmp_path / "gone.wav"))
    with raises_code("audio-gone"):
        sound.ready(found["mix"])


@pytest.mark.parametrize("path", ["../secret.wav", "/etc/passwd", "", None, 3, "a\0b", "stems"])
def test_a_stem_outside_the_job_is_not_opened(tmp_path: Path, path: object) -> None:
    folder = tmp_path / "job"
    (folder / "stems").mkdir(parents=True)
    tone(tmp_path / "secret.wav", 440.0)
    assert inside(folder, path) is None
    assert "bass" not in sound.sources(folder, {"length_s": 4.0, "stems": [{"role": "bass", "path": path}]}, 0, None)
