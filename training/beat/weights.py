"""Write weights small: half precision, of which seven bits after the point are kept and the rest packs to nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn

DROPPED = 3
"""Of the ten bits after the point; what is lost is a 256th of a weight at most."""


def rounded(values: np.ndarray) -> np.ndarray:
    """Numbers of 16 bits with the last bits 0."""
    bits = values.astype(np.float16).view(np.uint16)
    kept = (bits + np.uint16(1 << (DROPPED - 1))) & np.uint16(0xFFFF << DROPPED & 0xFFFF)
    return kept.view(np.float16)


def save_weights(model: nn.Module, path: Path) -> None:
    """Write the weights as the product reads them."""
    arrays = {n.replace(".", "_"): rounded(p.detach().numpy()) for n, p in model.named_parameters()}
    np.savez_compressed(path, **arrays)
