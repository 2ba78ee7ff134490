"""One-shots cut from a drum stem whose every hit is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.audio.one_shots import cut_one_shots
from bridge.music.notes import Note
from bridge.music.parts import Part, Score
from bridge.score.drum_map import mapped_score
from tests.raising import raises_code
from tests.support import track

RATE = 44100
HITS = [(0.5, 36, 100), (1.0, 38, 120), (1.0, 36, 100), (1.5, 36, 127), (1.7, 42, 60), (1.8, 42, 64), (2.6, 38, 64)]


def hit(pitch: int, velocity: int) -> np.ndarray:
    """A decaying tone, its pitch telling which drum it is."""
    time = np.arange(round(0.25 * RATE)) / RATE
    return velocity / 127 * 0.5 * np.sin(2 * np.pi * pitch * 10 * time) * np.exp(-time * 18)


@pytest.fixture
def stem(tmp_path: Path) -> Path:
    sound = np.zeros(round(3.5 * RATE))
    for onset, pitch, velocity in HITS:
        wave = hit(pitch, velocity)
        start = round(onset * RATE)
        sound[start : start + len(wave)] += wave
    path = tmp_path / "drums.wav"
    soundfile.write(path, np.stack([sound, sound], axis=1), RATE, subtype="FLOAT")
    return path


def drums(*notes: Note, keys: str = "gm") -> Part:
    """The part that was played, or these notes, on the keys of an instrument."""
    # Transcribed onsets are a little late.
    played = notes or tuple(Note(onset + 0.006, onset + 0.1, pitch, velocity) for onset, pitch, velocity in HITS)
    (part,) = mapped_score(Score((track("drums", "Drums", played, is_drums=True),), 4.0), keys).parts
    return part


def frequency(sound: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(sound[: round(0.2 * RATE)], 1 << 16))
    return float(np.argmax(spectrum) * RATE / (1 << 16))


def test_each_piece_comes_alone_from_its_attack(stem: Path, tmp_path: Path) -> None:
    shots = cut_one_shots(stem, drums(), tmp_path / "one_shots")
    assert [(s.pitch, s.path.name) for s in shots] == [
        (36, "36_kick.wav"), (38, "38_snare.wav"), (42, "42_closed_hat.wav"),
    ]  # fmt: skip
    for shot in shots:
        sound, rate = soundfile.read(shot.path)
        assert rate == RATE
        assert frequency(sound[:, 0]) == pytest.approx(shot.pitch * 10, rel=0.05)
        loud = np.flatnonzero(np.abs(sound[:, 0]) > 0.02)[0] / RATE
        assert loud < 0.012  # the attack stands at the front, and none of it is lost
        assert abs(sound[0, 0]) < 1e-6
        assert np.abs(sound[-1]).max() < 1e-4


def test_played_at_its_own_velocity_the_kit_keeps_its_balance(stem: Path, tmp_path: Path) -> None:
    shots = {s.pitch: soundfile.read(s.path)[0][:, 0] for s in cut_one_shots(stem, drums(), tmp_path / "x")}
    peaks = {pitch: float(np.abs(sound).max()) for pitch, sound in shots.items()}
    # All drums were made equally loud at full velocity, and are as loud as in the song.
    assert list(peaks.values()) == pytest.approx([0.5] * 3, rel=0.15)


def test_a_key_that_never_sounds_gets_no_file(stem: Path, tmp_path: Path) -> None:
    shots = cut_one_shots(stem, drums(Note(3.2, 3.3, 49, 90)), tmp_path / "x")
    assert shots == []


def test_a_missing_stem_is_the_users_to_know(tmp_path: Path) -> None:
    with raises_code("one-shots-unwritable"):
        cut_one_shots(tmp_path / "no.wav", drums(), tmp_path / "x")


def test_on_the_keys_of_another_instrument_a_piece_keeps_its_name_and_a_cymbal_its_tail(tmp_path: Path) -> None:
    time = np.arange(4 * RATE) / RATE
    sound = 0.5 * np.sin(2 * np.pi * 440 * time) * np.exp(-np.maximum(0, time - 0.5)) * (time >= 0.5)
    stem = tmp_path / "drums.wav"
    soundfile.write(stem, np.stack([sound, sound], axis=1), RATE, subtype="FLOAT")
    for pitch, name, length_s in ((46, "56_open_hat.wav", 2.0), (42, "49_closed_hat.wav", 0.7)):
        (shot,) = cut_one_shots(stem, drums(Note(0.506, 0.6, pitch, 100), keys="addictive"), tmp_path / "x")
        assert shot.path.name == name
        assert soundfile.info(shot.path).duration == pytest.approx(length_s, abs=0.05)
