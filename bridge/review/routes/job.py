"""A job as the page shows it: the result, what was changed of it, and what happens to it now."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bridge.errors import InputError
from bridge.files import read_untrusted
from bridge.jobs import versions
from bridge.plugins.registry import TRANSCRIBERS
from bridge.review import asking
from bridge.review.document import document, job_line
from bridge.review.routes.answers import body
from bridge.review.routes.opened import OpenJobs

MAX_PARTIAL = 64 << 20
"""Bytes of the notes heard so far; those of an hour are 5 MB."""


class JobRoutes:
    """The list of jobs, a job's document, its edits and its live socket."""

    def __init__(self, opened: OpenJobs) -> None:
        self._opened = opened

    def table(self) -> list[BaseRoute]:
        """Return the addresses."""
        return [
            Route("/api/jobs", self.jobs),
            Route("/api/jobs/{job}", self.job),
            Route("/api/jobs/{job}/partial", self.partial),
            Route("/api/jobs/{job}/edits", self.edit, methods=["POST"]),
            WebSocketRoute("/api/live/{job}", self.live),
        ]

    async def jobs(self, request: Request) -> Response:
        """All jobs, newest first."""
        shown = [r for r in self._opened.service.jobs() if r.host != asking.HOST]
        return JSONResponse({"jobs": [job_line(r) for r in reversed(shown)]})

    async def job(self, request: Request) -> Response:
        """All that the page shows of a job, but the sound."""
        opened = self._opened
        report = opened.report(request)
        log = await opened.log(report) if report.status.state == "done" else None
        found = await opened.sources(report)
        listed = await opened.on(opened.edits, lambda: versions.all_of(report.folder))
        made = document(report, log, [s.values() for s in found], listed)
        for number, item in enumerate(made["items"]):
            item["heard"] = await opened.on(opened.decodes, partial(asking.calls, report.folder, number))
        made["engines"] = TRANSCRIBERS.names()
        return Response(await opened.on(opened.edits, lambda: json.dumps(made)), media_type="application/json")

    async def partial(self, request: Request) -> Response:
        """The notes heard so far."""
        report = self._opened.report(request)
        try:
            data = await asyncio.to_thread(read_untrusted, report.folder / "partial.json", MAX_PARTIAL)
        except OSError:
            data = b'{"items":[]}'
        return Response(data, media_type="application/json")

    async def edit(self, request: Request) -> Response:
        """A change, an undo or a redo; answered once it is saved."""
        opened = self._opened
        report = opened.report(request)
        log = await opened.log(report)
        data = await body(request)
        actions: dict[object, Callable[[], None]] = {
            "append": lambda: log.append(data.get("seq"), data.get("edit") or {}),
            "undo": lambda: log.undo(data.get("seq")),
            "redo": lambda: log.redo(data.get("seq")),
        }
        if not isinstance(data.get("action"), str) or data["action"] not in actions:
            raise InputError("This change cannot be understood; load the page again.", code="edit-invalid")
        await opened.on(opened.edits, actions[data["action"]])
        opened.hub.tell(report.id, {"type": "edits", "seq": log.seq, "page": str(data.get("page", ""))[:40]})
        return JSONResponse({"seq": log.seq, "cursor": log.cursor})

    async def live(self, socket: WebSocket) -> None:
        """Keep a page up to date."""
        report = self._opened.find(socket.path_params["job"])
        if report is None:
            await socket.close(1008)
            return
        ended = partial(self._opened.has_ended, report.id)
        await self._opened.hub.serve(socket, report.id, report.folder, ended)
