"""Write a trained model as the ONNX file that the product ships.

python -m training.notes.export MODEL.pt bridge/data/notes.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from bridge.note_maps.features import BINS
from bridge.note_maps.listen import WINDOW
from training.notes.model import ROLES, NoteNet, load_model


class Probabilities(nn.Module):
    """The network with its logits turned to 0..1."""

    def __init__(self, model: NoteNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, role: Tensor) -> Tensor:
        """Probabilities (1, 4, WINDOW, 88)."""
        return torch.sigmoid(self.model(features, role))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    example = torch.zeros(1, WINDOW, BINS), torch.eye(len(ROLES))[:1]
    torch.onnx.export(
        Probabilities(load_model(args.model)).eval(),
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
