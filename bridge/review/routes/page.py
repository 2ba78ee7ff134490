"""The page itself, and the door to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bridge import __version__
from bridge.review.guard import Session
from bridge.review.peer import is_of_another_user
from bridge.review.routes.answers import body, missing

STATIC = Path(__file__).parents[1] / "static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
STATIC_NAME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z]+)*")
"""A folder or file of the page: no way up, nothing hidden."""


class PageRoutes:
    """Files of the page, and the token's exchange for the cookie."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def table(self) -> list[BaseRoute]:
        """Return the addresses."""
        return [
            Route("/", self.page),
            Route("/static/{name:path}", self.static),
            Route("/session", self.enter, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return _file("index.html")

    async def static(self, request: Request) -> Response:
        """A file of the page."""
        return _file(request.path_params["name"])

    async def enter(self, request: Request) -> Response:
        """Exchange the token of the address for the session's cookie."""
        if request.client is not None and is_of_another_user(request.client.port, self._session.port):
            sentence = "This page belongs to another user of this computer; run 'dawscribe review' for your own."
            return JSONResponse({"message": sentence}, 403)
        data = await body(request)
        response = JSONResponse({"version": __version__})
        if not self._session.open(data.get("token"), response):
            sentence = "The daemon was started anew since this address was made; run 'dawscribe review' again."
            return JSONResponse({"message": sentence}, 401)
        return response


def _file(name: str) -> Response:
    """Return a file of the page; only names that the package has."""
    found = _files().get(name)
    if found is None:
        return missing("There is no such file.")
    return Response(found.read_bytes(), media_type=TYPES[Path(name).suffix])


@cache
def _files() -> Mapping[str, Path]:
    """Return the page's files by their names; the disk is never asked for a name that somebody sends."""
    names = {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.suffix in TYPES}
    return {name: path for name, path in names.items() if all(map(STATIC_NAME.fullmatch, name.split("/")))}
