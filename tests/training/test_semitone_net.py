"""The semitone net: it begins as the net it comes from, learns from what the data step writes, and ships as it is."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch: pip install torch")
pytest.importorskip("scipy", reason="the generator needs scipy: pip install scipy")
pytest.importorskip("pretty_midi", reason="the generator reads songs: pip install pretty_midi")

import torch

from bridge.inference.network import Network
from bridge.transcribers.drums.peaks import CLASSES, SHARED
from training.drums.net import DrumNet, NetConfig, Together
from training.drums.semitones import tune
from training.drums.semitones.batches import Clips, batch
from training.drums.semitones.data import classes_of_keys
from training.drums.semitones.net import SEMITONES, SemitoneDrumNet, bands_of_semitones, load, moved
from training.drums.semitones.train import Run
from training.drums.weights import export, read_nets

pytestmark = pytest.mark.slow
SMALL = NetConfig(widths=(8, 8, 8), hidden=16, dilations=(1, 2))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Clips with a bright frame wherever a tambourine is struck, and a band that plays alone."""
    rng = np.random.default_rng(1)
    sounds = rng.integers(40, 60, (4, 600, SEMITONES), np.uint8)
    strokes = [np.array([(k, 12, 0.8) for k in np.arange(0.3, 6.5, 0.4)], np.float32) for _ in range(3)]
    for sound, rows in zip(sounds, strokes, strict=False):
        sound[np.round(rows[:, 0] * 22050 / 256).astype(int), 60:] += 100
    ends = np.cumsum([len(s) for s in strokes] + [0])
    np.savez(tmp_path / "mixes.npz", numbers=[0, 1, 19, 2], sounds=sounds, strokes=np.concatenate(strokes), ends=ends)
    (tmp_path / "drums").mkdir()
    np.savez(tmp_path / "drums" / "00003.npz", sound=sounds[0], strokes=strokes[0])
    np.save(tmp_path / "louder_db.npy", np.full(80, 20.0))
    export(Together([DrumNet(SMALL).eval()]), tmp_path / "start")
    (tmp_path / "start" / "drums.json").write_text(json.dumps({"runs": [{"net": SMALL.as_dict()}]}))
    return tmp_path


def options(data: Path, steps: int) -> argparse.Namespace:
    start = data / "start" / "drums.onnx"
    return argparse.Namespace(
        run=data / "run", data=data, start=start, net=0, steps=steps, every=5, lr=0.003, seed=0, head=False,
        weights=None,
    )  # fmt: skip


def test_it_begins_as_the_net_it_comes_from() -> None:
    base = DrumNet(SMALL).eval()
    front = base.front[0]
    net = SemitoneDrumNet(base, np.zeros(80)).eval()
    x = torch.full((1, 50, SEMITONES), -20.0)
    known = torch.from_numpy(bands_of_semitones()[1])
    spectra = torch.log10(1 + 1000 * 0.1 * known).expand(1, 50, 3, 80)
    old = DrumNet(SMALL).eval()
    same = {k: v for k, v in net.state_dict().items() if k in old.state_dict()}
    first = {"front.0.weight": front.weight, "head.weight": base.head.weight, "head.bias": base.head.bias}
    old.load_state_dict({**same, **first})
    with torch.no_grad():
        np.testing.assert_allclose(net(x)[:, :, :, :SHARED], old(spectra), atol=1e-3)


def test_keys_of_general_midi_become_classes() -> None:
    rows = np.array([(0.1, 36, 127), (0.2, 54, 64), (0.3, 39, 127), (0.4, 60, 100), (0.5, 20, 90)], np.float32)
    found = [(round(float(t), 1), CLASSES[int(kind)]) for t, kind, _ in classes_of_keys(rows)]
    assert found == [(0.1, "kick"), (0.2, "tambourine"), (0.3, "side_stick"), (0.3, "clap")]


def test_pieces_keep_their_strokes(data: Path) -> None:
    clips = Clips(data, validation=False)
    assert (len(clips.mixes), len(clips.bands), len(clips.drums)) == (3, 1, 1)
    x, onset, velocity = batch(np.random.default_rng(0), clips, 8, 200)
    assert x.shape == (8, 200, SEMITONES)
    struck = onset[:, :, 12] > 0.9
    assert struck.any()
    assert x[struck][:, 60:].mean() > x[onset[:, :, 12] == 0][:, 60:].mean() + 6
    assert (velocity[struck][:, 12] > 0).all()


def test_a_run_learns_stops_goes_on_and_ships(data: Path) -> None:
    Run(options(data, 5)).fit()
    more = Run(options(data, 40))
    assert more.step == 5
    more.fit()
    losses = [float(line.split()[4]) for line in (data / "run" / "log.txt").read_text().splitlines()]
    assert losses[-1] < losses[0] - 0.02
    net = load(data / "run" / "average.pt", read_nets(data / "start" / "drums.onnx")[0])
    tune.export(net, data)
    x = np.random.default_rng(0).uniform(-90, -20, (1, 300, SEMITONES)).astype(np.float32)
    (shipped,) = Network(data / "semitones.onnx", device="cpu", precision="f32")(x)
    with torch.no_grad():
        np.testing.assert_allclose(shipped, torch.sigmoid(net(torch.from_numpy(x))).numpy(), atol=2e-3)


def test_weights_move_a_part_of_the_way_to_another_net() -> None:
    one, other = (SemitoneDrumNet(DrumNet(SMALL).eval(), np.zeros(80)).eval() for _ in range(2))
    start, end = one.head.weight.clone(), other.head.weight.clone()
    torch.testing.assert_close(moved(one, other, 0.25).head.weight, 0.75 * start + 0.25 * end)
