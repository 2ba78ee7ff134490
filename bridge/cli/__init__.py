"""The command line."""

from __future__ import annotations

from bridge.cli.entry import main

__all__ = ["main"]
