"""Add the song's own drum sounds to results, for the samplers of the DAWs that have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bridge.audio.one_shots import cut_one_shots
from bridge.spool.result import ItemResult

FOLDER = "one_shots"


def with_one_shots(items: Sequence[ItemResult], folder: Path, *, layered: bool = False) -> list[ItemResult]:
    """Return the items with "one_shots" among their fields, a WAV per drum in the job folder.

    Args:
        items: of one job; those without a drum stem and drum notes stay as they are.
        folder: the job folder.
        layered: several sounds a drum where soft and hard strokes differ, for samplers with ranges of velocity.

    Raises:
        StoreError: the folder cannot be written.
    """
    several = len(items) > 1
    return [
        _with_one_shots(item, folder / FOLDER / str(number) if several else folder / FOLDER, folder, layered)
        for number, item in enumerate(items, 1)
    ]


def _with_one_shots(item: ItemResult, target: Path, folder: Path, layered: bool) -> ItemResult:
    stem = next((path for role, path in item.stems if role == "drums"), None)
    drums = next((part for part in item.score.parts if part.is_drums and part.notes), None)
    if stem is None or drums is None:
        return item
    rows = [
        {
            "pitch": shot.pitch,
            "path": shot.path.relative_to(folder).as_posix(),
            "name": shot.name,
            "softest": shot.softest,
            "loudest": shot.loudest,
            "least_gain": shot.least_gain,
            "choked_by": list(shot.choked_by),
        }
        for shot in cut_one_shots(stem, drums, target, layered=layered)
    ]
    return replace(item, extra={**item.extra, "one_shots": rows})
