"""Replace several files of a job folder at one moment.

The new files are written aside; one rename is the moment. A kill before it leaves all of the old ones, and after it
:func:`complete` puts in place what is not there yet.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from bridge.files import sync_file, sync_folder

COMMITTED = ".committed"
"""Folder of new files that are meant to stand in the folder around it."""


def commit(draft: Path, folder: Path, last: str) -> None:
    """Put the files of ``draft`` into ``folder``, replacing those of the same names.

    Args:
        draft: a folder inside ``folder``, gone afterwards.
        folder: a job folder.
        last: name of the file that says that all others are there.

    Raises:
        OSError: the disk refuses; where that was before the moment, ``folder`` is as it was.
    """
    for path in draft.rglob("*"):
        if path.is_file():
            sync_file(path)
    draft.rename(folder / COMMITTED)
    sync_folder(folder)
    complete(folder, last)


def complete(folder: Path, last: str) -> bool:
    """Put in place what a kill left committed; return whether there was anything.

    Raises:
        OSError: the disk refuses.
    """
    committed = folder / COMMITTED
    if not committed.is_dir():
        return False
    files = sorted(path for path in committed.rglob("*") if path.is_file())
    for path in sorted(files, key=lambda path: path.name == last):
        _place(path, folder / path.relative_to(committed))
    sync_folder(folder)
    shutil.rmtree(committed)
    return True


def _place(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)
