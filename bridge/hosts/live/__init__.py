"""Ableton Live: where its Remote Script and its extension are installed, and how a running Live is reached."""

from __future__ import annotations

from bridge.hosts.live.host import Live

__all__ = ["Live"]
