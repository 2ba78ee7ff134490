"""The training loop on a handful of tiny clips: it learns, stops, and goes on where it stopped."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install torch")
pytest.importorskip("scipy", reason="the generator needs scipy: pip install scipy")

from training.drums import train  # noqa: E402 - only where the libraries above are there
from training.drums.batches import Clips, Recipe, batch  # noqa: E402


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Four made-up feature files, one of them for validation: a bright frame wherever a snare is struck."""
    rng = np.random.default_rng(1)
    for number in (0, 1, 2, 19):
        features = rng.uniform(0, 0.3, (400, 3, 80)).astype(np.float16)
        struck = np.sort(rng.choice(np.arange(10, 390, 12), 12, replace=False))
        features[struck, :, 40:] += 1.5
        for kind in ("clean", "bleed"):
            (tmp_path / kind).mkdir(exist_ok=True)
            np.save(tmp_path / kind / f"{number:05d}.npy", features)
        np.save(tmp_path / f"{number:05d}.npy", np.array([(t / 100, 1, 0.8) for t in struck], np.float32))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, clips: Path, steps: int) -> Path:
    folder = clips / "run"
    small = [
        "--widths",
        "8",
        "8",
        "8",
        "--hidden",
        "16",
        "--dilations",
        "1",
        "2",
        "--lr",
        "0.01",
        "--crop",
        "100",
        "--batch",
        "4",
    ]
    where = ["--cache", str(clips), "--drums", str(clips), "--steps", str(steps)]
    monkeypatch.setattr(sys, "argv", ["train", str(folder), *where, *small])
    train.main()
    return folder


@pytest.mark.slow
def test_a_run_learns_and_a_stopped_one_goes_on(monkeypatch: pytest.MonkeyPatch, clips: Path) -> None:
    folder = run(monkeypatch, clips, 12)
    assert torch.load(folder / "last.pt", weights_only=True)["step"] == 12
    run(monkeypatch, clips, 20)
    state = torch.load(folder / "last.pt", weights_only=True)
    losses = [float(line.split()[5]) for line in (folder / "log.txt").read_text().splitlines() if "held-out" in line]
    assert state["step"] == 20
    assert len(losses) == 2
    assert losses[1] < losses[0]
    assert json.loads((folder / "config.json").read_text())["seed"] == 0


def test_a_band_without_drums_has_no_truth(clips: Path) -> None:
    found = Clips(clips, clips, validation=False)
    assert [p.stem for p in found.files["clean"]] == ["00000", "00001", "00002"]
    assert len(found.rows("clean", found.files["clean"][0])) == 12


def test_alterations_keep_the_shape_and_the_targets(clips: Path) -> None:
    found = Clips(clips, clips, validation=False)
    recipe = Recipe(shares=(0.0, 1.0, 0.0), crop=100, batch=3)
    x, onset, velocity = batch(np.random.default_rng(2), found, recipe)
    assert x.shape == (3, 100, 3, 80)
    assert onset.shape == velocity.shape == (3, 100, 10)
    assert np.isfinite(x).all()
    plain = batch(
        np.random.default_rng(2), found, Recipe(shares=(0.0, 1.0, 0.0), bleed=0, alter=False, crop=100, batch=3)
    )
    np.testing.assert_array_equal(plain[1] > 0, plain[2] > 0)
