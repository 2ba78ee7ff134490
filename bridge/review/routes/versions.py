"""The versions of a result: making the next one, and going back to an earlier one."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bridge.jobs import versions
from bridge.review.routes.answers import body
from bridge.review.routes.opened import OpenJobs


class VersionRoutes:
    """Update in DAW, and go back."""

    def __init__(self, opened: OpenJobs) -> None:
        self._opened = opened

    def table(self) -> list[BaseRoute]:
        """Return the addresses."""
        return [
            Route("/api/jobs/{job}/send", self.send, methods=["POST"]),
            Route("/api/jobs/{job}/restore", self.restore, methods=["POST"]),
        ]

    async def send(self, request: Request) -> Response:
        """Make the next revision, which the DAW's script takes over."""
        opened = self._opened
        report = opened.report(request)
        log = await opened.log(report)
        log.check((await body(request)).get("seq"))
        revision = await opened.service.revise(report.id, log.in_force)
        opened.hub.tell(report.id, {"type": "revision", "revision": revision})
        return JSONResponse({"revision": revision})

    async def restore(self, request: Request) -> Response:
        """Go back to a version; changes that were not sent are put aside first."""
        opened = self._opened
        report = opened.report(request)
        log = await opened.log(report)
        data = await body(request)
        name = str(data.get("version"))

        def back() -> None:
            log.check(data.get("seq"))
            edits = versions.edits_of(report.folder, name)
            kept = (versions.edits_of(report.folder, v.name) for v in versions.all_of(report.folder))
            if log.in_force not in kept:
                versions.put_aside(report.folder, log.in_force)
            log.replace(data.get("seq"), edits)

        await opened.on(opened.edits, back)
        opened.hub.tell(report.id, {"type": "edits", "seq": log.seq, "page": ""})
        return JSONResponse({"seq": log.seq, "cursor": log.cursor})
