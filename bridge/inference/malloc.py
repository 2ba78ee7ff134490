"""Tune the way in which the process takes memory from the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress

M_ARENA_MAX = -8
M_MMAP_THRESHOLD = -3
M_TRIM_THRESHOLD = -1
"""glibc's names for the number of heaps, for the size from which a block is taken from the system by itself, and for
how much may lie free at a heap's end before it goes back."""
LARGE = 8 << 20
"""Bytes of such a block: a segment's spectra go back at once, small arrays stay quick. By itself glibc raises this size
with every large block that is freed."""
SPARE = 16 << 20
"""Bytes kept at the heap's end. Left alone, glibc gives back from 128 KB on what the next transform takes again: of the
28 s of a core that a draft of four minutes took, four were the system's, for pages to and fro."""


def limit_malloc_arenas() -> None:
    """Give back what is freed, where the system's C library is glibc; call it before threads start.

    By default each thread has a heap of its own and keeps what it has freed. An item of 29 s, with engines in threads
    beside the separation, took 1404 MB so, 1244 MB with one heap, and 1179 MB with large blocks apart.
    """
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, SPARE)


def give_back() -> None:
    """Give back what lies free between what is used, where the system's C library is glibc.

    It keeps that by itself: 340 MB after a network of 180 MB was read, changed and written.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
