"""Devices of PyTorch.

For the engines that run on it; the caller imports it.
"""

from __future__ import annotations

from typing import Any


def torch_devices(torch: Any) -> list[str]:
    """Return PyTorch's devices here, the fastest first."""
    have = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, there in have.items() if there]
