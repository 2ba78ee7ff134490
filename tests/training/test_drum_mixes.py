"""Whole mixes for the drum nets: what is written for a clip belongs together, and levels are those of real mixes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the generator needs scipy: pip install scipy")
pytest.importorskip("pretty_midi", reason="the generator reads songs: pip install pretty_midi")
pytest.importorskip("fluidsynth", reason="bands need fluidsynth: pip install pyfluidsynth", exc_type=ImportError)

from training.drums import mixes
from training.drums.dataset import without_drums
from training.drums.render import FRAMES
from training.drums.sounds import save
from training.drums.synth_kit import synthetic_kit

pytestmark = pytest.mark.slow


def tone(*_: object) -> np.ndarray:
    """A band that holds one note."""
    return np.asarray(0.1 * np.sin(2 * np.pi * 220 / 44100 * np.arange(FRAMES)), np.float32)


def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> tuple[Path, Path]:
    kit = [sound for sounds in synthetic_kit(np.random.default_rng(1)).values() for sound in sounds]
    save(tmp_path / "bank", "hydrogen/Made", kit)
    monkeypatch.setattr(mixes, "band", tone)
    args = argparse.Namespace(cache=tmp_path / "cache", drums=tmp_path / "truth", bank=tmp_path / "bank")
    args.drums.mkdir()
    players: dict[bool, Any] = {False: None, True: None}
    mixes.write_clip(number, args, players, [], {False: [], True: []})
    return args.cache, args.drums


def brightness(path: Path) -> np.ndarray:
    """What sounds above the tone, by frame."""
    bright: np.ndarray = np.load(path)[:, 1, 50:].astype(float).sum(1)
    return bright


def test_files_of_a_clip_belong_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = next(n for n in (0, 1, 8, 9, 16, 17) if not without_drums(n) and not without_drums(n + mixes.OTHER))
    cache, truth = written(tmp_path, monkeypatch, number)
    for kind, stem in (("clean", number), ("bleed", number), ("mix", number), ("mix", number + mixes.OTHER)):
        assert np.isfinite(np.load(cache / kind / f"{stem:05d}.npy")).all()
    rows = np.load(truth / f"{number:05d}.npy")
    np.testing.assert_array_equal(rows, np.load(truth / f"{number + mixes.OTHER:05d}.npy"))
    at = np.round(rows[rows[:, 2] > 0.5, 0] * 100).astype(int)
    for kind, stem in (("clean", number), ("mix", number), ("mix", number + mixes.OTHER)):
        bright = brightness(cache / kind / f"{stem:05d}.npy")
        assert bright[at].mean() > 1.2 * bright.mean()


def test_a_band_alone_has_no_strokes_in_its_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    number = next(n for n in range(0, 400, 8) if without_drums(n))
    cache, _ = written(tmp_path, monkeypatch, number)
    inside = slice(20, -20)
    alone = np.load(cache / "mix" / f"{number:05d}.npy").astype(float)[inside]
    assert np.abs(np.diff(alone, axis=0)).max() < 0.1
    assert np.abs(np.diff(np.load(cache / "clean" / f"{number:05d}.npy").astype(float)[inside], axis=0)).max() > 0.5


def test_drums_lie_about_as_loud_as_the_band(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixes, "mastered", lambda x, rng: x)
    rest, drums = tone(), np.random.default_rng(2).normal(0, 0.01, FRAMES)
    levels = []
    for seed in range(60):
        heard = mixes.mixed(drums, rest, np.random.default_rng(seed)) - rest
        levels.append(20 * np.log10(np.sqrt((heard**2).mean() / (rest**2).mean())))
    assert -14.1 <= min(levels) < -8 < np.median(levels) < 2 < max(levels) <= 9.1
    np.testing.assert_array_equal(mixes.mixed(0 * drums, rest, np.random.default_rng(0)), rest)
