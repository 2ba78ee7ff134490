"""``dawscribe relay``: lines of JSON in and out, for a DAW whose scripts may not touch dawscribe's home themselves.

Ableton Live lets its extensions start a program, but shuts their files into folders of their own. So the extension
starts this one, asks by a line ``{"n": 1, "do": "status", "id": ...}``, and gets ``{"n": 1, "ok": true, ...}`` or
``{"n": 1, "ok": false, "error": "..."}``. It ends with its input.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bridge import __version__
from bridge.cli.client import Client, client
from bridge.errors import DawscribeError, InputError, StoreError
from bridge.files import read_hostile, write_bytes, write_json
from bridge.spool.launcher import launch_command
from bridge.spool.request import PROTOCOL, check_id
from bridge.spool.untrusted_json import LARGEST_FILE, parse_json

START_S = 30.0
"""Longest wait for a daemon to come up."""
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
    while line := sys.stdin.buffer.readline(LARGEST_FILE + 1):
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
                raise InputError("This version of dawscribe does not know that message; run 'dawscribe setup live'.")
            return {"n": number, "ok": True, **door(asked)}
        except DawscribeError as e:
            return {"n": number, "ok": False, "error": str(e)}
        except OSError as e:
            sentence = f"dawscribe's home {self._home} cannot be used ({e.strerror}); check its permissions."
            return {"n": number, "ok": False, "error": sentence}

    def _hello(self, asked: Mapping[str, Any]) -> Answer:
        """Which version this is, whether the daemon runs, and the session of a Remote Script that runs in Live."""
        del asked
        return {"version": __version__, "protocol": PROTOCOL, "daemon": self._client.running, "script": self._script()}

    def _script(self) -> str | None:
        try:
            found = parse_json(read_hostile(self._home / "hosts" / "live.json", LARGEST_FILE), "heartbeat")
        except (OSError, DawscribeError):
            return None
        beat, session = found.get("heartbeat"), found.get("session")
        alive = isinstance(beat, (int, float)) and abs(time.time() - beat) < SCRIPT_STALE_S
        return session if alive and isinstance(session, str) else None

    def _start(self, asked: Mapping[str, Any]) -> Answer:
        del asked
        if not self._client.running:
            quiet = subprocess.DEVNULL
            done = subprocess.run(
                launch_command(self._home), stdin=quiet, stdout=quiet, stderr=subprocess.PIPE, text=True, check=False
            )
            if not self._client.wait(True, START_S, failed=lambda: done.returncode != 0):
                said = done.stderr.strip().removeprefix("dawscribe: ")
                raise InputError(said or "dawscribe could not be started; run 'dawscribe daemon' to see why.")
        return {}

    def _submit(self, asked: Mapping[str, Any]) -> Answer:
        request = asked.get("request")
        if not isinstance(request, Mapping):
            raise InputError("The message holds no request; run 'dawscribe setup live' again.")
        job = check_id(request.get("id"))
        inbox = self._home / "inbox"
        try:
            inbox.mkdir(parents=True, exist_ok=True)
            write_json(inbox / f"{job}.json", request)
        except OSError as e:
            raise StoreError(f"{inbox} cannot be written; check the free space and its permissions.") from e
        return {"id": job}

    def _status(self, asked: Mapping[str, Any]) -> Answer:
        job = check_id(asked.get("id"))
        refused = self._read(self._home / "refused" / f"{job}.json")
        if refused is not None:
            return {"status": {"state": "failed", "message": str(refused.get("message", ""))}, "inserted": False}
        folder = self._home / "jobs" / job
        return {"status": self._read(folder / "status.json"), "inserted": (folder / "inserted").exists()}

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
            raise InputError("The revision is no number; run 'dawscribe setup live' again.")
        write_json(self._home / "jobs" / check_id(asked.get("id")) / "inserted", {"revision": revision})
        return {}

    @staticmethod
    def _read(path: Path) -> Answer | None:
        try:
            return parse_json(read_hostile(path, LARGEST_FILE), path.name)
        except FileNotFoundError:
            return None
