"""REAPER: what its scripts insert, where they are installed, how a running REAPER is reached, and .rpp files."""

from __future__ import annotations

from bridge.hosts.reaper.host import Reaper

__all__ = ["Reaper"]
