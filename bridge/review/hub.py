"""Tells the open pages what changes.

A job's state, its first notes while it runs, edits of another page, versions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bridge.plugins.interfaces import JobReport

MAX_WAITING = 256
"""Messages that a page may be behind; one that sleeps loads everything anew when it wakes."""
LOOK_S = 0.5
"""Between two looks at the notes of a running job."""


class Hub:
    """The open WebSockets by job."""

    def __init__(self) -> None:
        self._pages: dict[str, set[asyncio.Queue[dict[str, Any]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Hub:
        """Nothing is open yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        """Let all pages go."""
        for task in self._tasks:
            task.cancel()

    def status(self, report: JobReport) -> None:
        """Tell the pages of a job its state."""
        self.tell(report.id, {"type": "status", "status": report.status.to_json()})

    def tell(self, job_id: str, message: dict[str, Any]) -> None:
        """Put a message in line for all pages of a job; returns at once."""
        for queue in self._pages.get(job_id, ()):
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(message)

    async def serve(self, socket: WebSocket, job_id: str, folder: Path, is_final: Callable[[], bool]) -> None:
        """Keep a page up to date until it goes."""
        await socket.accept()
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_WAITING)
        self._pages.setdefault(job_id, set()).add(queue)
        tasks = [
            asyncio.create_task(c) for c in (_send(socket, queue), _listen(socket), _look(queue, folder, is_final))
        ]
        self._tasks.update(tasks)
        try:
            await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._pages[job_id].discard(queue)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._tasks.difference_update(tasks)


async def _send(socket: WebSocket, queue: asyncio.Queue[dict[str, Any]]) -> None:
    while True:
        await socket.send_json(await queue.get())


async def _listen(socket: WebSocket) -> None:
    """Wait for the page to go; whatever it says is nothing to us."""
    try:
        while True:
            await socket.receive_bytes()
    except (WebSocketDisconnect, KeyError, RuntimeError):
        return


async def _look(queue: asyncio.Queue[dict[str, Any]], folder: Path, is_final: Callable[[], bool]) -> None:
    """Say when there are more notes of a running job."""
    seen = 0
    while not is_final():
        try:
            now = (folder / "partial.json").stat().st_mtime_ns
        except OSError:
            now = seen
        if now != seen and not queue.full():
            seen = now
            queue.put_nowait({"type": "partial"})
        await asyncio.sleep(LOOK_S)
