"""Deliver results as project files, for hosts that write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.errors import InputError
from bridge.plugins.interfaces import ProjectWriter
from bridge.spool.request import Request
from bridge.spool.result import ItemResult
from bridge.spool.untrusted_json import one_line

QUOTES = frozenset("\"'`")
"""Marks of which a project's line of text puts one around a name: one must be left that the name does not hold."""


def deliver_projects(
    writer: ProjectWriter, items: Sequence[ItemResult], request: Request, folder: Path
) -> list[ItemResult]:
    """Write a project per item into the job's folder: "song", of several "song 1" and so on; the items as they came."""
    for number, (item, asked) in enumerate(zip(items, request.items, strict=True), 1):
        name = "song" if len(items) == 1 else f"song {number}"
        writer.write_project(item, asked.audio, folder / f"{name}{writer.suffix}")
    return list(items)


def check_spelled(*paths: Path) -> None:
    """Refuse paths that a project made of lines of UTF-8, with texts in quotes, cannot name.

    For projects that refer to files by their paths: the file would be missing in the DAW, without a word.

    Raises:
        InputError: the first of them.
    """
    for path in paths:
        spelled = str(path.absolute())
        if not spelled.isprintable() or set(spelled) >= QUOTES:
            raise InputError(
                f"A project cannot hold the name {one_line(spelled)}; take its odd letters or one kind of quotes out.",
                code="project-name-impossible",
            )
