"""Serves the page inside the daemon's loop, as a trigger does: on loopback, with a port and token of this start."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from bridge.errors import PluginError
from bridge.plugins.interfaces import Context, JobService
from bridge.review.guard import Guard, Session
from bridge.review.routes import application
from bridge.spool.page_address import announce, withdraw

LOOPBACK = "127.0.0.1"
MAX_CONNECTIONS = 200
"""Requests and sockets at a time; a page uses eight. A flood is answered 503."""
MAX_SOCKET_MESSAGE = 1 << 16
"""Bytes of a message of the page's WebSocket; it sends nothing but pings."""
GRACE_S = 1
"""Seconds that requests have to end when the daemon does: an edit is saved in a hundredth of it; uvicorn counts whole
ones."""


class ReviewPage:
    """The review page of this daemon.

    It reaches the daemon by the service that triggers get.
    """

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of ``[triggers.review]``."""

        enabled: bool = True
        port: int = 0
        """0 takes a free port with every start."""

        def __post_init__(self) -> None:
            if not 0 <= self.port <= 65535:
                raise ValueError("port lies between 0 and 65535")

    def __init__(self, options: Options, context: Context) -> None:
        self._options, self._context = options, context

    async def run(self, service: JobService) -> None:
        """See :class:`bridge.plugins.interfaces.Trigger`."""
        listener = self._listener()
        port = listener.getsockname()[1]
        session = Session(port)
        app, hub = application(service, self._context, session)
        config = uvicorn.Config(
            Guard(app, session),
            lifespan="off", access_log=False, log_config=None, server_header=False, ws="websockets-sansio", http="h11",
            ws_max_size=MAX_SOCKET_MESSAGE, ws_per_message_deflate=False,
            proxy_headers=False, limit_concurrency=MAX_CONNECTIONS, timeout_graceful_shutdown=GRACE_S,
        )  # fmt: skip
        server = _Server(config)
        try:
            announce(self._context.home, port, session.token)
            async with hub:
                await server.serve([listener])
        except OSError as e:
            raise PluginError(
                f"The review page cannot be served ({e.strerror}); check dawscribe's home.", code="page-not-served"
            ) from e
        finally:
            withdraw(self._context.home)
            with contextlib.suppress(Exception):
                await asyncio.shield(server.finish(listener))
            listener.close()

    def _listener(self) -> socket.socket:
        """Return a bound socket; PluginError where the port is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind((LOOPBACK, self._options.port))
        except OSError as e:
            listener.close()
            raise PluginError(
                f"Port {self._options.port} of the review page cannot be opened ({e.strerror}); "
                "choose another in [triggers.review], or 0 for any.",
                code="page-port-unopened",
            ) from e
        return listener


class _Server(uvicorn.Server):
    """uvicorn's server without signal handlers of its own: signals are the daemon's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the handlers as they are."""
        yield

    async def finish(self, listener: socket.socket) -> None:
        """Take no more requests, let those in flight end, and answer those that do not."""
        await self.shutdown([listener])
        # Cancelled now if they took too long; the guard answers them.
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
