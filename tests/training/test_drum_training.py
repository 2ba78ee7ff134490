"""The training loop on a handful of tiny clips: it learns, stops, and goes on where it stopped."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install torch")
pytest.importorskip("scipy", reason="the generator needs scipy: pip install scipy")

from training.drums import train  # noqa: E402 - only where the libraries above are there
from training.drums.batches import Clips, Recipe, batch  # noqa: E402
from training.drums.net import DrumNet, NetConfig, Together  # noqa: E402
from training.drums.weights import export, load_net, read_nets  # noqa: E402

pytestmark = pytest.mark.slow


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


def run(monkeypatch: pytest.MonkeyPatch, clips: Path, steps: int, *more: str) -> Path:
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
    monkeypatch.setattr(sys, "argv", ["train", str(folder), *where, *small, *more])
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


def test_pieces_over_a_band_keep_their_strokes_and_a_band_alone_has_none(clips: Path) -> None:
    found = Clips(clips, clips, validation=False)
    clean = Recipe(shares=(0.0, 1.0, 0.0), bleed=0.0, alter=False, crop=100, batch=4)
    x, onset, velocity = batch(np.random.default_rng(3), found, replace(clean, over=1.0))
    assert onset.max() == velocity.max() * 1.25 == 1.0
    struck = (onset[:, :, 1] > 0.9) & (np.arange(100) < 90)
    assert x[struck][:, :, 40:].mean() > 2 * x[onset[:, :, 1] == 0][:, :, 40:].mean()

    _, onset, velocity = batch(np.random.default_rng(3), found, replace(clean, alone=1.0))
    assert not onset.any()
    assert not velocity.any()


def test_a_run_goes_on_from_a_shipped_net(monkeypatch: pytest.MonkeyPatch, clips: Path) -> None:
    start = DrumNet(NetConfig(widths=(8, 8, 8), hidden=16, dilations=(1, 2))).eval()
    export(Together([start]), clips / "shipped")
    description = {"runs": [{"net": start.config.as_dict()}]}
    (clips / "shipped" / "drums.json").write_text(json.dumps(description))
    more = ["--start", str(clips / "shipped" / "drums.onnx"), "--freeze", "2"]
    folder = run(monkeypatch, clips, 3, *more)
    after, before = load_net(folder / "average.pt"), read_nets(clips / "shipped" / "drums.onnx")[0]
    spectra = torch.rand(1, 50, 3, 80)
    assert torch.equal(after.front[:6](spectra.transpose(1, 2)), before.front[:6](spectra.transpose(1, 2)))
    # Three small steps: a net whose normalisation went wrong would answer something else altogether.
    moved = (after(spectra) - before(spectra)).abs().max()
    assert 0 < moved < 0.2
