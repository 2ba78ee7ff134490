"""The spool inbox.

DAW scripts write a request as a file and rename it into place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import DawscribeError, InputError, StoreError
from bridge.files import read_untrusted, write_json
from bridge.plugins.interfaces import Context, JobService
from bridge.spool.request import ID_PATTERN
from bridge.spool.untrusted_json import MAX_FILE_BYTES, parse_json

RESCAN_S = 1.0
"""At the latest after this time the inbox is read again, whatever the folder's own time says."""
SETTLED_S = 2.0
"""A folder's time that is younger may hide a change behind it: the coarsest file systems count in steps of 2 s."""
RETRY_S = 2.0
"""Pause before a request is tried again that a full disk kept us from taking over."""
HALF_S = 0.5
"""A request that cannot be read and is younger may be half written: REAPER on Windows cannot rename a file below a
folder with letters beyond ASCII, so its script writes it in place."""
PATIENCE_S = 10.0
"""Time for which a file that cannot be read is tried again before it is refused."""
QUIET_S, QUIET_POLL_S = 60.0, 0.1
"""After a minute without a request the inbox is looked at less often: a laptop's processor sleeps deeper."""
DRAFTS_S = 60.0
"""Between two looks for stale drafts, each of which costs a look at every draft."""
STALE_DRAFT_S = 3600.0
"""A draft this old was left by a DAW that died while writing it."""
MAX_REFUSALS = 200
"""Sentences kept for requests that were refused; a flood of bad files must not fill the disk."""
log = logging.getLogger("dawscribe.spool")


class SpoolTrigger:
    """Watches the inbox folder."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of ``[triggers.spool]``."""

        enabled: bool = True
        poll_s: float = 0.015
        """Seconds between looks at the inbox: one stat call each, and a DAW that asks is answered in a blink."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._inbox = context.home / "inbox"
        self._refused = context.home / "refused"
        self._wait_until: dict[str, float] = {}
        self._unread: dict[str, float] = {}
        """Since when a file could not be read."""
        self._stuck: set[str] = set()
        """Files that were refused and cannot be removed: they are not looked at again."""
        self._drafts_s = -DRAFTS_S

    async def run(self, service: JobService) -> None:
        """See :class:`bridge.plugins.interfaces.Trigger`."""
        seen, read_s, busy_s = -1, 0.0, time.monotonic()
        while True:
            try:
                changed = self._inbox.stat().st_mtime_ns
                if changed != seen or time.monotonic() - read_s >= RESCAN_S:
                    # Judged before the reading: a file that comes meanwhile changes the time again.
                    seen = changed if time.time() - changed / 1e9 > SETTLED_S else -1
                    read_s = time.monotonic()
                    if await self._take_all(service):
                        busy_s = time.monotonic()
            except OSError as e:
                log.warning("inbox: %s", e)
                await asyncio.sleep(RETRY_S)
            quiet = time.monotonic() - busy_s > QUIET_S
            await asyncio.sleep(max(self._options.poll_s, QUIET_POLL_S) if quiet else self._options.poll_s)

    async def _take_all(self, service: JobService) -> bool:
        """Look at every file; whether there was one to take."""
        names = sorted(entry.name for entry in os.scandir(self._inbox))
        self._stuck &= set(names)
        drafts = [name for name in names if name.endswith(".tmp")]
        if time.monotonic() - self._drafts_s >= DRAFTS_S:
            self._drafts_s = time.monotonic()
            for name in drafts:
                _remove_stale(self._inbox / name)
                await asyncio.sleep(0)
        requests = [name for name in names if not name.endswith(".tmp") and name not in self._stuck]
        for name in requests:
            if self._wait_until.get(name, 0.0) <= time.monotonic():
                await self._take(self._inbox / name, service)
                # A thousand bad files must keep nobody else waiting.
                await asyncio.sleep(0)
        if requests:
            self._forget_refusals()
        return bool(requests)

    async def _take(self, path: Path, service: JobService) -> None:
        """Hand one file to the service; it leaves the inbox only once the job is safe or refused."""
        self._wait_until.pop(path.name, None)
        data: dict[str, Any] = {}
        try:
            if path.suffix != ".json" or not ID_PATTERN.fullmatch(path.stem):
                raise InputError(
                    "The request's file name is not an id with .json; update dawscribe's DAW scripts.",
                    code="request-name-invalid",
                )
            data = parse_json(read_untrusted(path, MAX_FILE_BYTES), "request")
            if data.get("id") != path.stem:
                raise InputError(
                    "The request's id is not its file's name; update dawscribe's DAW scripts.",
                    code="request-id-differs",
                )
            await service.submit(data)
        except StoreError as e:
            log.warning("%s: %s", path.name, e)
            self._wait_until[path.name] = time.monotonic() + RETRY_S
            return
        except DawscribeError as e:
            if not data and _may_be_half(path):
                self._wait_until[path.name] = time.monotonic() + HALF_S
                return
            if not _was_taken_back(path):
                self._refuse(path, str(e), e.code)
        except OSError as e:
            # A virus scanner may hold a fresh file, and a folder on the network be away for a moment.
            since = self._unread.setdefault(path.name, time.monotonic())
            if time.monotonic() - since < PATIENCE_S and not isinstance(e, IsADirectoryError):
                self._wait_until[path.name] = time.monotonic() + RETRY_S / 4
                return
            message = f"The request could not be read ({e.strerror}); check the permissions of the inbox."
            self._refuse(path, message, "request-unreadable")
        self._unread.pop(path.name, None)
        if not remove(path):
            self._stuck.add(path.name)

    def _refuse(self, path: Path, message: str, code: str) -> None:
        log.warning("refused %r: %s", path.name[:80], message)
        if not ID_PATTERN.fullmatch(path.stem):
            return
        try:
            refusal = {"protocol": 1, "message": message, "code": code}
            write_json(self._refused / f"{path.stem}.json", refusal, durable=False)
        except OSError as e:
            log.warning("%s", e)

    def _forget_refusals(self) -> None:
        """Remove the oldest sentences where there are many."""
        with contextlib.suppress(OSError):
            kept = sorted(os.scandir(self._refused), key=lambda e: e.stat().st_mtime)
            for entry in kept[: max(0, len(kept) - MAX_REFUSALS)]:
                Path(entry.path).unlink(missing_ok=True)


def _may_be_half(path: Path) -> bool:
    """Say whether a script may still be writing: not every system's scripts can rename a file into place."""
    with contextlib.suppress(OSError):
        return path.suffix == ".json" and 0 <= time.time() - path.lstat().st_mtime < HALF_S
    return False


def _was_taken_back(path: Path) -> bool:
    """Say whether a request was emptied, by a script that cannot remove files there."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size == 0


def _remove_stale(draft: Path) -> None:
    """Remove a draft that nobody writes any more; one that is renamed this moment is a request by now."""
    with contextlib.suppress(FileNotFoundError):
        if draft.lstat().st_mtime < time.time() - STALE_DRAFT_S:
            draft.unlink()


def remove(path: Path) -> bool:
    """Take a file, link or folder out of the inbox; whether it is gone."""
    try:
        if path.is_dir() and not path.is_symlink():
            os.rmdir(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as e:
        log.warning("%s cannot be removed: %s", path.name[:80], e)
        return False
    return True
