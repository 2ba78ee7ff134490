"""A REAPER for tests: the project model behind ReaScript's functions, run by a real Lua 5.4.

``Reaper`` is the whole door; see README.md beside this file.
"""

from __future__ import annotations

from tests.reaper_sim.engine import Reaper, Script
from tests.reaper_sim.errors import ScriptError, SimulationError

__all__ = ["Reaper", "Script", "ScriptError", "SimulationError"]
