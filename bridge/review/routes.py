"""The addresses of the page's server: its files, a job's notes and sound, and what a person changes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bridge import __version__
from bridge.config import Settings
from bridge.errors import DawscribeError, InputError, ModelError, StoreError
from bridge.files import read_untrusted
from bridge.jobs import versions
from bridge.plugins.interfaces import Context, JobReport, JobService
from bridge.plugins.registry import TRANSCRIBERS
from bridge.review import asking, sound, spectrogram
from bridge.review.document import document, job_line
from bridge.review.edit_log import ConflictError, EditLog
from bridge.review.exports import exported
from bridge.review.guard import Session
from bridge.review.hub import Hub
from bridge.spool.request import parse_request
from bridge.spool.status import TERMINAL_STATES
from bridge.spool.untrusted_json import MAX_FILE_BYTES, parse_json

T = TypeVar("T")
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SOUNDFONT = "soundfont-small"
"""The model that plays the notes."""
MAX_TILE = 100_000
"""Number of a tile; no recording reaches it."""
STATIC_NAME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z]+)*")
"""A folder or file of the page: no way up, nothing hidden."""


def routes(service: JobService, context: Context, session: Session) -> tuple[Starlette, Hub]:
    """Return the application and the hub that keeps its pages up to date."""
    api = _Api(service, context, session)
    service.watch(api.hub.status)
    job = "/api/jobs/{job}"
    item = job + "/items/{item:int}"
    app = Starlette(
        routes=[
            Route("/", api.page),
            Route("/static/{name:path}", api.static),
            Route("/session", api.enter, methods=["POST"]),
            Route("/api/soundfont", api.soundfont),
            Route("/api/jobs", api.jobs),
            Route(job, api.job),
            Route(job + "/partial", api.partial),
            Route(job + "/edits", api.edit, methods=["POST"]),
            Route(job + "/decode", api.decode, methods=["POST"]),
            Route(job + "/rehear", api.rehear, methods=["POST"]),
            Route(job + "/send", api.send, methods=["POST"]),
            Route(job + "/restore", api.restore, methods=["POST"]),
            Route(item + "/export/{kind}", api.export),
            Route(item + "/stem/{source}", api.stem),
            Route(item + "/sound/{source}", api.piece),
            Route(item + "/peaks/{source}", api.peaks),
            Route(item + "/tiles/{source}/{level:int}/{index:int}", api.tile),
            Route(item + "/one_shots/{pitch:int}", api.one_shot),
            WebSocketRoute("/api/live/{job}", api.live),
        ],
        exception_handlers={DawscribeError: _sentence},
    )
    app.router.redirect_slashes = False
    return app, api.hub


async def _sentence(request: Request, error: Exception) -> Response:
    """Answer an error with its sentence."""
    status = 409 if isinstance(error, ConflictError) else 507 if isinstance(error, StoreError) else 400
    return JSONResponse({"message": str(error), "code": getattr(error, "code", "")}, status)


class _Api:
    def __init__(self, service: JobService, context: Context, session: Session) -> None:
        self._service, self._context, self._session = service, context, session
        self.hub = Hub()
        self._sounds = ThreadPoolExecutor(1, "review-sound")
        self._edits = ThreadPoolExecutor(1, "review-edits")
        """One thread each: spectrograms must not hold up an edit, and edits come one after the other."""
        self._decodes = ThreadPoolExecutor(1, "review-decode")
        self._settings = Settings(context.settings or {}, {})
        self._logs: dict[str, EditLog] = {}
        self._known: dict[str, sound.Source] = {}
        self._copying = asyncio.Lock()
        self._sources: dict[str, list[dict[str, sound.Source]]] = {}

    # --- the page -----------------------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return _file("index.html")

    async def static(self, request: Request) -> Response:
        """A file of the page."""
        return _file(request.path_params["name"])

    async def enter(self, request: Request) -> Response:
        """Exchange the token of the address for the session's cookie."""
        data = await _body(request)
        response = JSONResponse({"version": __version__})
        if not self._session.open(data.get("token"), response):
            sentence = "The daemon was started anew since this address was made; run 'dawscribe review' again."
            return JSONResponse({"message": sentence}, 401)
        return response

    # --- a job --------------------------------------------------------------------------------------------

    async def jobs(self, request: Request) -> Response:
        """All jobs, newest first."""
        shown = [r for r in self._service.jobs() if r.host != asking.HOST]
        return JSONResponse({"jobs": [job_line(r) for r in reversed(shown)]})

    async def job(self, request: Request) -> Response:
        """All that the page shows of a job, but the sound."""
        report = self._report(request)
        log = await self._log(report) if report.status.state == "done" else None
        found = await self._on(self._sounds, lambda: self._sources_of(report))
        listed = await self._on(self._edits, lambda: versions.all_of(report.folder))
        made = document(report, log, [s.values() for s in found], listed)
        for number, item in enumerate(made["items"]):
            item["heard"] = await self._on(self._decodes, partial(asking.calls, report.folder, number))
        made["engines"] = TRANSCRIBERS.names()
        return Response(await self._on(self._edits, lambda: json.dumps(made)), media_type="application/json")

    async def partial(self, request: Request) -> Response:
        """The notes heard so far of a running job."""
        report = self._report(request)
        try:
            data = await asyncio.to_thread(read_untrusted, report.folder / "partial.json", 64 << 20)
        except OSError:
            data = b'{"items":[]}'
        return Response(data, media_type="application/json")

    async def edit(self, request: Request) -> Response:
        """A change, an undo or a redo; answered once it is saved."""
        report = self._report(request)
        log = await self._log(report)
        data = await _body(request)
        actions: dict[object, Callable[[], None]] = {
            "append": lambda: log.append(data.get("seq"), data.get("edit") or {}),
            "undo": lambda: log.undo(data.get("seq")),
            "redo": lambda: log.redo(data.get("seq")),
        }
        if not isinstance(data.get("action"), str) or data["action"] not in actions:
            raise InputError("This change cannot be understood; load the page again.", code="edit-invalid")
        await self._on(self._edits, actions[data["action"]])
        self.hub.tell(report.id, {"type": "edits", "seq": log.seq, "page": str(data.get("page", ""))[:40]})
        return JSONResponse({"seq": log.seq, "cursor": log.cursor})

    # --- asking again ---------------------------------------------------------------------------------------

    async def decode(self, request: Request) -> Response:
        """A part as it would be with another sensitivity."""
        report = self._report(request)
        log = await self._log(report)
        data = await _body(request)
        number, part, sensitivity = _item_of(data, log), str(data.get("part")), _share(data.get("sensitivity"))
        sheet = log.sheets[number]
        asked = parse_request(_json(report.folder / "request.json"))
        item = log.base["items"][number]
        made = await self._on(
            self._decodes,
            lambda: asking.decoded(report.folder, asked, item, number, sheet, part, sensitivity, self._settings),
        )
        return JSONResponse(asking.part_json(made))

    async def rehear(self, request: Request) -> Response:
        """A marked range as another engine hears it; answered when the worker has heard it."""
        report = self._report(request)
        log = await self._log(report)
        data = await _body(request)
        number = _item_of(data, log)
        part = log.sheets[number].part(str(data.get("part")))
        stem = str(part.extra.get("stem") or part.extra.get("role") or part.id)
        sources = await self._on(self._sounds, lambda: self._sources_of(report))
        source = await self._ready(report, sources[number].get(stem) or sources[number][sound.MIX])
        span = _seconds(data.get("from_s")), _seconds(data.get("to_s"))
        again = asking.rehearing(source.files[0], span, log.sheets[number].length_s, stem, str(data.get("engine")))
        ended = await self._run(again.request)
        if ended.status.state != "done":
            raise InputError(
                ended.status.message or "The range was not heard: the job was cancelled.", code="range-not-heard"
            )
        if data.get("sensitivity") is None:
            heard = asking.heard_parts(self._service.result(ended.id))
        else:
            sensitivity = _share(data["sensitivity"])
            result = self._service.result(ended.id)
            asked = parse_request(again.request)
            heard = await self._on(
                self._decodes,
                lambda: asking.decoded_range(ended.folder, asked, result, sensitivity, self._settings),
            )
        return JSONResponse(again.part(heard))

    async def _run(self, job: dict[str, Any]) -> JobReport:
        """Submit a job and wait for its end; a page that goes away cancels it."""
        ended: asyncio.Future[JobReport] = asyncio.get_running_loop().create_future()

        def changed(report: JobReport) -> None:
            if report.id == job["id"] and report.status.state in TERMINAL_STATES and not ended.done():
                ended.set_result(report)

        stop = self._service.watch(changed)
        try:
            await self._service.submit(job)
            return await ended
        except asyncio.CancelledError:
            self._service.cancel(job["id"])
            raise
        finally:
            stop()

    # --- versions and files ---------------------------------------------------------------------------------

    async def send(self, request: Request) -> Response:
        """Make the next revision, which the DAW's script takes over."""
        report = self._report(request)
        log = await self._log(report)
        log.check((await _body(request)).get("seq"))
        revision = await self._service.revise(report.id, log.in_force)
        self.hub.tell(report.id, {"type": "revision", "revision": revision})
        return JSONResponse({"revision": revision})

    async def restore(self, request: Request) -> Response:
        """Go back to a version; changes that were not sent are put aside first."""
        report = self._report(request)
        log = await self._log(report)
        data = await _body(request)
        name = str(data.get("version"))

        def back() -> None:
            log.check(data.get("seq"))
            edits = versions.edits_of(report.folder, name)
            if not any(
                versions.edits_of(report.folder, v.name) == log.in_force for v in versions.all_of(report.folder)
            ):
                versions.put_aside(report.folder, log.in_force)
            log.replace(data.get("seq"), edits)

        await self._on(self._edits, back)
        self.hub.tell(report.id, {"type": "edits", "seq": log.seq, "page": ""})
        return JSONResponse({"seq": log.seq, "cursor": log.cursor})

    async def export(self, request: Request) -> Response:
        """A file of the result as it is corrected now."""
        report = self._report(request)
        log = await self._log(report)
        number = int(request.path_params["item"])
        if number >= len(log.sheets):
            raise InputError("There is no such item in this job; load the page again.", code="item-not-found")
        spans = parse_request(_json(report.folder / "request.json")).items
        span = spans[number].audio if number < len(spans) else None
        kind, part = str(request.path_params["kind"]), request.query_params.get("part")
        sheet, item = log.sheets[number], log.base["items"][number]
        made = await asyncio.to_thread(exported, kind, item, sheet, part, span, report.folder, self._context)
        return Response(made.data, media_type="application/octet-stream", headers=_download(made.name))

    async def stem(self, request: Request) -> Response:
        """The sound of a source as a WAV file."""
        source = await self._source(request)
        report = self._report(request)
        headers = _download(f"{report.name} {source.name}.wav")
        return FileResponse(source.files[0], media_type="audio/wav", headers=headers)

    # --- sound --------------------------------------------------------------------------------------------

    async def piece(self, request: Request) -> Response:
        """Samples of a source."""
        source = await self._source(request)
        try:
            start, frames = (int(request.query_params[name]) for name in ("start", "frames"))
        except (KeyError, ValueError) as e:
            raise InputError(
                "This piece of sound cannot be understood; load the page again.", code="sound-request-invalid"
            ) from e
        if not 0 <= start <= source.frames or not 0 < frames <= sound.MAX_FRAMES:
            raise InputError(
                "This piece of sound lies outside the item; load the page again.", code="sound-out-of-range"
            )
        # In the common pool: reading is short, and playing must not wait for a spectrogram.
        return Response(
            await asyncio.to_thread(sound.piece, source, start, frames), media_type="application/octet-stream"
        )

    async def peaks(self, request: Request) -> Response:
        """The waveform of a source."""
        source = await self._source(request)
        cache = self._cache(request)
        return _gzipped(await asyncio.to_thread(sound.peaks, source, cache))

    async def tile(self, request: Request) -> Response:
        """A tile of a source's spectrogram."""
        source = await self._source(request)
        level, index = request.path_params["level"], request.path_params["index"]
        if not 0 <= level <= spectrogram.MAX_LEVEL or not 0 <= index <= MAX_TILE:
            raise InputError("There is no such picture; load the page again.", code="picture-not-found")
        cache = self._cache(request)
        return _gzipped(await self._on(self._sounds, lambda: sound.tile(source, cache, level, index)))

    async def one_shot(self, request: Request) -> Response:
        """The song's own stroke of a drum."""
        report = self._report(request)
        log = await self._log(report)
        items, number = log.base["items"], request.path_params["item"]
        shots = items[number].get("one_shots") or [] if number < len(items) else []
        for shot in shots:
            path = sound.inside(report.folder, shot.get("path"))
            if shot.get("pitch") == request.path_params["pitch"] and path is not None:
                data = await asyncio.to_thread(read_untrusted, path, MAX_FILE_BYTES)
                return Response(data, media_type="audio/wav")
        return JSONResponse({"message": "There is no such sound."}, 404)

    async def soundfont(self, request: Request) -> Response:
        """The General MIDI soundfont, where there is one."""
        try:
            path = await asyncio.to_thread(self._context.model, SOUNDFONT)
        except ModelError as e:
            # The page then plays with a synthesiser of its own.
            return JSONResponse({"message": str(e), "code": e.code}, 404)
        return FileResponse(path, media_type="application/octet-stream")

    async def live(self, socket: WebSocket) -> None:
        """Keep a page up to date."""
        report = self._find(socket.path_params["job"])
        if report is None:
            await socket.close(1008)
            return
        await self.hub.serve(socket, report.id, report.folder, lambda: self._ended(report.id))

    # --- helpers ------------------------------------------------------------------------------------------

    def _find(self, job_id: str) -> JobReport | None:
        return next((r for r in self._service.jobs() if r.id == job_id), None)

    def _report(self, request: Request) -> JobReport:
        report = self._find(request.path_params["job"])
        if report is None:
            raise InputError(
                "There is no such job any more; 'dawscribe jobs' lists the jobs there are.", code="job-not-found"
            )
        return report

    def _ended(self, job_id: str) -> bool:
        report = self._find(job_id)
        return report is None or report.status.state in TERMINAL_STATES

    async def _log(self, report: JobReport) -> EditLog:
        if report.id not in self._logs:
            loaded = await self._on(self._edits, lambda: EditLog.load(report.folder))
            self._logs.setdefault(report.id, loaded)
        return self._logs[report.id]

    async def _source(self, request: Request) -> sound.Source:
        report = self._report(request)
        found: list[dict[str, sound.Source]] | None = self._sources.get(report.id)
        if found is None:
            found = await self._on(self._sounds, lambda: self._sources_of(report))
        number, name = int(request.path_params["item"]), str(request.path_params["source"])
        if number >= len(found) or name not in found[number]:
            raise InputError(
                "This sound is not kept; transcribe the item again with keep_stems.", code="sound-not-kept"
            )
        return await self._ready(report, found[number][name])

    async def _ready(self, report: JobReport, source: sound.Source) -> sound.Source:
        """Return the source once its files are there; a long mix takes seconds to copy, once."""
        key = str(source.files[0])
        if key not in self._known:
            async with self._copying:
                self._known[key] = await asyncio.to_thread(sound.ready, source)
        return self._known[key]

    def _sources_of(self, report: JobReport) -> list[dict[str, sound.Source]]:
        """Return the sounds of each item; looked up anew until the job has ended."""
        if report.id in self._sources:
            return self._sources[report.id]
        request = parse_request(_json(report.folder / "request.json"))
        result = _json(report.folder / "result.json") if report.status.state == "done" else {}
        items = result.get("items") or [{} for _ in request.items]
        found = []
        for number, item in enumerate(items):
            span = request.items[number].audio if number < len(request.items) else None
            found.append(sound.sources(report.folder, item, number, span))
        if report.status.state in TERMINAL_STATES:
            self._sources[report.id] = found
        return found

    def _cache(self, request: Request) -> Path:
        return self._report(request).folder / sound.FOLDER / str(request.path_params["item"])

    async def _on(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, work)


