"""Devices of PyTorch.

For the engines that run on it; the caller imports it.
"""

from __future__ import annotations

from typing import Any

from bridge.errors import PluginError


def torch_devices(torch: Any) -> list[str]:
    """Return PyTorch's devices here, the fastest first."""
    have = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, there in have.items() if there]


def torch_device(torch: Any, wanted: str) -> str:
    """Return PyTorch's device for a setting; "auto" takes the fastest there is.

    Raises:
        PluginError: it is not there.
    """
    usable = torch_devices(torch)
    if wanted == "auto":
        return usable[0]
    if wanted not in usable:
        raise PluginError(
            f'PyTorch has no device "{wanted}" here; choose one of: auto, {", ".join(usable)}.',
            code="device-unavailable",
        )
    return wanted
