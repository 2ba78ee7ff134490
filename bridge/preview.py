"""partial.json: the notes heard so far, for a window that shows them while the rest is still computed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from bridge.files import write_json
from bridge.music import Note
from bridge.protocol import PROTOCOL

PARTIAL = "partial.json"
WRITE_S = 1.0
"""Least time between two versions of the file: each is written whole, an hour's notes are a megabyte."""


class Preview:
    """Collects what engines tell. These are an engine's first words: doubles, ghosts and the beat come later.

    Args:
        folder: the job folder.
        names: of the items.
        counted: takes the number of notes so far, whenever it grows.
    """

    def __init__(self, folder: Path, names: Sequence[str], counted: Callable[[int], None]) -> None:
        self._file, self._names, self._counted = folder / PARTIAL, names, counted
        self._rows: dict[tuple[int, str], list[tuple[float, float, int, int]]] = {}
        self._written_s = 0.0

    def add(self, item: int, role: str, notes: Sequence[Note]) -> None:
        """Take notes of a role of the item with this number."""
        rows = self._rows.setdefault((item, role), [])
        rows += [(round(n.onset_s, 4), round(n.offset_s, 4), n.pitch, n.velocity) for n in notes]
        if notes:
            self._counted(sum(map(len, self._rows.values())))
        if time.monotonic() - self._written_s >= WRITE_S:
            self._write()
            self._written_s = time.monotonic()

    def remove(self) -> None:
        """The result takes its place."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        items = [
            {"name": name, "parts": [{"role": r, "notes": n} for (i, r), n in self._rows.items() if i == number]}
            for number, name in enumerate(self._names)
        ]
        # A full disk is said where something is lost by it.
        with suppress(OSError):
            write_json(self._file, {"protocol": PROTOCOL, "items": items}, durable=False)
