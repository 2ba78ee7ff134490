"""Plain files on the web: https (http on this machine alone), continued where the connection was cut."""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from bridge.models.sources import CHUNK, OnProgress, UnavailableError

TIMEOUT_S = 30.0
"""Silence after which a connection counts as dead; slower starts than this were not seen at any mirror."""
MAX_ATTEMPTS = 4
"""Tries in a row that bring nothing before the place is given up."""
FIRST_PAUSE_S = 0.5
"""Pause before the second try; it doubles each time."""
LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses that mean: try again later."""


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file at an address."""

    url: str
    exact: bool = True
    """Return whether the size is known to the byte; else the server says it, up to the size."""

    def __str__(self) -> str:
        return urlsplit(self.url).hostname or self.url

    def fetch(self, part: Path, size: int, on_progress: OnProgress) -> None:
        """See :class:`bridge.models.sources.Source`."""
        _check(self.url, from_loopback=True)
        failures, pause_s = 0, FIRST_PAUSE_S
        whole = size if self.exact else -1
        while (before := _length(part)) != whole:
            reason = "the connection was cut"
            try:
                whole = self._continue(part, size, on_progress)
            except _TransientError as e:
                reason = str(e)
            if _length(part) > before:
                failures, pause_s = 0, FIRST_PAUSE_S
                continue
            failures += 1
            if failures == MAX_ATTEMPTS:
                raise UnavailableError(reason)
            on_progress(before / size)
            time.sleep(pause_s)
            pause_s *= 2

    def _continue(self, part: Path, size: int, on_progress: OnProgress) -> int:
        """One connection: ask for what is missing and append it; the bytes of the whole file."""
        have = _length(part)
        if have > size:
            part.unlink()
            have = 0
        headers = {"User-Agent": "dawscribe", "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        with _open(urllib.request.Request(self.url, headers=headers)) as response:  # noqa: S310 - checked above
            if response.status != 206:
                have = 0
            total = _total(response, have)
            if total is None and not self.exact:
                raise UnavailableError("the server does not say how large the file is")
            size, most = size if total is None else total, size
            if size > most or (self.exact and size != most):
                part.unlink(missing_ok=True)
                raise UnavailableError("the file there has another size")
            with part.open("ab" if have else "wb") as target:
                while block := _read(response, min(CHUNK, size - have)):
                    target.write(block)
                    have += len(block)
                    on_progress(have / size)
        return size


class _TransientError(Exception):
    """The connection failed in a way that another try may mend; the text is the reason."""


def _open(request: urllib.request.Request) -> Any:
    try:
        return urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as e:
        e.close()
        kind = _TransientError if e.code in LATER else UnavailableError
        raise kind(f"the server answered {e.code}") from e
    except urllib.error.URLError as e:
        if isinstance(e.reason, ssl.SSLCertVerificationError):
            raise UnavailableError("its certificate cannot be verified by this Python") from e
        raise _TransientError("it cannot be reached") from e
    except (OSError, http.client.HTTPException) as e:
        raise _TransientError("the connection failed") from e


def _read(response: IO[bytes], count: int) -> bytes:
    try:
        return response.read(count) if count > 0 else b""
    except (OSError, http.client.HTTPException) as e:
        raise _TransientError("the connection was cut") from e


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https alone; from this machine also to this machine."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> Any:
        _check(newurl, from_loopback=_is_loopback(req.full_url))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check(url: str, *, from_loopback: bool) -> None:
    scheme = urlsplit(url).scheme
    if scheme == "https" or (scheme == "http" and from_loopback and _is_loopback(url)):
        return
    raise UnavailableError("it is not an https address, or leads to one that is not")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _total(response: Any, have: int) -> int | None:
    """Bytes of the whole file by the server's word; None where it says nothing."""
    length = response.headers.get("Content-Length", "")
    return have + int(length) if length.isdigit() else None


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
