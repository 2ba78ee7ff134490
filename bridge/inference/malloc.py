"""Tune the way in which the process takes memory from the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8
M_MMAP_THRESHOLD = -3
"""glibc's names for the number of heaps, and for the size from which a block is taken from the system by itself."""
LARGE = 8 << 20
"""Bytes of such a block: a segment's spectra go back at once, small arrays stay quick. By itself glibc raises this size
with every large block that is freed."""


def limit_malloc_arenas() -> None:
    """Give back what is freed, where the system's C library is glibc; call it before threads start.

    By default each thread has a heap of its own and keeps what it has freed. An item of 29 s, with engines in threads
    beside the separation, took 1404 MB so, 1244 MB with one heap, and 1179 MB with large blocks apart.
    """
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, LARGE)
