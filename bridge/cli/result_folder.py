"""The folder that a result goes to.

Made as a hidden draft inside it, moved up at once; what is the user's stays.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bridge.errors import InputError, StoreError, writing
from bridge.files import FileLock, read_untrusted
from bridge.music.notes import STEM_ROLES
from bridge.pipeline.results import RESULT
from bridge.spool.request import PROTOCOL
from bridge.spool.result import MAX_RESULT_BYTES
from bridge.spool.untrusted_json import one_line, parse_json

MIDI, PLOT = "song.mid", "piano_roll.png"
STEMS = tuple(f"stems/{role}.wav" for role in STEM_ROLES)
OURS = (RESULT, MIDI, PLOT, *STEMS)
"""Every file a result may have, but for the parts. result.json is moved first: it says of the others whose they are."""
PARTS = "parts"
"""Folder of a MIDI file per part, each under the part's own name."""
PART_FILE = re.compile(rf"{PARTS}/[^/\\\0]+\.mid")
SUBFOLDERS = (Path(STEMS[0]).parent.name, PARTS)
DRAFT, LOCK, BEFORE = ".dawscribe-draft-", ".lock", "before"
"""A draft's folder, the file in it that is locked while it is in use, and the place of what it replaces."""


def is_ours(name: str) -> bool:
    """Return whether a result may have a file of that name, seen from its folder."""
    return name in OURS or PART_FILE.fullmatch(name) is not None


def result_folders(files: Sequence[Path], output: Path) -> list[Path]:
    """One folder per file.

    The output itself for a single one; equal names, case aside, get a number.
    """
    if len(files) == 1:
        return [output]
    taken: set[str] = set()
    folders = []
    for file in files:
        # "...wav" has the stem "..", and Windows drops dots and spaces at the end.
        base = name = printable(file.stem).rstrip(" .") or "item"
        number = 2
        while name.casefold() in taken:
            name, number = f"{base} ({number})", number + 1
        taken.add(name.casefold())
        folders.append(output / name)
    return folders


def printable(name: str) -> str:
    """``name`` as one line that UTF-8 can hold; file systems allow more."""
    return one_line(os.fsencode(name).decode("utf-8", "replace")).strip()


def check_free(folder: Path, names: Collection[str], inputs: Collection[Path]) -> None:
    """Refuse a folder where a result would take the place of something that is not an earlier result's.

    Args:
        folder: where the result goes.
        names: which of :data:`OURS` it may have.
        inputs: the audio files that are heard.

    Raises:
        InputError: one of them lies where the result goes.
        StoreError: another file or folder of the user's does.
    """
    earlier = _earlier(folder)
    for name in OURS:
        place = folder / name
        if not place.exists() or not (name in names or name in earlier):
            continue
        if any(path.exists() and place.samefile(path) for path in inputs):
            raise InputError(
                f"The result would take the place of its own audio, {place}; choose another -o.",
                code="result-over-audio",
            )
        if place.is_dir() or name not in earlier:
            raise _in_the_way(place)
    for made_in in ((folder / STEMS[0]).parent, folder / PARTS):
        if made_in.exists() and not made_in.is_dir():
            raise _in_the_way(made_in)


def _in_the_way(place: Path) -> StoreError:
    return StoreError(
        f"{place} is in the way and of no earlier result; move it, or choose another folder with -o.",
        code="result-in-the-way",
    )


@contextmanager
def draft_in(folder: Path) -> Iterator[Path]:
    """A hidden folder inside ``folder``, which is made where it is missing; what was made goes again on failure.

    Raises:
        StoreError: the folder cannot be made or written.
    """
    missing = [p for p in [folder, *folder.parents] if not p.exists()]
    lock: FileLock | None = None
    try:
        with writing(folder, "result-unwritable", "choose another with -o"):
            folder.mkdir(parents=True, exist_ok=True)
            _remove_stale(folder)
            draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder))
            lock = FileLock(draft / LOCK)
            lock.take()
        try:
            yield draft
        finally:
            lock.free()
            shutil.rmtree(draft, ignore_errors=True)
    except BaseException:
        for made in missing:
            # Only what this run made, and only while it is empty.
            with suppress(OSError):
                made.rmdir()
        raise


def publish(draft: Path, folder: Path) -> None:
    """Move the result in ``draft`` to ``folder``, in place of an earlier one; all of it or nothing.

    Raises:
        StoreError: a file cannot be moved; everything is then as it was.
    """
    earlier = _earlier(folder)
    made = sorted(f"{PARTS}/{path.name}" for path in (draft / PARTS).glob("*.mid"))
    for name in made:
        if (folder / name).exists() and name not in earlier:
            raise _in_the_way(folder / name)
    parts = sorted(n for n in earlier if PART_FILE.fullmatch(n))
    moves = [(folder / n, draft / BEFORE / n) for n in (*OURS, *parts) if n in earlier and (folder / n).is_file()]
    moves += [(draft / n, folder / n) for n in (*OURS, *made) if (draft / n).is_file()]
    try:
        with writing(folder, "result-unwritable"):
            _move(moves)
    finally:
        for made_in in ((folder / STEMS[0]).parent, folder / PARTS):
            with suppress(OSError):
                # Only an empty one goes: earlier stems and parts that were not made again.
                made_in.rmdir()


def _move(moves: Sequence[tuple[Path, Path]]) -> None:
    """Move all files from source to target, or none."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.replace(source)
        raise


def _earlier(folder: Path) -> set[str]:
    """Return the files that the result in ``folder`` names as its own; none where there is no such result."""
    try:
        data = parse_json(read_untrusted(folder / RESULT, MAX_RESULT_BYTES), "result")
        if data["protocol"] != PROTOCOL or data["host"] != "midi_file":
            return set()
        named: set[Any] = {RESULT, data.get("plot")}
        for item in data["items"]:
            named |= {item["midi"], *(stem["path"] for stem in item["stems"]), *item.get("part_files", ())}
    except (OSError, InputError, KeyError, TypeError, AttributeError):
        return set()
    return {n for n in named if n in OURS or (isinstance(n, str) and PART_FILE.fullmatch(n))}


def _remove_stale(folder: Path) -> None:
    """Remove the drafts of runs that were killed."""
    for draft in folder.glob(f"{DRAFT}*"):
        if (draft / LOCK).is_file() and not draft.is_symlink():
            lock = FileLock(draft / LOCK)
            if lock.take():
                lock.free()
                shutil.rmtree(draft, ignore_errors=True)
