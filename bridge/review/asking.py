"""Ask the engines again: other sensitivity from what the networks said, or a marked range heard anew.

What the networks said lies in the job folder (``activations/<item>/<transcriber>+<source>...``), so that a threshold
costs no network. A range is heard anew by a small job of its own in the worker, as any request.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from bridge.errors import ConfigError, DawscribeError, InputError
from bridge.music.general_midi import instrument_of
from bridge.music.notes import STEM_ROLES
from bridge.music.parts import Part, Transcription
from bridge.pipeline.activation_files import read_activations
from bridge.pipeline.pipeline import ACTIVATIONS
from bridge.plugins.interfaces import Activations
from bridge.plugins.registry import TRANSCRIBERS, plugin_options
from bridge.score.cleanup.clean import clean
from bridge.score.drum_map import mapped_part
from bridge.score.edits import Sheet
from bridge.score.edits.sheet import note_row
from bridge.spool.request import PROTOCOL
from bridge.spool.result import item_score

SENSITIVITY = "sensitivity"
KEPT = 6
"""Activations that stay unpacked in memory; a slider asks for the same ones again and again, some MB each."""
AROUND_S = 2.0
"""Sound heard before and after a marked range, so that its first and last notes are whole."""
MIN_RANGE_S = 0.2
MAX_RANGE_S = 600.0
"""Of a range that is heard again; more is another transcription."""
HOST = "review"
"""What such a job names as its host: no DAW waits for it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One file of activations: who heard what."""

    transcriber: str
    sources: tuple[str, ...]
    path: Path


def calls(folder: Path, item: int) -> list[Call]:
    """Return what is kept of an item of a job."""
    found = []
    for path in sorted((folder / ACTIVATIONS / str(item)).glob("*")):
        transcriber, *sources = path.name.split("+")
        if sources and transcriber in _engines():
            found.append(Call(transcriber, tuple(sources), path))
    return found


@cache
def _engines() -> dict[str, type[Any]]:
    """Return the classes of all engines that can be loaded; looked up once, as it takes longer than decoding."""
    found = {}
    for name in TRANSCRIBERS.names():
        with suppress(DawscribeError):
            found[name] = TRANSCRIBERS.load(name)
    return found


class Decoder:
    """Decodes a part anew; keeps what it read last.

    Args:
        settings: settings in force, by dotted tables.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._kept: dict[tuple[Path, int], Activations] = {}

    def decode(self, folder: Path, number: int, sheet: Sheet, part_id: str, sensitivity: float) -> Part:
        """Return the part as it would be heard with another sensitivity, cleaned up beside the other parts.

        Raises:
            InputError: nothing is kept of this part, or its engine has no sensitivity.
        """
        stem = str(sheet.part(part_id).extra.get("stem") or sheet.part(part_id).extra.get("role") or part_id)
        for call in calls(folder, number):
            if stem not in call.sources:
                continue
            heard = self._heard(call, sensitivity)
            made = next(
                (p for p in heard if p.id == part_id), heard[0] if len(heard) == 1 and stem == part_id else None
            )
            if made is not None:
                return self._mapped(_cleaned(made, sheet))
        raise InputError("This part cannot be asked again: what its engine heard is not kept. Transcribe it once more.")

    def _mapped(self, part: Part) -> Part:
        """Return drums on the keys of the user's instrument, as a transcription has them."""
        drum_map = str((self._settings.get("score") or {}).get("drum_map", "gm"))
        return mapped_part(part, drum_map) if part.is_drums else part

    def range(self, folder: Path, sensitivity: float) -> tuple[Part, ...]:
        """Return all that the one call of a small job heard, with another sensitivity."""
        kept = calls(folder, 0)
        return self._heard(kept[0], sensitivity) if kept else ()

    def _heard(self, call: Call, sensitivity: float) -> tuple[Part, ...]:
        transcriber = _engines()[call.transcriber]
        decode = getattr(transcriber, "decode", None)
        if decode is None:
            raise InputError("The engine of this part has no sensitivity.")
        table = dict((self._settings.get("transcribers") or {}).get(call.transcriber) or {})
        try:
            options = plugin_options(transcriber, {**table, SENSITIVITY: sensitivity}, call.transcriber)
        except ConfigError as e:
            raise InputError("The engine of this part has no sensitivity.") from e
        try:
            heard: Transcription = decode(self._activations(call.path), options)
            return heard.parts
        except ValueError as e:
            raise InputError("What the engine heard was kept by another version; transcribe the item again.") from e

    def _activations(self, path: Path) -> Activations:
        try:
            key = path, path.stat().st_mtime_ns
        except OSError as e:
            raise InputError("What the engine heard is no longer there; transcribe the item again.") from e
        if key not in self._kept:
            found = read_activations(path)
            if found is None:
                raise InputError("What the engine heard is damaged; transcribe the item again.")
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = found
        return self._kept[key]


def _cleaned(part: Part, sheet: Sheet) -> Part:
    """Return a part after the clean-up that a transcription gets, beside the other parts as they are."""
    others = [
        Part(p.id, p.id, replace(instrument_of(p.id), is_drums=p.is_drums), tuple(sorted(p.notes.values())))
        for p in sheet.parts
        if p.id != part.id
    ]
    made = next(p for p in clean([part, *others]) if p.id == part.id)
    end_s = sheet.length_s
    notes = tuple(n if n.offset_s <= end_s else replace(n, offset_s=end_s) for n in made.notes if n.onset_s < end_s)
    return replace(made, notes=notes)


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
        raise InputError(f"Mark a range of {MIN_RANGE_S:g} to {MAX_RANGE_S:g} seconds first.")
    if engine not in TRANSCRIBERS.names():
        raise InputError(f'There is no engine "{engine[:40]}"; choose one of: {", ".join(TRANSCRIBERS.names())}.')
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
