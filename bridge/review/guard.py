"""The door of the page's server.

Only this machine's browser, only pages of ours, only with the session's cookie.

Any web page that the user visits may send requests to loopback, and a name server may call loopback by another name
(DNS rebinding). So every request must name this very address as Host, anything that changes something must come from
our own page (Origin), and everything that shows a result needs a cookie that only the holder of the token gets.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 8 << 20
"""Bytes of a request: all notes of a dense ten minutes moved at once are 3 MB."""
MAX_ADDRESS = 2000
"""Bytes of a path, and of what is asked of it: ours have no more than a job's id, a file's name and a few numbers."""
SAFE_METHODS = ("GET", "HEAD")
ENDING = "The daemon is being stopped; start it with 'dawscribe review' and load the page again."
OPEN_PREFIX = "/static/"
"""The page's own files hold nothing of the user's: they come without a cookie, as the page must load to get one."""


class Session:
    """The token of this start of the daemon, and the cookie that it is exchanged for.

    Args:
        port: the server's; cookies do not know ports, so that it is part of the name.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = secrets.token_urlsafe(32)
        self._secret = secrets.token_urlsafe(32)
        self._cookie = f"dawscribe_{port}"
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")

    def open(self, token: object, response: Response) -> bool:
        """Set the cookie and return True if the token is right."""
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), self.token.encode()):
            return False
        response.set_cookie(self._cookie, self._secret, path="/", httponly=True, samesite="strict")
        return True

    def admits(self, headers: Headers) -> bool:
        """Return whether the request carries the cookie."""
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self._secret.encode())


class Guard:
    """ASGI middleware that refuses everything else.

    Args:
        app: the routes.
        session: who may enter.
    """

    def __init__(self, app: ASGIApp, session: Session) -> None:
        self._app, self._session = app, session
        self._headers = _security_headers(session.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a refusal."""
        if scope["type"] not in ("http", "websocket"):
            return
        refusal = self._refusal(scope)
        if refusal is not None and scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return

        is_answered = False

        async def sender(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        if refusal is not None:
            status, sentence = refusal
            await JSONResponse({"message": sentence}, status)(scope, receive, sender)
            return
        limited = _Limited(receive)
        try:
            await self._app(scope, limited, sender)
        except BodyTooLargeError:
            message = "This is more than one edit can hold; make it in smaller steps."
            await JSONResponse({"message": message}, 413)(scope, receive, sender)
        except asyncio.CancelledError:
            # Only the end of the server cancels a request.
            if is_answered or scope["type"] == "websocket":
                raise
            await JSONResponse({"message": ENDING}, 503)(scope, receive, sender)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the sentence, None for a request that may pass."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._session.hosts:
            return 421, "This page is served under its own address only; open it with 'dawscribe review'."
        method = scope.get("method", "GET")
        origin = headers.get("origin")
        unsafe = scope["type"] == "websocket" or method not in SAFE_METHODS
        own = f"http://{hosts[0]}"
        if (origin is None and unsafe) or (origin is not None and origin != own):
            return 403, "This request does not come from the review page; open the page with 'dawscribe review'."
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "This request does not come from the review page; open the page with 'dawscribe review'."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            return 413, "This is more than one edit can hold; make it in smaller steps."
        path = str(scope["path"])
        if max(len(path), len(scope["query_string"])) > MAX_ADDRESS:
            return 414, "There is nothing at so long an address; open the page with 'dawscribe review'."
        if path in ("/", "/session") or path.startswith(OPEN_PREFIX) or self._session.admits(headers):
            return None
        return 401, "The daemon was started anew; open the page again with 'dawscribe review'."


class BodyTooLargeError(Exception):
    """A body that goes on after it was to end."""


class _Limited:
    """Counts what is received; a length that was not declared is limited too."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._count = receive, 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._count += len(message.get("body", b""))
        if self._count > MAX_BODY:
            raise BodyTooLargeError
        return message


def _security_headers(hosts: tuple[str, ...]) -> dict[str, str]:
    """Return the headers of every answer. WebAssembly is for the soundfont's Vorbis decoder, in the vendored synth."""
    sockets = " ".join(f"ws://{host}" for host in hosts)
    policy = {
        "default-src": "'none'",
        "script-src": "'self' 'wasm-unsafe-eval'",
        "worker-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "connect-src": f"'self' {sockets}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
    }
