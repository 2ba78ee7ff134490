"""Let go of what mapped files hold in memory.

The runtime maps a network's weights and copies them in the order in which it computes. What was read stays in the
process beside the copy, and counts as its memory, though it is hardly read again: 178 MB of HTDemucs.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MAPS = Path("/proc/self/maps")
"""Linux's list of what the process has mapped; elsewhere nothing is done."""
SHARED_READ_ONLY = b"r--s"
"""Such a mapping holds nothing that is not in its file."""
DONT_NEED = 4
"""Linux's MADV_DONTNEED: what is read later comes back from the system's copy of the file."""


def forget_pages(folder: Path) -> None:
    """Give back the pages of the files in a folder.

    Only while nobody else may unmap them: a network that was made of them must be there.
    """
    with suppress(OSError, AttributeError, TypeError):
        advise = ctypes.CDLL(None).madvise
        for start, end in _mapped(folder):
            advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), DONT_NEED)


def _mapped(folder: Path) -> Iterator[tuple[int, int]]:
    """First address and the one behind the last of each mapping of a file in the folder, not deeper."""
    inside = os.fsencode(folder.resolve())
    for line in MAPS.read_bytes().splitlines():
        addresses, access, _offset, _device, _node, *path = line.split(maxsplit=5)
        if path and os.path.dirname(path[0]) == inside and access == SHARED_READ_ONLY:
            start, _, end = addresses.partition(b"-")
            yield int(start, 16), int(end, 16)
