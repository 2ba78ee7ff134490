"""Ask the engines again.

Another sensitivity, or a marked range heard anew by a small job of its own in the worker.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.config import Settings
from bridge.errors import InputError
from bridge.music.notes import STEM_ROLES
from bridge.music.parts import Part
from bridge.pipeline.redecode import kept_calls, redecode
from bridge.plugins.registry import TRANSCRIBERS
from bridge.score.edits import Sheet, item_of
from bridge.score.edits.sheet import note_row
from bridge.spool.request import PROTOCOL, Request
from bridge.spool.result import item_score

AROUND_S = 2.0
"""Sound heard before and after a marked range, so that its first and last notes are whole."""
MIN_RANGE_S = 0.2
MAX_RANGE_S = 600.0
"""Of a range that is heard again; more is another transcription."""
HOST = "review"
"""Host that such a job names: no DAW waits for it."""


def calls(folder: Path, number: int) -> list[dict[str, Any]]:
    """Return who heard what of an item, as far as it can be decoded again."""
    return [{"transcriber": c.transcriber, "sources": list(c.sources)} for c in kept_calls(folder, number)]


def decoded(
    folder: Path,
    request: Request,
    item: Mapping[str, Any],
    number: int,
    sheet: Sheet,
    part_id: str,
    sensitivity: float,
    settings: Settings,
) -> Part:
    """Return a part at another sensitivity, beside the other parts as they are corrected now.

    Raises:
        InputError: nothing is kept of this part, or its engine has no sensitivity.
    """
    sheet.part(part_id)
    now = item_of(sheet, item)
    return redecode(folder, request, now, part_id=part_id, sensitivity=sensitivity, settings=settings, number=number)


def decoded_range(
    folder: Path, request: Request, result: Mapping[str, Any], sensitivity: float, settings: Settings
) -> list[Part]:
    """Return all parts of a small job at another sensitivity; errors as of :func:`decoded`."""
    item = result["items"][0]
    return [
        redecode(folder, request, item, part_id=part.id, sensitivity=sensitivity, settings=settings)
        for part in heard_parts(result)
    ]


def part_json(part: Part) -> dict[str, Any]:
    """Return what the page needs of a part that was asked again."""
    return {
        "notes": [note_row(n) for n in part.notes],
        "candidates": [[*note_row(c.note), c.reason] for c in part.candidates],
        "bends": [[round(b.time_s, 4), round(b.semitones, 3)] for b in part.bends],
    }


@dataclass(frozen=True, slots=True)
class Rehearing:
    """A range that is heard again."""

    request: dict[str, Any]
    from_s: float
    to_s: float
    shift_s: float
    """Where the heard span begins in the item."""

    def part(self, parts: Iterable[Part]) -> dict[str, Any]:
        """Return the notes of the range from what the small job heard, at their times in the item."""
        empty: dict[str, Any] = {"notes": [], "candidates": [], "bends": []}
        for part in parts:
            for name, rows in part_json(part).items():
                empty[name] += [self._moved(row, 1 if name == "bends" else 2) for row in rows]
        return {name: [r for r in rows if self.from_s <= r[0] < self.to_s] for name, rows in empty.items()}

    def _moved(self, row: list[Any], times: int) -> list[Any]:
        return [round(v + self.shift_s, 4) for v in row[:times]] + row[times:]


def heard_parts(result: Mapping[str, Any]) -> list[Part]:
    """Return all parts of a small job's result."""
    score = item_score(result["items"][0])
    return [*score.parts, *score.hidden]


def rehearing(source: Path, range_s: tuple[float, float], length_s: float, stem: str, engine: str) -> Rehearing:
    """Return the small job that hears a range again.

    Args:
        source: the sound, a stem or the mix.
        range_s: the range, seconds.
        length_s: of the item.
        stem: what the sound is.
        engine: the transcriber.

    Raises:
        InputError: no such range or engine.
    """
    from_s, to_s = range_s
    if not 0 <= from_s < to_s <= length_s + 1 or not MIN_RANGE_S <= to_s - from_s <= MAX_RANGE_S:
        raise InputError(f"Mark a range of {MIN_RANGE_S:g} to {MAX_RANGE_S:g} seconds first.", code="range-invalid")
    if engine not in TRANSCRIBERS:
        raise InputError(
            f'There is no engine "{engine[:40]}"; choose one of: {", ".join(TRANSCRIBERS.names())}.',
            code="plugin-unknown",
        )
    role = stem if stem in STEM_ROLES else "other"
    start_s, end_s = max(0.0, from_s - AROUND_S), min(length_s, to_s + AROUND_S)
    options: dict[str, Any] = {
        "separator": "whole_mix", "role": role, "transcribers": {role: engine}, "find_tempo": False, "keep_stems": True,
    }  # fmt: skip
    audio = {"path": str(source), "start_s": start_s, "length_s": end_s - start_s}
    request = {
        "protocol": PROTOCOL,
        "id": f"again-{int(time.time())}-{uuid.uuid4().hex[:8]}",
        "host": HOST,
        "items": [{"name": f"{stem} again", "audio": audio}],
        "options": options,
    }
    return Rehearing(request, from_s, to_s, start_s)
