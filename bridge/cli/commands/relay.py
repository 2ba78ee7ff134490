"""``dawscribe relay``: lines of JSON in and out, for a DAW whose scripts may not touch dawscribe's home themselves.

Ableton Live lets its extensions start a program, but shuts their files into folders of their own. So the extension
starts this one, asks by a line ``{"n": 1, "do": "status", "id": ...}``, and gets ``{"n": 1, "ok": true, ...}`` or
``{"n": 1, "ok": false, "error": "..."}``. It ends with its input.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bridge import __version__
from bridge.cli.client import Client, client
from bridge.errors import DawscribeError, InputError
from bridge.files import read_untrusted, write_bytes, write_json
from bridge.spool.request import PROTOCOL, check_id
from bridge.spool.untrusted_json import MAX_FILE_BYTES, parse_json

SCRIPT_STALE_S = 6.0
"""A script whose heartbeat is older is not running: it renews it every 2 s."""
Answer = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--home", type=Path, metavar="DIR", help="serve this home; else DAWSCRIBE_HOME or ~/.dawscribe")


def run(options: argparse.Namespace) -> int:
    """Answer line by line until the input ends."""
    if options.home:
        os.environ["DAWSCRIBE_HOME"] = str(options.home.absolute())
    relay = Relay(client())
    while line := sys.stdin.buffer.readline(MAX_FILE_BYTES + 1):
        # Whole lines alone are messages: half a one at the end is a DAW that died.
        if line.endswith(b"\n"):
            print(json.dumps(relay.answer(line)), flush=True)
        else:
            break
    return 0


class Relay:
    """Does for an extension what a script with access to the home does itself."""

    def __init__(self, home: Client) -> None:
        self._client = home
        self._home = home.home
        self._doors: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "hello": self._hello,
            "start": self._start,
            "submit": self._submit,
            "status": self._status,
            "result": self._result,
            "cancel": self._cancel,
            "mark": self._mark,
        }

    def answer(self, line: bytes) -> Answer:
        """Return the answer to one line; never raises."""
        number: object = None
        try:
            asked = parse_json(line, "message")
            number = asked.get("n")
            door = self._doors.get(str(asked.get("do")))
            if door is None:
                raise InputError(
                    "This version of dawscribe does not know that message; run 'dawscribe setup live'.",
                    code="relay-message-unknown",
                )
            return {"n": number, "ok": True, **door(asked)}
        except DawscribeError as e:
            return {"n": number, "ok": False, "error": str(e), "code": e.code}
        except OSError as e:
            sentence = f"dawscribe's home {self._home} cannot be used ({e.strerror}); check its permissions."
            return {"n": number, "ok": False, "error": sentence, "code": "internal-error"}

    def _hello(self, asked: Mapping[str, Any]) -> Answer:
        """Return the version, whether the daemon runs, and the session of a Remote Script that runs in Live."""
        del asked
        return {"version": __version__, "protocol": PROTOCOL, "daemon": self._client.running, "script": self._script()}

    def _script(self) -> str | None:
        try:
            found = parse_json(read_untrusted(self._home / "hosts" / "live.json", MAX_FILE_BYTES), "heartbeat")
        except (OSError, DawscribeError):
            return None
        beat, session = found.get("heartbeat"), found.get("session")
        alive = isinstance(beat, (int, float)) and abs(time.time() - beat) < SCRIPT_STALE_S
        return session if alive and isinstance(session, str) else None

    def _start(self, asked: Mapping[str, Any]) -> Answer:
        del asked
        self._client.start()
        return {}

    def _submit(self, asked: Mapping[str, Any]) -> Answer:
        request = asked.get("request")
        if not isinstance(request, Mapping):
            raise InputError(
                "The message holds no request; run 'dawscribe setup live' again.", code="relay-request-missing"
            )
        return {"id": self._client.submit(request)}

    def _status(self, asked: Mapping[str, Any]) -> Answer:
        job = check_id(asked.get("id"))
        mark = self._client.store.path(job) / "inserted"
        return {"status": self._client.progress(job), "inserted": mark.exists(), "whole": _is_whole(mark)}

    def _result(self, asked: Mapping[str, Any]) -> Answer:
        job = check_id(asked.get("id"))
        result = self._client.store.result(job)
        return {"result": result, "folder": str(self._client.store.path(job))}

    def _cancel(self, asked: Mapping[str, Any]) -> Answer:
        job = check_id(asked.get("id"))
        (self._home / "inbox" / f"{job}.json").unlink(missing_ok=True)
        folder = self._home / "jobs" / job
        if folder.is_dir():
            write_bytes(folder / "cancel", b"")
        return {}

    def _mark(self, asked: Mapping[str, Any]) -> Answer:
        revision = asked.get("revision", 1)
        if isinstance(revision, bool) or not isinstance(revision, int):
            raise InputError(
                "The revision is no number; run 'dawscribe setup live' again.", code="relay-revision-invalid"
            )
        mark = self._home / "jobs" / check_id(asked.get("id")) / "inserted"
        if revision > 0:
            write_json(mark, {"revision": revision})
        else:  # the insertion failed
            mark.unlink(missing_ok=True)
        return {}


def _is_whole(mark: Path) -> bool:
    """Return whether the Remote Script has noted that all tracks are there."""
    try:
        return parse_json(read_untrusted(mark, MAX_FILE_BYTES), "mark").get("whole") is True
    except (OSError, DawscribeError):
        return False
