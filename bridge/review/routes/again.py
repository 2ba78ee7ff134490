"""Asking again: a part at another sensitivity, a marked range heard by another engine, the beat with hints."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bridge.errors import DawscribeError, InputError
from bridge.plugins.interfaces import JobReport
from bridge.review import asking, sound
from bridge.review.beat import GONE, beat_again
from bridge.review.edit_log import EditLog
from bridge.review.routes.answers import body, hints, item_number, json_file, seconds, share
from bridge.review.routes.opened import OpenJobs, stem_of
from bridge.review.routes.waiting import while_waiting
from bridge.spool.request import parse_request
from bridge.spool.status import TERMINAL_STATES


class AgainRoutes:
    """Addresses that ask the engines once more."""

    def __init__(self, opened: OpenJobs) -> None:
        self._opened = opened

    def table(self) -> list[BaseRoute]:
        """Return the addresses."""
        return [
            Route("/api/jobs/{job}/decode", while_waiting(self.decode), methods=["POST"]),
            Route("/api/jobs/{job}/rehear", while_waiting(self.rehear), methods=["POST"]),
            Route("/api/jobs/{job}/beat", while_waiting(self.beat), methods=["POST"]),
        ]

    async def decode(self, request: Request) -> Response:
        """A part as it would be with another sensitivity."""
        opened = self._opened
        report, log, data = await self._asked(request)
        number, part, sensitivity = item_number(data, log), str(data.get("part")), share(data.get("sensitivity"))
        sheet = log.sheets[number]
        asked = parse_request(json_file(report.folder / "request.json"))
        item = log.base["items"][number]
        made = await opened.on(
            opened.decodes,
            lambda: asking.decoded(report.folder, asked, item, number, sheet, part, sensitivity, opened.settings),
        )
        return JSONResponse(asking.part_json(made))

    async def rehear(self, request: Request) -> Response:
        """A marked range as another engine hears it; answered when the worker has heard it."""
        opened = self._opened
        report, log, data = await self._asked(request)
        number = item_number(data, log)
        part = log.sheets[number].part(str(data.get("part")))
        source = await opened.stem(report, number, part)
        span = seconds(data.get("from_s")), seconds(data.get("to_s"))
        length_s, engine = log.sheets[number].length_s, str(data.get("engine"))
        again = asking.rehearing(source.files[0], span, length_s, stem_of(part), engine)
        ended = await self._run(again.request)
        if ended.status.state != "done":
            raise InputError(
                ended.status.message or "The range was not heard: the job was cancelled.", code="range-not-heard"
            )
        result = opened.service.result(ended.id)
        if data.get("sensitivity") is None:
            heard = asking.heard_parts(result)
        else:
            sensitivity = share(data["sensitivity"])
            asked = parse_request(again.request)
            heard = await opened.on(
                opened.decodes,
                lambda: asking.decoded_range(ended.folder, asked, result, sensitivity, opened.settings),
            )
        return JSONResponse(again.part(heard))

    async def beat(self, request: Request) -> Response:
        """The tempo map that keeps to what a person knows of the beat."""
        opened = self._opened
        report, log, data = await self._asked(request)
        number, known = item_number(data, log), hints(data)
        sources = (await opened.sources(report))[number]
        if sound.MIX not in sources:
            raise InputError(GONE, code="audio-gone")
        mix, sheet, item = await opened.ready(sources[sound.MIX]), log.sheets[number], log.base["items"][number]
        known.check(sheet.length_s)
        gone = threading.Event()
        try:
            tempo = await opened.on(opened.decodes, lambda: beat_again(mix, sheet, item, known, gone.is_set))
        finally:
            gone.set()
        return JSONResponse({"confident": tempo.confident, "points": [asdict(p) for p in tempo.points]})

    async def _asked(self, request: Request) -> tuple[JobReport, EditLog, dict[str, Any]]:
        """Return the job, its edits, and what the page said."""
        report = self._opened.report(request)
        log = await self._opened.log(report)
        return report, log, await body(request)

    async def _run(self, job: dict[str, Any]) -> JobReport:
        """Submit a job and wait for its end; it is cancelled when the client goes or the server ends."""
        service = self._opened.service
        ended: asyncio.Future[JobReport] = asyncio.get_running_loop().create_future()

        def changed(report: JobReport) -> None:
            if report.id == job["id"] and report.status.state in TERMINAL_STATES and not ended.done():
                ended.set_result(report)

        stop = service.watch(changed)
        submitted = asyncio.ensure_future(service.submit(job))
        try:
            await asyncio.shield(submitted)
            return await ended
        except asyncio.CancelledError:
            # Only what was taken over can be cancelled.
            with contextlib.suppress(DawscribeError):
                await submitted
                service.cancel(job["id"])
            raise
        finally:
            stop()
