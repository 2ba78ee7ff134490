"""partial.json: the notes heard so far, for a window that shows them while the rest is still computed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bridge.files import write_json
from bridge.music.notes import Note
from bridge.spool.request import PROTOCOL

PARTIAL = "partial.json"
WRITE_S = 1.0
"""Least time between two versions of the file: each is written whole, an hour's notes are a megabyte."""


class Preview:
    """Collects what engines tell.

    These are an engine's first words: doubles, ghosts and the beat come later.

    Args:
        folder: the job folder.
        names: of the items.
        counted: takes the number of notes so far, whenever it grows.
    """

    def __init__(self, folder: Path, names: Sequence[str], counted: Callable[[int], None]) -> None:
        self._file, self._names, self._counted = folder / PARTIAL, names, counted
        self._rows: list[dict[str, list[tuple[float, float, int, int]]]] = [{} for _ in names]
        self._count = 0
        self._written_s = 0.0
        self._lock = threading.Lock()
        """Two engines may tell at once."""

    def add(self, item: int, part_id: str, notes: Sequence[Note]) -> None:
        """Take notes of a part of the item with this number."""
        with self._lock:
            rows = self._rows[item].setdefault(part_id, [])
            rows += [(round(n.onset_s, 4), round(n.offset_s, 4), n.pitch, n.velocity) for n in notes]
            self._count += len(notes)
            if notes:
                self._counted(self._count)
            if time.monotonic() - self._written_s >= WRITE_S:
                self._write()
                self._written_s = time.monotonic()

    def remove(self) -> None:
        """The result takes its place."""
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        items = [
            {"name": name, "parts": [_part(part_id, notes) for part_id, notes in rows.items()]}
            for name, rows in zip(self._names, self._rows, strict=True)
        ]
        # A full disk is said where something is lost by it.
        with suppress(OSError):
            write_json(self._file, {"protocol": PROTOCOL, "items": items}, durable=False)


def _part(part_id: str, notes: Sequence[tuple[float, float, int, int]]) -> dict[str, Any]:
    return {"id": part_id, "role": part_id.partition("/")[0], "notes": notes}
