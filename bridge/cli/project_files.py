"""DAW projects from a result.

Which host writes a file, found by its suffix.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.app import Application
from bridge.errors import InputError
from bridge.plugins.interfaces import ProjectWriter
from bridge.plugins.registry import HOSTS
from bridge.spool.request import Request
from bridge.spool.result import ItemResult, item_score, kept_stems


def writers() -> dict[str, str]:
    """Return the suffixes of the projects that can be written, and their hosts."""
    classes: dict[str, Any] = {name: HOSTS.load(name) for name in HOSTS.names()}
    return {c.suffix: name for name, c in classes.items() if hasattr(c, "write_project")}


def writer(app: Application, target: Path) -> ProjectWriter:
    """Return the host that writes projects with the target's suffix.

    Raises:
        InputError: there is none.
    """
    known = writers()
    name = known.get(target.suffix.lower())
    host = HOSTS.create(name, app.settings.plugin_table("hosts", name), app.context) if name else None
    if not isinstance(host, ProjectWriter):
        message = f"--project takes a file that ends in {', '.join(known)}, each of another DAW; not {target.name}."
        raise InputError(message, code="project-kind-unknown")
    return host


def write_project(
    app: Application, result: Mapping[str, Any], request: Request, folder: Path, target: Path
) -> Path:  # fmt: skip
    """Write a project of a result that lies in ``folder`` and return the file that the DAW opens.

    Args:
        app: the application.
        result: the content of result.json.
        request: what was asked for: it knows the audio.
        folder: where the result and its stems lie.
        target: the project.

    Raises:
        InputError: the result is damaged or has several items, or the audio is gone.
        StoreError: the project cannot be written.
    """
    host = writer(app, target)
    if len(request.items) != 1 or len(result.get("items", ())) != 1:
        raise InputError(
            "A project holds one item; transcribe the items one by one for a project of each.",
            code="project-many-items",
        )
    data, asked = result["items"][0], request.items[0]
    try:
        item = ItemResult(str(data["name"]), item_score(data), kept_stems(data, folder))
    except (KeyError, TypeError) as e:
        raise InputError("This result is damaged; transcribe the item again.", code="result-damaged") from e
    host.check_project(target, asked.audio.path)
    return host.write_project(item, asked.audio, target)
