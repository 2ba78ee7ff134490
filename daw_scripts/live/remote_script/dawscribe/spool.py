"""The spool of protocol 1, seen from a DAW: files and atomic renames, read as if a stranger had written them."""

from __future__ import annotations

import json
import os
import re
import time

PROTOCOL = 1
HOST = "live"
STALE_S = 6.0
"""A heartbeat older than three beats: the daemon does not run."""
MAX_WORDS = 16
"""Words that a launcher may have: its command has six."""
COMMAND_S = 10.0
"""A command older than this is no longer meant."""
MAX_BYTES = 64 << 20
"""Bytes; the largest message is a long song's result, 5 MB."""
ID = re.compile(r"[a-z0-9-]{8,64}")
FINAL = ("done", "failed", "cancelled")


def is_number(value, low, high):
    """Whether ``value`` is a plain number from ``low`` to ``high``."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def is_id(value):
    """Whether ``value`` can be a job's id, and so a folder's name."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def find_home(record, environment=os.environ):
    """Dawscribe's home: the variable, what ``dawscribe setup live`` noted beside this script, or the default."""
    noted = record.get("home")
    if environment.get("DAWSCRIBE_HOME"):
        return environment["DAWSCRIBE_HOME"]
    return noted if isinstance(noted, str) and noted else os.path.join(os.path.expanduser("~"), ".dawscribe")


def read_json(path):
    """The JSON object in a file; None where there is none that can be used."""
    try:
        size = os.path.getsize(path)
        if os.path.islink(path) or size > MAX_BYTES:
            return None
        with open(path, "rb") as file:
            # Not of the largest size: Python takes that much memory for every small file, ten times a second.
            data = json.loads(file.read(size + 1).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


class Spool:
    """One home folder."""

    def __init__(self, home, clock=time.time):
        self.home = home
        self.clock = clock
        self.ahead = (None, 0.0)

    def path(self, *names):
        """A path below the home."""
        return os.path.join(self.home, *names)

    def write(self, path, text):
        """Replace ``path`` in one step; OSError where it cannot be written."""
        draft = path[: -len(".json")] + ".tmp" if path.endswith(".json") else path + ".tmp"
        try:
            with open(draft, "wb") as file:
                file.write(text.encode("utf-8"))
            os.replace(draft, path)
        except OSError:
            try:
                os.remove(draft)
            except OSError:
                pass
            raise

    def new_id(self):
        """An id that no other request has."""
        return f"{HOST}-{int(self.clock())}-{os.urandom(4).hex()}"

    def daemon(self):
        """daemon.json, None where no daemon runs."""
        beat = read_json(self.path("daemon.json"))
        if beat is None or not is_number(beat.get("heartbeat"), 0, 1e12):
            return None
        ahead_s = beat["heartbeat"] - self.clock()
        return beat if ahead_s >= -STALE_S and not self._is_left_behind(beat["heartbeat"], ahead_s) else None

    def _is_left_behind(self, heartbeat, ahead_s):
        """Whether a heartbeat lies ahead and does not move: its daemon died before the clock was set back."""
        if ahead_s <= STALE_S:
            return False
        if self.ahead[0] != heartbeat:
            self.ahead = heartbeat, self.clock()
        return self.clock() - self.ahead[1] > STALE_S

    def launcher(self):
        """What starts the daemon, a list of words; None where dawscribe was never set up."""
        command = (read_json(self.path("launcher.json")) or {}).get("command")
        if not isinstance(command, list) or not 0 < len(command) <= MAX_WORDS:
            return None
        # A bare name would be looked for in the set's folder; a control letter or a quote could end a word.
        safe = all(isinstance(w, str) and w.isprintable() and '"' not in w for w in command)
        return command if safe and os.path.isabs(command[0]) else None

    def submit(self, request):
        """Hand a request in; OSError where it cannot be written."""
        os.makedirs(self.path("inbox"), exist_ok=True)
        self.write(self.path("inbox", request["id"] + ".json"), json.dumps(request))

    def status(self, job):
        """A job's status; a refused request's is "failed"; None while there is none."""
        refused = read_json(self.path("refused", job + ".json"))
        if refused is not None:
            return {"state": "failed", "message": refused.get("message", "")}
        return read_json(self.path("jobs", job, "status.json"))

    def result(self, job):
        """result.json, unchecked; None where it cannot be read."""
        return read_json(self.path("jobs", job, "result.json"))

    def request(self, job):
        """The request of a job as it came."""
        return read_json(self.path("jobs", job, "request.json"))

    def jobs(self):
        """The ids of all jobs."""
        try:
            return [name for name in os.listdir(self.path("jobs")) if is_id(name)]
        except OSError:
            return []

    def cancel(self, job):
        """Ask for the end of a job; also of one that no daemon took over yet."""
        try:
            os.remove(self.path("inbox", job + ".json"))
        except OSError:
            if os.path.isdir(self.path("jobs", job)):
                self.write(self.path("jobs", job, "cancel"), "")

    def waits(self, job):
        """Whether a request still lies in the inbox."""
        return os.path.exists(self.path("inbox", job + ".json"))

    def inserted(self, job):
        """The revision that was inserted; None where the job was not inserted. An empty mark means the first."""
        path = self.path("jobs", job, "inserted")
        if not os.path.exists(path):
            return None
        revision = (read_json(path) or {}).get("revision", 1)
        return revision if is_number(revision, 1, 1e9) else 1

    def mark_inserted(self, job, revision, whole=False):
        """Note what is being inserted, and ``whole`` once it is; OSError where that cannot be written."""
        data = {"revision": revision, "whole": True} if whole else {"revision": revision}
        self.write(self.path("jobs", job, "inserted"), json.dumps(data))

    def unmark(self, job, before=None):
        """Take the mark back after an insertion that failed."""
        if before is not None:
            self.mark_inserted(job, before)
            return
        try:
            os.remove(self.path("jobs", job, "inserted"))
        except OSError:
            pass

    def take_command(self):
        """The newest command, once: it is removed first, and obeyed only where that worked and it is young."""
        path = self.path("commands", HOST + ".json")
        if not os.path.exists(path):
            return None
        command = read_json(path)
        try:
            os.remove(path)
        except OSError:
            return None
        if command is None or not is_number(command.get("time"), 0, 1e12):
            return None
        return command if abs(self.clock() - command["time"]) <= COMMAND_S else None

    def announce(self, data):
        """Say that this script runs: ``hosts/live.json``, for the extension and for ``dawscribe doctor``."""
        os.makedirs(self.path("hosts"), exist_ok=True)
        self.write(self.path("hosts", HOST + ".json"), json.dumps(data))
