"""Writes what a finished job leaves in its folder: the MIDI files and result.json, each atomically."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge import __version__
from bridge.config import Settings
from bridge.errors import StoreError
from bridge.files import write_json
from bridge.pipeline.pipeline import Outcome
from bridge.plugins import registry as plugins
from bridge.plugins.interfaces import Context, Host
from bridge.spool.request import PROTOCOL, Request
from bridge.spool.result import item_result_json
from bridge.spool.status import FIRST_REVISION

RESULT = "result.json"


def write_results(
    request: Request, outcome: Outcome, folder: Path, settings: Settings, context: Context
) -> dict[str, Any]:
    """Write the MIDI files, what the request's host wants beside them, and last result.json.

    Args:
        request: the request.
        outcome: what the pipeline made of it.
        folder: the job folder.
        settings: settings in force.
        context: what plugins are lent.

    Returns:
        The JSON object of result.json.

    Raises:
        StoreError: the folder cannot be written.
        HostError: the host cannot use the result.
    """
    try:
        for name in dict.fromkeys(("midi_file", request.host)):
            if name in plugins.names("hosts"):
                host: Host = plugins.create("hosts", name, settings.plugin_table("hosts", name), context)
                outcome.items = list(host.deliver(outcome.items, request, folder))
        result = {
            **request.extra,
            "protocol": PROTOCOL,
            "id": request.id,
            "version": __version__,
            "host": request.host,
            "revision": FIRST_REVISION,
            "device": outcome.device,
            "engines": {"separator": outcome.separator, "transcribers": outcome.transcribers},
            "items": [with_instruments(item_result_json(i, folder), request.host, settings) for i in outcome.items],
            "warnings": list(outcome.warnings),
            "times_s": {k: round(v, 2) for k, v in outcome.times_s.items()},
        }
        write_json(folder / RESULT, result)
    except OSError as e:
        message = f"The result could not be written to {folder}; check the free space and the permissions there."
        raise StoreError(message) from e
    return result


def with_instruments(item: dict[str, Any], host: str, settings: Settings) -> dict[str, Any]:
    """``item`` with the instruments to try per part, from the host's table in the settings."""
    table = settings.table(f"hosts.{host}.instruments")
    for part in item["parts"]:
        rows = (table.get(name) for name in (part["instrument"]["family"], part["role"], "other"))
        part["instruments"] = list(next((row for row in rows if row is not None), []))
    return item
