"""Write the two nets of the band as the ONNX files that the product ships.

python -m training.band.export trunk training/notes/run/last.pt training/band/run/trunk.pt bridge/data/band.onnx
python -m training.band.export who RUN/last.pt bridge/data/who.onnx
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import nn

from bridge.note_maps.features import BINS
from bridge.note_maps.listen import WINDOW
from bridge.transcribers.band.crops import CHANNELS, STEPS
from training.band.net import Both, Tapped, Who, trained
from training.notes.export import mean_of
from training.notes.model import ROLES

LEFT_OUT = ("family", "embed")
"""Layers of Together that do not ship: they know the songs of the training by heart (README.md)."""


class Answers(nn.Module):
    """The second net with probabilities in the place of logits."""

    def __init__(self, net: Who) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: torch.Tensor, pitch: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Probability of a note, log probabilities of the families, embedding, view."""
        real, family, embedding, view = self.net(crops, pitch)
        return torch.sigmoid(real), torch.log_softmax(family, 1), embedding, view


def trunk(states: Sequence[Path], out: Path, frames: int = WINDOW) -> None:
    """The first net, the mean of its states: probabilities and the inner layer."""
    example = torch.zeros(1, frames, BINS), torch.eye(len(ROLES))[:1]
    torch.onnx.export(
        Tapped(mean_of(states)).eval(),
        example,
        str(out),
        input_names=["features", "role"],
        output_names=["maps", "hidden"],
        dynamo=False,
        opset_version=17,
    )


def save_company(path: Path, both: Both) -> None:
    """Write the net of onsets in company for bridge/transcribers/band/company.py, without its families and sounds."""
    kept = {n: w for n, w in both.together.state_dict().items() if n.split(".")[0] not in LEFT_OUT}
    weights: dict[str, Any] = {"_".join(n.rsplit(".", 1)): w.numpy().astype(np.float16) for n, w in kept.items()}
    np.savez(path, **weights)


def who(state: Path, out: Path) -> None:
    """The second net, for any number of onsets; company.npz beside it."""
    both = trained(state)
    save_company(out.with_name("company.npz"), both)
    net = both.alone
    example = torch.zeros(2, CHANNELS, STEPS), torch.full((2,), 60.0)
    names = ["real", "family", "embedding", "view"]
    torch.onnx.export(
        Answers(net.eval()).eval(),
        example,
        str(out),
        input_names=["crops", "pitch"],
        output_names=names,
        dynamic_axes={n: {0: "onsets"} for n in ("crops", "pitch", *names)},
        dynamo=False,
        opset_version=17,
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("net", choices=("trunk", "who"))
    parser.add_argument("state", type=Path, nargs="+", help="one; of the trunk several, whose mean is written")
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--frames", type=int, default=WINDOW, help="of the first net's input; cache.py's CLIP_WINDOW for that"
    )
    args = parser.parse_args()
    if args.net == "trunk":
        trunk(args.state, args.out, args.frames)
    else:
        who(args.state[0], args.out)
    onnx.checker.check_model(onnx.load(str(args.out)))
    print(args.out, args.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
