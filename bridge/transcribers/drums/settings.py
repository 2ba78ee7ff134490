"""Settings of the drum nets, beside their weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge.errors import PluginError


def read_settings(path: Path) -> dict[str, Any]:
    """Return the settings in a file.

    Raises:
        PluginError: the file is missing or not of this sort.
    """
    try:
        values: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError) as e:
        raise damaged(path) from e
    return values


def damaged(path: Path) -> PluginError:
    """Return the error of damaged settings."""
    message = f"The drum model's settings in {path.name} are damaged; install dawscribe again."
    return PluginError(message, code="drums-damaged")
