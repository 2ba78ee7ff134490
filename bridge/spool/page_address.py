"""review.json: where the running daemon's page is, for commands and DAW scripts; readable by the user alone."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bridge import __version__
from bridge.errors import DawscribeError, InputError
from bridge.files import read_untrusted
from bridge.spool.untrusted_json import parse_json

FILE = "review.json"
MAX_BYTES = 10_000
"""Size of the file; it holds one address."""


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A page that is being served."""

    url: str
    """With the token of this start of the daemon in its fragment, which browsers send nowhere."""
    version: str

    def of_job(self, job_id: str) -> str:
        """Return the address that opens one job."""
        return f"{self.url}&{urlencode({'job': job_id})}"


def announce(home: Path, port: int, token: str) -> None:
    """Write the file.

    Raises:
        OSError: the home cannot be written.
    """
    url = f"http://127.0.0.1:{port}/#token={token}"
    data = json.dumps({"protocol": 1, "url": url, "version": __version__}).encode()
    draft = home / f".{FILE}.{os.getpid()}.tmp"
    draft.unlink(missing_ok=True)
    # The token opens every result: nobody else may read it, not for a moment either.
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    draft.replace(home / FILE)


def withdraw(home: Path) -> None:
    """Remove the file.

    Nobody serves the page any more.
    """
    with suppress(OSError):
        (home / FILE).unlink(missing_ok=True)


def find(home: Path) -> PageAddress:
    """Return the page of the running daemon.

    Raises:
        InputError: no daemon serves one.
    """
    try:
        data = parse_json(read_untrusted(home / FILE, MAX_BYTES), FILE)
        url, version = data["url"], data["version"]
    except (OSError, KeyError, DawscribeError) as e:
        message = "The daemon serves no review page; 'dawscribe status' says why, and an older daemon has none: "
        raise InputError(message + "run 'dawscribe stop', then try again.", code="page-not-served") from e
    if not isinstance(url, str) or not url.startswith("http://127.0.0.1:"):
        raise InputError(
            "The file review.json is damaged; run 'dawscribe stop', then try again.", code="page-address-damaged"
        )
    return PageAddress(url, str(version))
