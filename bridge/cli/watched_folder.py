"""A folder whose audio files are transcribed as they come: each result lies beside its file.

All that must survive a restart is on disk. A job's id follows from the file (its place, size and time) and from what
was chosen, so the daemon knows a request again; and a result names the job that made it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.app import Application
from bridge.audio.audio_file import AudioFile
from bridge.audio.container_checks import promise
from bridge.cli.client import Client
from bridge.cli.project_files import write_project
from bridge.cli.result_folder import printable
from bridge.errors import DawscribeError, InputError, StoreError, writing
from bridge.files import read_untrusted, write_bytes, write_json
from bridge.spool.request import PROTOCOL
from bridge.spool.result import MAX_RESULT_BYTES
from bridge.spool.status import TERMINAL_STATES
from bridge.spool.untrusted_json import one_line, parse_json

SUFFIXES = frozenset({
    ".wav", ".wave", ".w64", ".rf64", ".bwf", ".caf", ".aif", ".aiff", ".aifc", ".flac", ".ogg", ".oga", ".opus",
    ".mp3", ".m4a", ".aac", ".wma",
})  # fmt: skip
"""Suffixes taken for audio; anything else in the folder is none of our business."""
SETTLED_S = 3.0
"""A file that has not changed for so long, and is whole by its own head, is finished."""
PATIENCE_S = 30.0
"""One that is not whole by its head is given so long since its last change; then the daemon says what is wrong."""
WHOLE = 0.999
"""Share of the promised sound from which on a file is whole: some programs count a last, missing sample."""
RESULT, NOTE = "{} (transcribed)", "{} (not transcribed).txt"
"""Names of the result or the note beside a file."""
MAX_NAME_BYTES = 220
"""Disks take 255; while it is written it has a longer name, and a number may come behind."""
DRAFT = ".dawscribe-"
OURS = "watch-"
"""Beginning of our jobs' ids."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last sight of a file, and the time since when it looks so."""

    size: int
    time_ns: int
    since_s: float


def _printed(sentence: str) -> None:
    """Print a line at once, also into a log; names in it may hold letters that a terminal would obey."""
    print(one_line(sentence), flush=True)


