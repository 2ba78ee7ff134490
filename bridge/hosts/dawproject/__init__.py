"""DAWproject: one file with audio, tracks, tempo map and markers for Bitwig, Studio One, Cubase and others."""

from __future__ import annotations

from bridge.hosts.dawproject.host import DawProject

__all__ = ["DawProject"]
