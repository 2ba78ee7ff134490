"""What can go wrong in the simulation, and who is told."""

from __future__ import annotations


class SimulationError(Exception):
    """The script broke a rule that REAPER would punish later, or asked for something not simulated."""


class ApiError(SimulationError):
    """A call was refused; the text becomes the Lua error of that call."""


class ScriptError(SimulationError):
    """A Lua script ended with an error."""
