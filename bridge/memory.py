"""How the process takes memory from the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8
"""glibc's name for the number of heaps, from its malloc.h."""


def share_heap() -> None:
    """Let all threads use one heap, where the system's C library is glibc; call it before threads start.

    By default each thread gets one of its own and keeps what it has freed: an engine a thread beside the separation
    made that 1300 MB instead of 1126 MB for an item of 29 s.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)
