"""The functions that are simulated, by the name REAPER gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

FUNCTIONS: dict[str, Callable[..., Any]] = {}


def api(function: Function) -> Function:
    """Registers a function under its own name; its first argument is the ``Reaper``."""
    FUNCTIONS[function.__name__] = function
    return function


def alias(name: str, function: Callable[..., Any]) -> None:
    """Registers a function under one more name."""
    FUNCTIONS[name] = function


def constant(value: Any, *names: str) -> None:
    """Registers functions that do nothing and always return the same."""
    for name in names:
        FUNCTIONS[name] = lambda _reaper, *_args: value
