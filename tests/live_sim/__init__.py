"""A Live that exists only in memory; see README.md."""

from __future__ import annotations

from tests.live_sim.program import LiveProgram

__all__ = ["LiveProgram"]