class WatchedFolder:
    """One folder; :meth:`look` is called again and again."""

    def __init__(
        self,
        folder: Path,
        client: Client,
        app: Application,
        options: Mapping[str, Any],
        project: str | None = None,
        say: Callable[[str], None] = _printed,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._client, self._app = folder, client, app
        self._options, self._project = dict(options), project
        self._say, self._clock = say, clock
        self._seen: dict[str, Seen] = {}
        self._waiting: set[str] = set()
        """Names of files that do not grow and are not whole; said once."""
        self._over: set[str] = set()
        """Jobs that need no look any more."""
        self._open = 0
        """Files of the last look that are not over."""

    @property
    def is_quiet(self) -> bool:
        """Return whether all files that the last look saw are transcribed, or cannot be."""
        return self._open == 0

    def sweep(self) -> None:
        """Remove what a watcher that was killed left half copied."""
        for draft in self._folder.glob(f"{DRAFT}*"):
            if draft.is_dir() and not draft.is_symlink():
                shutil.rmtree(draft, ignore_errors=True)

    def look(self) -> None:
        """Hand in what is finished, bring back what is done; a file that fails stops no other.

        Raises:
            StoreError: the folder cannot be read, or dawscribe's home cannot be written.
            InputError: the daemon cannot be started.
        """
        try:
            files = sorted(p for p in self._folder.iterdir() if self._is_audio(p))
        except OSError as e:
            raise StoreError(
                f"{self._folder} cannot be read ({e.strerror}); check the disk and its permissions.",
                code="watch-folder-unreadable",
            ) from e
        for gone in set(self._seen) - {p.name for p in files}:
            del self._seen[gone]
            self._waiting.discard(gone)
        self._open = len(files)
        for file in files:
            try:
                self._open -= self._see_to(file)
            except OSError as e:
                # It was moved away or locked this moment; the next look shows.
                self._say(f"{file.name}: {e.strerror or e}; trying again.")

    @staticmethod
    def _is_audio(path: Path) -> bool:
        hidden = path.name.startswith((".", "~"))
        return not hidden and path.suffix.lower() in SUFFIXES and path.is_file()

    def _see_to(self, file: Path) -> bool:
        """Take a file's next step; whether it was the last."""
        job = self._settled(file)
        if job is None:
            return False
        if job in self._over or self._is_done(file, job):
            self._over.add(job)
            return True
        status = self._status(job)
        if status is None:
            self._client.start()
            if not (self._client.home / "inbox" / f"{job}.json").exists():
                try:
                    self._client.submit(self._request(file, job))
                except InputError as e:
                    self._over.add(job)
                    self._refuse(file, job, str(e))
                    return True
                self._say(f"{file.name}: handed in.")
        elif status.get("state") in TERMINAL_STATES:
            self._over.add(job)
            self._finish(file, job, status)
            return True
        return False

    def _settled(self, file: Path) -> str | None:
        """The id of the file's job; None while the file may still be growing."""
        found, now = file.stat(), self._clock()
        seen = self._seen.get(file.name)
        if seen is None or (seen.size, seen.time_ns) != (found.st_size, found.st_mtime_ns):
            # An old file needs no waiting: nobody writes to it, or its time would be of now.
            age_s = max(0.0, time.time() - found.st_mtime)
            seen = self._seen[file.name] = Seen(found.st_size, found.st_mtime_ns, now - age_s)
            self._waiting.discard(file.name)
        still_s = now - seen.since_s
        if still_s < SETTLED_S:
            return None
        if still_s < PATIENCE_S and not _is_whole(file):
            if file.name not in self._waiting:
                self._waiting.add(file.name)
                what = "not whole yet" if seen.size else "still empty"
                self._say(f"{file.name}: {what}; waiting up to {PATIENCE_S:.0f} s for the rest.")
            return None
        chosen = json.dumps([str(file), seen.size, seen.time_ns, self._options], sort_keys=True)
        return OURS + hashlib.sha256(chosen.encode("utf-8", "surrogateescape")).hexdigest()[:32]

    def _status(self, job: str) -> dict[str, Any] | None:
        try:
            return self._client.progress(job)
        except DawscribeError:
            return None

    def _request(self, file: Path, job: str) -> dict[str, Any]:
        item = {"name": printable(file.stem) or "item", "audio": {"path": str(file)}}
        return {"protocol": PROTOCOL, "id": job, "host": "midi_file", "items": [item], "options": self._options}

    def _is_done(self, file: Path, job: str) -> bool:
        if self._job_of(self._target(file)) == job:
            return True
        try:
            return job in self._note(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return False

    def _target(self, file: Path) -> Path:
        """The folder of a file's result: files that differ in their suffix alone keep it in the name."""
        alike = [p for p in self._folder.glob("*") if p.stem == file.stem and self._is_audio(p)]
        return self._folder / _named(RESULT, file.name if len(alike) > 1 else file.stem)

    def _note(self, file: Path) -> Path:
        return self._folder / _named(NOTE, file.name)

    @staticmethod
    def _job_of(folder: Path) -> str | None:
        """The job whose result a folder holds; None where it is not ours."""
        try:
            found = parse_json(read_untrusted(folder / "result.json", MAX_RESULT_BYTES), "result").get("id")
        except (OSError, DawscribeError):
            return None
        return found if isinstance(found, str) and found.startswith(OURS) else None

    def _finish(self, file: Path, job: str, status: Mapping[str, Any]) -> None:
        try:
            if status.get("state") == "done":
                self._say(f"{file.name}: {self._bring(file, job)}")
                self._note(file).unlink(missing_ok=True)
                return
            sentence = str(status.get("message") or "The transcription was cancelled.")
        except DawscribeError as e:
            sentence = str(e)
        self._refuse(file, job, sentence)

    def _refuse(self, file: Path, job: str, sentence: str) -> None:
        """Write down beside a file why there is no result."""
        self._say(f"{file.name}: {sentence}")
        again = "Put the file here anew, or change it, and it is tried again."
        write_bytes(self._note(file), f"{sentence}\n{again}\n\n{job}\n".encode())

    def _bring(self, file: Path, job: str) -> Path:
        """Copy a finished job beside its file, whole or not at all; the folder."""
        source, target = self._client.store.path(job), self._target(file)
        draft = self._folder / f"{DRAFT}{job}"
        try:
            with writing(self._folder, "result-unwritable"):
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir()
                for name in ("song.mid", "result.json"):
                    shutil.copyfile(source / name, draft / name)
                for name in ("parts", "stems"):
                    if (source / name).is_dir():
                        shutil.copytree(source / name, draft / name)
                result = parse_json(read_untrusted(draft / "result.json", MAX_RESULT_BYTES), "result")
                if self._project:
                    asked = self._client.store.request(job)
                    write_project(self._app, result, asked, draft, draft / f"song{self._project}")
                target = _in_place(draft, target, is_ours=self._job_of(target) is not None)
                with contextlib.suppress(OSError):
                    # It is copied: the daemon may remove the job's folder when room is needed.
                    write_json(source / "inserted", {"revision": result.get("revision", 1)})
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return target


def _named(form: str, name: str) -> str:
    """Return the name of what lies beside a file.

    One too long for a disk is cut, and marked so that it stays its own.
    """
    if len(os.fsencode(form.format(name))) <= MAX_NAME_BYTES:
        return form.format(name)
    mark = f"… {hashlib.sha256(os.fsencode(name)).hexdigest()[:6]}"
    room = MAX_NAME_BYTES - len(form.format(mark).encode())
    return form.format(os.fsencode(name)[:room].decode(errors="ignore") + mark)


def _in_place(draft: Path, target: Path, *, is_ours: bool) -> Path:
    """Put a finished draft in place of an earlier result of ours, or beside what is not ours; where it is."""
    if target.exists() and is_ours:
        # A name of the draft's kind, so that the next start removes it where this one is killed.
        old = draft.with_name(f"{draft.name}-old")
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
        draft.rename(target)
        shutil.rmtree(old, ignore_errors=True)
        return target
    free, number = target, 2
    while free.exists():
        free, number = target.with_name(f"{target.name} {number}"), number + 1
    draft.rename(free)
    return free


def _is_whole(file: Path) -> bool:
    """Return whether a file holds all the sound that its head promises."""
    try:
        with closing(AudioFile(file)) as opened:
            return promise(file).share >= WHOLE and opened.frames != 0
    except (DawscribeError, OSError):
        return False
