"""MusicXML: a score of all parts and a lead sheet, for notation programs."""

from __future__ import annotations

from bridge.hosts.musicxml.host import MusicXml

__all__ = ["MusicXml"]
