"""Nets as files: checkpoints of runs, and the file that the product ships, written and read back."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn

from bridge.transcribers.drums.engine import PIECE
from bridge.transcribers.drums.features import BANDS, WINDOWS
from training.drums.net import DrumNet, NetConfig, Together

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def load_nets(paths: Sequence[Path]) -> tuple[nn.Module, list[dict[str, object]]]:
    """The nets of all files as one, and what is known of their runs."""
    nets: list[DrumNet] = []
    runs: list[dict[str, object]] = []
    for path in (p for p in paths if p.suffix == ".onnx"):
        nets += read_nets(path)
        runs += json.loads(path.with_suffix(".json").read_text())["runs"]
    for folder, states in groupby((p for p in paths if p.suffix != ".onnx"), key=lambda p: p.parent):
        nets.append(load_net(*states))
        run = json.loads((folder / "config.json").read_text())
        runs.append({key: run[key] for key in ("net", "recipe", "seed", "lr")})
    return Together(nets).eval(), runs


def load_net(*paths: Path) -> DrumNet:
    """The net of a checkpoint of `training.drums.train`, or the mean of several of one run."""
    states = [torch.load(path, map_location="cpu", weights_only=True) for path in paths]
    net = DrumNet(NetConfig(**states[0]["config"]))
    weights = [state["net"] for state in states]
    net.load_state_dict({k: torch.stack([w[k].float() for w in weights]).mean(0) for k in weights[0]})
    return net.eval()


class Answering(nn.Module):
    """The net as it ships: probabilities and velocities instead of logits."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, spectra: torch.Tensor) -> torch.Tensor:
        """(1, frames, 3, 80) -> (1, frames, 2, classes), 0 to 1."""
        return torch.sigmoid(self.net(spectra))


def export(net: nn.Module, out: Path) -> str:
    """Write the ONNX file; its SHA-256."""
    out.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Answering(net).eval(),
            (torch.zeros(1, PIECE, len(WINDOWS), BANDS),),
            str(out / "drums.onnx"),
            input_names=["spectra"],
            output_names=["strokes"],
            dynamo=False,
        )
    return hashlib.sha256((out / "drums.onnx").read_bytes()).hexdigest()


def read_nets(path: Path) -> list[DrumNet]:
    """All nets of ``path``, whose description lies beside it; normalisation stays folded into the convolutions."""
    graph = onnx.load(str(path)).graph
    arrays = {i.name: torch.tensor(numpy_helper.to_array(i)) for i in graph.initializer}
    # The exporter writes equal arrays once.
    arrays |= {n.output[0]: arrays[n.input[0]] for n in graph.node if n.op_type == "Identity" and n.input[0] in arrays}
    folded = iter([tuple(arrays[name] for name in n.input[1:3]) for n in graph.node if n.op_type == "Conv"])
    runs = json.loads(path.with_suffix(".json").read_text())["runs"]
    return [_filled(DrumNet(NetConfig(**run["net"])), folded) for run in runs]


@torch.no_grad()
def _filled(net: DrumNet, folded: Iterator[tuple[torch.Tensor, ...]]) -> DrumNet:
    """The net with the next weights and biases, in the order in which it computes."""
    layers = [m for m in net.modules() if isinstance(m, (*CONVOLUTIONS, *NORMS))]
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, CONVOLUTIONS):
            weight, bias = next(folded)
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(bias)
            else:  # the norm behind it has become this bias
                assert isinstance(following, NORMS)
                following.bias.copy_(bias)
                following.running_mean.zero_()
                following.running_var.fill_(1 - following.eps)
    return net.eval()
