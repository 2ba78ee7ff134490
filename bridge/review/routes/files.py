"""Files to take away: the result as it is corrected now, and its stems."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from bridge.errors import InputError
from bridge.review.exports import exported
from bridge.review.routes.answers import download, json_file
from bridge.review.routes.opened import OpenJobs
from bridge.spool.request import parse_request


class FileRoutes:
    """Exports and stems of an item."""

    def __init__(self, opened: OpenJobs) -> None:
        self._opened = opened

    def table(self) -> list[BaseRoute]:
        """Return the addresses."""
        return [
            Route("/api/jobs/{job}/items/{item:int}/export/{kind}", self.export),
            Route("/api/jobs/{job}/items/{item:int}/stem/{source}", self.stem),
        ]

    async def export(self, request: Request) -> Response:
        """A file of the result as it is corrected now."""
        opened = self._opened
        report = opened.report(request)
        log = await opened.log(report)
        number = int(request.path_params["item"])
        if number >= len(log.sheets):
            raise InputError("There is no such item in this job; load the page again.", code="item-not-found")
        spans = parse_request(json_file(report.folder / "request.json")).items
        span = spans[number].audio if number < len(spans) else None
        kind, part = str(request.path_params["kind"]), request.query_params.get("part")
        sheet, item = log.sheets[number], log.base["items"][number]
        made = await asyncio.to_thread(exported, kind, item, sheet, part, span, report.folder, opened.context)
        return Response(made.data, media_type="application/octet-stream", headers=download(made.name))

    async def stem(self, request: Request) -> Response:
        """A source's sound as a WAV file."""
        source = await self._opened.source(request)
        name = f"{self._opened.report(request).name} {source.name}.wav"
        return FileResponse(source.files[0], media_type="audio/wav", headers=download(name))
