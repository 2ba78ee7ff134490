"""Ardour: what its scripts insert, where they are installed, and sessions made without its window."""

from __future__ import annotations

from bridge.hosts.ardour.host import Ardour

__all__ = ["Ardour"]
