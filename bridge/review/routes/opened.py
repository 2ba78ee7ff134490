"""The jobs that pages have open: their changes, their sounds, and the threads that work for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

from bridge.config import Settings
from bridge.errors import InputError
from bridge.plugins.interfaces import Context, JobReport, JobService
from bridge.review import sound
from bridge.review.edit_log import EditLog
from bridge.review.hub import Hub
from bridge.review.routes.answers import json_file
from bridge.score.edits import SheetPart
from bridge.spool.request import parse_request
from bridge.spool.status import TERMINAL_STATES

T = TypeVar("T")


class OpenJobs:
    """State that the addresses share.

    Args:
        service: the daemon.
        context: what plugins are lent.
    """

    def __init__(self, service: JobService, context: Context) -> None:
        self.service, self.context = service, context
        self.settings = Settings(context.settings or {}, {})
        self.hub = Hub()
        self.sounds = ThreadPoolExecutor(1, "review-sound")
        self.edits = ThreadPoolExecutor(1, "review-edits")
        """One thread each: spectrograms must not hold up an edit, and edits come one after the other."""
        self.decodes = ThreadPoolExecutor(1, "review-decode")
        self._logs: dict[str, EditLog] = {}
        self._sources: dict[str, list[dict[str, sound.Source]]] = {}
        self._ready: dict[str, sound.Source] = {}
        self._copying = asyncio.Lock()

    async def on(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        """Do work in a thread and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    def find(self, job_id: str) -> JobReport | None:
        """Return a job as the daemon knows it."""
        return next((r for r in self.service.jobs() if r.id == job_id), None)

    def report(self, request: Request) -> JobReport:
        """Return the job of an address; InputError where there is none."""
        report = self.find(request.path_params["job"])
        if report is None or not report.folder.is_dir():
            raise InputError(
                "There is no such job any more; 'dawscribe jobs' lists the jobs there are.", code="job-not-found"
            )
        return report

    def has_ended(self, job_id: str) -> bool:
        """Return whether nothing more comes of a job."""
        report = self.find(job_id)
        return report is None or report.status.state in TERMINAL_STATES

    async def log(self, report: JobReport) -> EditLog:
        """Return the changes of a job; InputError where it has no result."""
        if report.id not in self._logs:
            loaded = await self.on(self.edits, lambda: EditLog.load(report.folder))
            self._logs.setdefault(report.id, loaded)
        return self._logs[report.id]

    # --- sound --------------------------------------------------------------------------------------------

    async def sources(self, report: JobReport) -> list[dict[str, sound.Source]]:
        """Return the sounds of each item; looked up anew until the job has ended."""
        if report.id not in self._sources:
            by_item = await self.on(self.sounds, lambda: _sources_of(report))
            if report.status.state not in TERMINAL_STATES:
                return by_item
            self._sources[report.id] = by_item
        return self._sources[report.id]

    async def source(self, request: Request) -> sound.Source:
        """Return the sound of an address; InputError where it is not kept."""
        report = self.report(request)
        sources = await self.sources(report)
        number, name = int(request.path_params["item"]), str(request.path_params["source"])
        if number >= len(sources) or name not in sources[number]:
            raise InputError(
                "This sound is not kept; transcribe the item again with keep_stems.", code="sound-not-kept"
            )
        return await self.ready(sources[number][name])

    async def stem(self, report: JobReport, number: int, part: SheetPart) -> sound.Source:
        """Return the sound that a part was heard in: its stem, or the mix where that is not kept."""
        sources = (await self.sources(report))[number]
        name = stem_of(part)
        if name not in sources and sound.MIX not in sources:
            raise InputError(
                "The audio of this item is no longer where it was, and its stems were not kept.", code="audio-gone"
            )
        return await self.ready(sources.get(name) or sources[sound.MIX])

    async def ready(self, source: sound.Source) -> sound.Source:
        """Return the source once its files are there; a long mix takes seconds to copy, once."""
        key = str(source.files[0])
        if key not in self._ready:
            # A client that goes does not stop it: two copies must not be written to one place.
            await asyncio.shield(asyncio.ensure_future(self._copy(key, source)))
        return self._ready[key]

    async def _copy(self, key: str, source: sound.Source) -> None:
        async with self._copying:
            if key not in self._ready:
                self._ready[key] = await asyncio.to_thread(sound.ready, source)

    def cache(self, request: Request) -> Path:
        """Return where pictures of an item's sound are kept."""
        return self.report(request).folder / sound.FOLDER / str(request.path_params["item"])


def stem_of(part: SheetPart) -> str:
    """Return the name of the stem that a part was heard in."""
    return str(part.extra.get("stem") or part.extra.get("role") or part.id)


def _sources_of(report: JobReport) -> list[dict[str, sound.Source]]:
    request = parse_request(json_file(report.folder / "request.json"))
    result = json_file(report.folder / "result.json") if report.status.state == "done" else {}
    items = result.get("items") or [{} for _ in request.items]
    spans = [item.audio for item in request.items]
    return [
        sound.sources(report.folder, item, number, spans[number] if number < len(spans) else None)
        for number, item in enumerate(items)
    ]
