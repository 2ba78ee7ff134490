"""Deliver results as project files, for hosts that write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bridge.plugins.interfaces import ProjectWriter
from bridge.spool.request import Request
from bridge.spool.result import ItemResult


def deliver_projects(
    writer: ProjectWriter, items: Sequence[ItemResult], request: Request, folder: Path
) -> list[ItemResult]:
    """Write a project per item into the job's folder: "song", of several "song 1" and so on; the items as they came."""
    for number, (item, asked) in enumerate(zip(items, request.items, strict=True), 1):
        name = "song" if len(items) == 1 else f"song {number}"
        writer.write_project(item, asked.audio, folder / f"{name}{writer.suffix}")
    return list(items)
