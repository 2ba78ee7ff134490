"""Work for a client that waits for it: who goes is worked for no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

Handler = Callable[[Request], Awaitable[Response]]
GONE = 499
"""Status for the log alone, as nginx has it: there is nobody to answer."""


def while_waiting(handler: Handler) -> Handler:
    """Return the handler, cancelled when its client goes.

    For what only answers: an edit is saved though the page that made it was closed.
    """

    @wraps(handler)
    async def handle(request: Request) -> Response:
        # Kept by the request; what comes after the body is the client's going.
        await request.body()
        work = asyncio.ensure_future(handler(request))
        gone = asyncio.create_task(_gone(request))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            return work.result() if work.done() else Response(status_code=GONE)
        finally:
            for task in (work, gone):
                task.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)

    return handle


async def _gone(request: Request) -> None:
    """Return when the client has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
