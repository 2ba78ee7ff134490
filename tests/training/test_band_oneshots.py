"""Banks of one-shots: what a file's name says is what it sounds like, or it is put right or left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("soxr", reason="training needs more than the product")
pytest.importorskip("soundfile", reason="training needs more than the product")

from bridge.note_maps.features import RATE
from training.band.names import family_of
from training.band.oneshots import TOTAL_S, off_by, save
from training.band.sampled_bank import pitch_of, recordings


def tone(pitch: float, late_s: float = 0.0, fall_s: float = 1.0) -> np.ndarray:
    """A string that begins after ``late_s`` of silence."""
    t = np.arange(3 * RATE) / RATE
    hz = 440 * 2 ** ((pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 9) if hz * k < RATE / 2)
    return np.concatenate([np.zeros(round(late_s * RATE)), np.asarray(wave) * np.exp(-t / fall_s)])


def kept(folder: Path) -> tuple[list[int], np.ndarray]:
    with np.load(folder / "keys" / "a_b.npz") as file:
        return file["pitches"].tolist(), file["sounds"]


def test_a_sound_out_of_tune_is_bent_and_a_wrong_one_left_out(tmp_path: Path) -> None:
    sounds = {48: tone(48.0), 55: tone(55.7, late_s=0.4), 62: tone(62.0, fall_s=0.15), 69: tone(57.0), 76: tone(80.0)}
    assert save(tmp_path, "keys", "a_b", sounds, strict=True) == ""
    pitches, written = kept(tmp_path)
    assert pitches == [48, 55, 62]
    assert written.shape[1] == round(TOTAL_S * RATE) and np.abs(written).max() == 30000
    for pitch, x in zip(pitches, written, strict=True):
        assert off_by(x.astype(float), pitch) == pytest.approx(0, abs=0.12)
        assert np.argmax(np.abs(x) > 0.1 * np.abs(x).max()) < 0.01 * RATE


def test_an_instrument_an_octave_away_is_named_by_what_is_heard(tmp_path: Path) -> None:
    assert save(tmp_path, "keys", "a_b", {p: tone(p - 12) for p in (48, 60, 72)}) == ""
    assert kept(tmp_path)[0] == [36, 48, 60]


@pytest.mark.parametrize(
    "sounds", [{60: np.zeros(RATE), 64: tone(64)}, {60: tone(60.0), 64: tone(70.3), 67: tone(57.0)}]
)
def test_what_is_no_instrument_is_not_written(tmp_path: Path, sounds: dict[int, np.ndarray]) -> None:
    assert save(tmp_path, "keys", "a_b", sounds, strict=len(sounds) > 2) != ""
    assert not list(tmp_path.rglob("*.npz"))


@pytest.mark.parametrize(
    ("name", "pattern", "pitch"),
    [
        ("As2.mp3", "", 46),
        ("027-D#1-F.flac", r"-F\.", 27),
        ("twang_gb3_f_rr1.wav", "_f_rr1", 54),
        ("twang_gb3_p_rr1.wav", "_f_rr1", None),
        ("PIANO LEVEL4 CLOSE 60.flac", r"CLOSE (\d+)", 60),
        ("noise.wav", "", None),
    ],
)
def test_a_recording_is_found_by_its_note(tmp_path: Path, name: str, pattern: str, pitch: int | None) -> None:
    assert pitch_of(name, pattern) == pitch
    (tmp_path / name).touch()
    assert list(recordings(tmp_path, pattern)) == [pitch] * (pitch is not None)


@pytest.mark.parametrize(
    ("name", "family"),
    [("HARPSICH 1", "keys"), ("Bass Clarinet", "winds"), ("SynthBass 2", "bass"), ("STEEL DRUM", "mallets"),
     ("Harp", "strings"), ("JAZZ GUITR", "guitar"), ("Reed Organ", "organ"), ("Helicopter", ""), ("Sexy Boy", None)],
)  # fmt: skip
def test_a_name_tells_the_family(name: str, family: str | None) -> None:
    assert family_of(name) == family
