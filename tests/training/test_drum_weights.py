"""Nets that were written as the product ships them answer the same when they are read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch: pip install torch")
pytest.importorskip("onnx", reason="training writes ONNX files: pip install onnx")

from training.drums.net import DrumNet, NetConfig, Together  # noqa: E402 - only where the libraries above are there
from training.drums.weights import export, load_nets, read_nets  # noqa: E402

pytestmark = pytest.mark.slow

SMALL = NetConfig(widths=(4, 4, 4), hidden=8, dilations=(1, 2))


def trained() -> DrumNet:
    """A net whose normalisation does something."""
    net = DrumNet(SMALL)
    for module in net.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            for values in (module.running_var, module.weight.data):
                values.uniform_(0.5, 2)
            for values in (module.running_mean, module.bias.data):
                values.normal_()
    net.eval()
    return net


def test_nets_come_back_from_the_shipped_file_and_answer_together_with_those_of_a_run(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first, second, third = trained(), trained(), trained()
    spectra = torch.rand(1, 50, 3, 80)
    export(Together([first, second]), tmp_path)
    run = {"net": SMALL.as_dict(), "recipe": {}, "seed": 1, "lr": 0.002}
    (tmp_path / "drums.json").write_text(json.dumps({"runs": [{**run, "seed": 0}, run]}))
    for net, back in zip((first, second), read_nets(tmp_path / "drums.onnx"), strict=True):
        np.testing.assert_allclose(back(spectra).detach(), net(spectra).detach(), atol=1e-5)

    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**run, "seed": 2, "minutes": 40}))
    torch.save({"config": SMALL.as_dict(), "net": third.state_dict()}, folder / "average.pt")
    net, runs = load_nets([tmp_path / "drums.onnx", folder / "average.pt"])
    mean = (first(spectra) + second(spectra) + third(spectra)) / 3
    np.testing.assert_allclose(net(spectra).detach(), mean.detach(), atol=1e-5)
    assert [r["seed"] for r in runs] == [0, 1, 2]