def _item_of(data: dict[str, Any], log: EditLog) -> int:
    """Return the number of the item that a request is about."""
    number = data.get("item")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(log.sheets):
        raise InputError("There is no such item in this job; load the page again.", code="item-not-found")
    return number


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError("Mark a range first: drag on the ruler, or use the keys [ and ].", code="range-missing")
    return float(value)


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise InputError("The sensitivity lies between 0 and 1; load the page again.", code="sensitivity-out-of-range")
    return float(value)


def _json(path: Path) -> dict[str, Any]:
    try:
        return parse_json(read_untrusted(path, 1 << 28), path.name)
    except OSError:
        return {}


async def _body(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise InputError("This request is not JSON; load the page again.", code="request-not-json")
    return parse_json(await request.body(), "request")


def _download(name: str) -> dict[str, str]:
    """Return the header that saves an answer under a name."""
    return {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def _gzipped(data: bytes) -> Response:
    return Response(data, media_type="application/octet-stream", headers={"content-encoding": "gzip"})


def _file(name: str) -> Response:
    """Return a file of the page; only names that the package has."""
    suffix = Path(name).suffix
    folder = resources.files("bridge.review") / "static"
    parts = name.split("/")
    if suffix not in TYPES or not all(STATIC_NAME.fullmatch(p) for p in parts):
        return JSONResponse({"message": "There is no such file."}, 404)
    found = folder.joinpath(*parts)
    if not found.is_file():
        return JSONResponse({"message": "There is no such file."}, 404)
    return Response(found.read_bytes(), media_type=TYPES[suffix])
