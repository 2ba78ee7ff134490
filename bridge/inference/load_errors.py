"""Errors of networks that cannot be loaded."""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.errors import PluginError

NO_MEMORY = ("bad_alloc", "memory", "allocat", "mmap")
"""Words of the errors of a runtime that gets no memory."""
SOME_MEMORY = 64 << 20
"""Bytes that a process must be able to take to load anything here."""
MIN_ADDRESS_BYTES = 3 << 30
"""A limit on a process's addresses below which no network of ours is loaded; the largest takes 2 GB while it is."""


def not_loaded(path: Path, target: str, error: BaseException) -> PluginError:
    """The error of a network that cannot be loaded; whoever has too little memory is told so."""
    words = str(error).lower()
    if isinstance(error, MemoryError) or any(w in words for w in NO_MEMORY) or _is_short_of_memory():
        message = f"There is not enough memory to load {path.name}; close other programs, or raise ulimit -v."
    else:
        message = f"The model {path.name} could not be loaded on {target}; run 'dawscribe doctor'."
    return PluginError(message, code="network-not-loaded")


def _is_short_of_memory() -> bool:
    """Return whether the process can or may not have what loading takes: some libraries swallow the true reason."""
    if sys.platform != "win32":
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY and limit < MIN_ADDRESS_BYTES:
            return True
    try:
        bytearray(SOME_MEMORY)
    except MemoryError:
        return True
    return False
