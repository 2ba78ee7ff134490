"""Sound and pictures for the page: pieces, waveforms, spectrograms, strokes, the soundfont, the places of notes."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bridge.errors import InputError, ModelError
from bridge.files import inside, read_untrusted
from bridge.review import sound, spectrogram
from bridge.review.places import places
from bridge.review.routes.answers import gzipped, missing
from bridge.review.routes.opened import OpenJobs
from bridge.review.routes.waiting import while_waiting
from bridge.spool.untrusted_json import MAX_FILE_BYTES

SOUNDFONT = "soundfont-small"
"""The model that plays the notes."""
MAX_TILE = 100_000
"""Number of a tile; no recording reaches it."""


class SoundRoutes:
    """Sound of an item, and the instruments of its notes."""

    def __init__(self, opened: OpenJobs) -> None:
        self._opened = opened

    def table(self) -> list[BaseRoute]:
        """Return the addresses."""
        item = "/api/jobs/{job}/items/{item:int}"
        return [
            Route("/api/soundfont", self.soundfont),
            Route(item + "/sound/{source}", self.piece),
            Route(item + "/peaks/{source}", while_waiting(self.peaks)),
            Route(item + "/tiles/{source}/{level:int}/{index:int}", while_waiting(self.tile)),
            Route(item + "/one_shots/{pitch:int}", self.one_shot),
            Route(item + "/places", while_waiting(self.places)),
        ]

    async def piece(self, request: Request) -> Response:
        """Samples of a source."""
        source = await self._opened.source(request)
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
        data = await asyncio.to_thread(sound.piece, source, start, frames)
        return Response(data, media_type="application/octet-stream")

    async def peaks(self, request: Request) -> Response:
        """The waveform of a source."""
        source = await self._opened.source(request)
        return gzipped(await asyncio.to_thread(sound.peaks, source, self._opened.cache(request)))

    async def tile(self, request: Request) -> Response:
        """A tile of a source's spectrogram."""
        opened = self._opened
        source = await opened.source(request)
        level, index = request.path_params["level"], request.path_params["index"]
        if not 0 <= level <= spectrogram.MAX_LEVEL or not 0 <= index <= MAX_TILE:
            raise InputError("There is no such picture; load the page again.", code="picture-not-found")
        cache = opened.cache(request)
        return gzipped(await opened.on(opened.sounds, lambda: sound.tile(source, cache, level, index)))

    async def places(self, request: Request) -> Response:
        """Places of a part's notes between left and right, by their ids."""
        opened = self._opened
        report = opened.report(request)
        log, number = await opened.log(report), request.path_params["item"]
        if number >= len(log.sheets):
            raise InputError("There is no such item in this job; load the page again.", code="item-not-found")
        part = log.sheets[number].part(request.query_params.get("part", ""))
        source = await opened.stem(report, number, part)
        found = await opened.on(opened.sounds, lambda: places(source, part.notes, is_drums=part.is_drums))
        return JSONResponse({"places": found})

    async def one_shot(self, request: Request) -> Response:
        """The song's own stroke of a drum."""
        report = self._opened.report(request)
        log = await self._opened.log(report)
        items, number = log.base["items"], request.path_params["item"]
        shots = items[number].get("one_shots") or [] if number < len(items) else []
        for shot in shots:
            path = inside(report.folder, shot.get("path"))
            if shot.get("pitch") == request.path_params["pitch"] and path is not None:
                data = await asyncio.to_thread(read_untrusted, path, MAX_FILE_BYTES)
                return Response(data, media_type="audio/wav")
        return missing("There is no such sound.")

    async def soundfont(self, request: Request) -> Response:
        """The General MIDI soundfont, where there is one."""
        try:
            path = await asyncio.to_thread(self._opened.context.model, SOUNDFONT)
        except ModelError as e:
            # The page then plays with a synthesiser of its own.
            return missing(str(e), e.code)
        return FileResponse(path, media_type="application/octet-stream")
