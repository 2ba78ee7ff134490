"""Hear a part again at another sensitivity.

From what the network said, in milliseconds, without the network.

A job keeps the activations of its items in ``activations/<item>/``, as links to the cache, with an index of what they
are. So they last as long as the job does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bridge.config import Settings
from bridge.errors import DawscribeError, InputError
from bridge.files import read_untrusted, write_json
from bridge.music.parts import Part
from bridge.pipeline.activation_files import read_activations
from bridge.pipeline.cache import link
from bridge.pipeline.hearing_plan import Call, with_own_ids
from bridge.pipeline.options import resolve_options
from bridge.plugins.interfaces import Activations
from bridge.plugins.registry import TRANSCRIBERS
from bridge.score.arrange import quantised
from bridge.score.bass_recovery import MOVED, lowest_line, with_bass_line
from bridge.score.cleanup.clean import clean
from bridge.score.drum_map import mapped_part
from bridge.score.parts import ordered_parts
from bridge.spool.request import Request
from bridge.spool.result import item_score
from bridge.spool.untrusted_json import parse_json

FOLDER, INDEX = "activations", "index.json"
MAX_INDEX_BYTES = 1 << 20
GONE = "What was heard in this item is no longer kept; transcribe it again."


@dataclass(frozen=True, slots=True)
class KeptCall:
    """One call of a transcriber whose activations a job keeps."""

    transcriber: str
    sources: tuple[str, ...]
    options: Mapping[str, Any]
    """Its settings when the job ran."""
    activations: Activations
    shared: bool = False
    """As of the :class:`~bridge.pipeline.hearing_plan.Call`."""

    def decode(self, **changes: float) -> tuple[Part, ...]:
        """Return the parts it hears with some settings changed; none where it has no such settings."""
        plugin: Any = TRANSCRIBERS.load(self.transcriber)
        if not set(changes) <= set(plugin.decoding_options):
            return ()
        options = TRANSCRIBERS.options(self.transcriber, {**self.options, **changes})
        parts: tuple[Part, ...] = plugin.decode(self.activations, options).parts
        return with_own_ids(parts, self.transcriber, self.shared)


def keep_activations(files: Mapping[Call, Path], job: Path, number: int, settings: Settings) -> None:
    """Link the activations of an item into its job's folder; a full disk only means that they are not kept.

    Args:
        files: of the calls that have any.
        job: the job folder.
        number: of the item, from 0.
        settings: settings in force.
    """
    folder = job / FOLDER / str(number)
    rows = []
    with suppress(OSError, DawscribeError):
        for call, path in files.items():
            name = hashlib.sha256(call.name.encode()).hexdigest()[:16]
            link(path, folder / name)
            rows.append(
                {
                    "transcriber": call.transcriber,
                    "sources": list(call.sources),
                    "shared": call.shared,
                    "options": dict(settings.table(f"transcribers.{call.transcriber}")),
                    "file": name,
                }
            )
        if rows:
            write_json(folder / INDEX, {"calls": rows}, durable=False)


def kept_calls(job: Path, number: int) -> list[KeptCall]:
    """Return the calls whose activations a job keeps for an item, from 0; none where they are gone."""
    folder = job / FOLDER / str(number)
    try:
        rows = parse_json(read_untrusted(folder / INDEX, MAX_INDEX_BYTES), INDEX)["calls"]
        files = {str(row["file"]): row for row in rows}
        calls = [
            KeptCall(
                str(row["transcriber"]),
                tuple(row["sources"]),
                dict(row["options"]),
                activations,
                bool(row.get("shared")),
            )
            for name, row in files.items()
            if name.isalnum() and (activations := _read(folder / name)) is not None
        ]
    except (OSError, InputError, KeyError, TypeError, ValueError):
        return []
    return calls


def _read(path: Path) -> Activations | None:
    return _read_once(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=6)
def _read_once(path: Path, modified_ns: int) -> Activations | None:
    """Keep what was read last, some MB each: a slider asks for the same part over and over."""
    del modified_ns
    return read_activations(path)


def redecode(
    job: Path,
    request: Request,
    item: Mapping[str, Any],
    *,
    part_id: str,
    sensitivity: float,
    settings: Settings,
    number: int = 0,
) -> Part:
    """Return a part as it is heard at another sensitivity: cleaned up, quantised and mapped as the job's options say.

    Args:
        job: the job folder.
        request: of the job.
        item: of result.json; its other parts stay as they are.
        part_id: which part.
        sensitivity: 0..1; 0.5 is as tuned.
        settings: settings in force.
        number: of the item, from 0.

    Raises:
        InputError: the part was heard by a transcriber without a sensitivity, or what was heard is gone.
    """
    score = item_score(item)
    others = [part for part in (*score.parts, *score.hidden) if part.id != part_id]
    try:
        decoded = _heard(kept_calls(job, number), part_id, sensitivity, recovered=MOVED in score.warnings)
    except ValueError as e:
        raise InputError(GONE, code="activations-gone") from e
    cleaned = next(part for part in clean([*others, decoded]) if part.id == part_id)
    options = resolve_options(request.options, settings)
    if options.grid is not None and (score.tempo.confident or not options.find_tempo):
        *_, cleaned = quantised(
            [*others, cleaned], score.length_s, score.tempo, options.grid, options.quantise_strength
        )
    shown, hidden = ordered_parts([cleaned], score.length_s)
    (part,) = shown or hidden or (cleaned,)
    return mapped_part(part, options.drum_map) if part.is_drums else part


def _heard(calls: Sequence[KeptCall], part_id: str, sensitivity: float, *, recovered: bool) -> Part:
    """Return a part at another sensitivity; where the bass line had gone to another part, it goes there again."""
    if not calls:
        raise InputError(GONE, code="activations-gone")
    changed: list[Part] = []
    unchanged: list[Part] = []
    for call in calls:
        parts = call.decode(sensitivity=sensitivity)
        if any(part.id == part_id for part in parts):
            changed += parts
        elif recovered and set(call.sources) & {"bass", "other"}:
            unchanged += call.decode()
    if recovered:
        changed = _with_bass_line([*changed, *unchanged])
    chosen = next((part for part in changed if part.id == part_id), None)
    if chosen is None:
        raise InputError(f'The sensitivity of the part "{part_id[:40]}" cannot be changed.', code="sensitivity-fixed")
    return chosen


def _with_bass_line(parts: Sequence[Part]) -> list[Part]:
    notes = {stem: [n for part in parts if part.stem == stem for n in part.notes] for stem in ("bass", "other")}
    return list(with_bass_line(parts, lowest_line(notes["other"], notes["bass"])))
