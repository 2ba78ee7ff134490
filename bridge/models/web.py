"""Plain files on the web.

Https (http on this machine alone), continued where the connection was cut.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bridge.models.sources import CHUNK, OnProgress, UnavailableError

MAX_ATTEMPTS = 4
"""Tries in a row that bring nothing before the place is given up."""
FIRST_PAUSE_S = 0.5
"""Pause before the second try; it doubles each time."""


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
        from bridge.models.connection import TransientError, check

        check(self.url, from_loopback=True)
        failures, pause_s = 0, FIRST_PAUSE_S
        whole = size if self.exact else -1
        while (before := _length(part)) != whole:
            reason = "the connection was cut"
            try:
                whole = self._continue(part, size, on_progress)
            except TransientError as e:
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
        # At use: the standard library's web modules would be 3 % of the start of every command.
        from bridge.models.connection import open_part, read, total

        have = _length(part)
        if have > size:
            part.unlink()
            have = 0
        with open_part(self.url, have) as response:
            if response.status != 206:
                have = 0
            whole = total(response, have)
            if whole is None and not self.exact:
                raise UnavailableError("the server does not say how large the file is")
            size, most = size if whole is None else whole, size
            if size > most or (self.exact and size != most):
                part.unlink(missing_ok=True)
                raise UnavailableError("the file there has another size")
            with part.open("ab" if have else "wb") as target:
                while block := read(response, min(CHUNK, size - have)):
                    target.write(block)
                    have += len(block)
                    on_progress(have / size)
        return size


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
