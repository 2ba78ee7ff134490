"""Write what a finished job leaves in its folder: the MIDI files and result.json, each atomically."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bridge import __version__
from bridge.config import Settings
from bridge.errors import writing
from bridge.files import write_json
from bridge.pipeline.pipeline import Outcome
from bridge.plugins.interfaces import Context
from bridge.plugins.registry import HOSTS
from bridge.spool.request import PROTOCOL, Request
from bridge.spool.result import ItemResult, item_result_json
from bridge.spool.status import FIRST_REVISION

RESULT = "result.json"
MIDI_HOST = "midi_file"
"""Writes the MIDI file that every result has."""


@dataclass(frozen=True, slots=True)
class WrittenResult:
    """A result as it lies in its folder."""

    data: dict[str, Any]
    """The JSON object of result.json."""
    items: tuple[ItemResult, ...]
    """With what the hosts added."""


def write_results(
    request: Request, outcome: Outcome, folder: Path, settings: Settings, context: Context
) -> WrittenResult:
    """Write the MIDI files, what the request's host wants beside them, and last result.json.

    Args:
        request: the request.
        outcome: what the pipeline made of it.
        folder: the job folder.
        settings: settings in force.
        context: what plugins are lent.

    Raises:
        StoreError: the folder cannot be written.
        HostError: the host cannot use the result.
    """
    with writing(folder, "result-unwritable"):
        items = deliver(outcome.items, request, folder, settings, context)
        data = {
            **request.extra,
            "protocol": PROTOCOL,
            "id": request.id,
            "version": __version__,
            "host": request.host,
            "revision": FIRST_REVISION,
            "device": outcome.device,
            "engines": {"separator": outcome.separator, "transcribers": outcome.transcribers},
            "items": [result_item(i, folder, request.host, settings) for i in items],
            "warnings": list(outcome.warnings),
            "times_s": {k: round(v, 2) for k, v in outcome.times_s.items()},
        }
        write_json(folder / RESULT, data)
    return WrittenResult(data, items)


def deliver(
    items: Sequence[ItemResult], request: Request, folder: Path, settings: Settings, context: Context
) -> tuple[ItemResult, ...]:
    """Let the hosts write their files into ``folder``.

    Returns the items, with what was added to them.
    """
    for name in dict.fromkeys((MIDI_HOST, request.host)):
        if name in HOSTS:
            host = HOSTS.create(name, settings.plugin_table("hosts", name), context)
            items = host.deliver(items, request, folder)
    return tuple(items)


def result_item(item: ItemResult, folder: Path, host: str, settings: Settings) -> dict[str, Any]:
    """Return the JSON object of an item, with the instruments to try per part from the host's table."""
    data = item_result_json(item, folder)
    table = settings.table(f"hosts.{host}.instruments")
    for part in data["parts"]:
        rows = (table.get(name) for name in (part["instrument"]["family"], part["role"], "other"))
        part["instruments"] = list(next((row for row in rows if row is not None), []))
    return data


def moved(item: ItemResult, before: Path, after: Path) -> ItemResult:
    """Return the item with those of its files that lay in ``before`` where they were moved to."""

    def new(path: Path) -> Path:
        return (after / path.relative_to(before)).absolute() if path.is_relative_to(before) else path

    return replace(item, stems=tuple((r, new(p)) for r, p in item.stems), midi=item.midi and new(item.midi))
