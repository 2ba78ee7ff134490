"""One connection to a web server.

Https (http on this machine alone), and which failures may mend themselves.
"""

from __future__ import annotations

import http.client
import ipaddress
import ssl
import urllib.error
import urllib.request
from typing import IO, Any
from urllib.parse import urlsplit

from bridge.models.sources import UnavailableError

TIMEOUT_S = 30.0
"""Silence after which a connection counts as dead; slower starts than this were not seen at any mirror."""
LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses that mean: try again later."""


class TransientError(Exception):
    """The connection failed in a way that another try may mend; the text is the reason."""


def open_part(url: str, have: int) -> Any:
    """Ask for a file from byte ``have`` on.

    Errors as TransientError or UnavailableError.
    """
    headers = {"User-Agent": "dawscribe", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - checked by whoever asks
    try:
        return urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as e:
        e.close()
        kind = TransientError if e.code in LATER else UnavailableError
        raise kind(f"the server answered {e.code}") from e
    except urllib.error.URLError as e:
        if isinstance(e.reason, ssl.SSLCertVerificationError):
            raise UnavailableError("its certificate cannot be verified by this Python") from e
        raise TransientError("it cannot be reached") from e
    except (OSError, http.client.HTTPException) as e:
        raise TransientError("the connection failed") from e


def read(response: IO[bytes], count: int) -> bytes:
    """Read at most ``count`` bytes.

    Raises:
        TransientError: the connection is cut.
    """
    try:
        return response.read(count) if count > 0 else b""
    except (OSError, http.client.HTTPException) as e:
        raise TransientError("the connection was cut") from e


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https alone; from this machine also to this machine."""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> Any:
        check(newurl, from_loopback=_is_loopback(req.full_url))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def check(url: str, *, from_loopback: bool) -> None:
    """Refuse what is not https, but for http on this machine; UnavailableError."""
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


def total(response: Any, have: int) -> int | None:
    """Bytes of the whole file by the server's word; None where it says nothing."""
    length = response.headers.get("Content-Length", "")
    return have + int(length) if length.isdigit() else None
