"""Write a trained model, or the mean of several, as the ONNX file that the product ships.

python -m training.notes.export MODEL.pt [MODEL.pt ...] bridge/data/notes.onnx

A model is a checkpoint of training.notes.train or the last.pt of a run. Weights of one net that was trained on are
alike enough for a mean (Wortsman and others, 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from bridge.note_maps.features import BINS
from bridge.note_maps.listen import WINDOW
from training.notes.model import ROLES, NoteNet


class Probabilities(nn.Module):
    """The network with its logits turned to 0..1."""

    def __init__(self, model: NoteNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, role: Tensor) -> Tensor:
        """Probabilities (1, 4, WINDOW, 88)."""
        return torch.sigmoid(self.model(features, role))


def mean_of(paths: Sequence[Path]) -> NoteNet:
    """Return the net whose weights are the mean of those of the given states, averaged ones where they are kept."""
    saved = [torch.load(p, map_location="cpu", weights_only=True) for p in paths]
    states = [s["model"] | s.get("average", {}) for s in saved]
    model = NoteNet(**saved[0]["config"])
    for name, weight in model.state_dict().items():
        if weight.is_floating_point():
            weight.copy_(torch.stack([state[name].float() for state in states]).mean(0))
        else:
            weight.copy_(states[0][name])
    return model.eval()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    example = torch.zeros(1, WINDOW, BINS), torch.eye(len(ROLES))[:1]
    torch.onnx.export(
        Probabilities(mean_of(args.model)).eval(),
        example,
        str(args.out),
        input_names=["features", "role"],
        output_names=["maps"],
        dynamo=False,
        opset_version=17,
    )
    onnx.checker.check_model(onnx.load(str(args.out)))
    print(args.out, args.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
