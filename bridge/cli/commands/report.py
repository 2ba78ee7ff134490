"""``dawscribe report JOB``: pack a result for a report of a bad transcription."""

from __future__ import annotations

import argparse
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bridge import __version__
from bridge.cli.client import client
from bridge.cli.result_folder import SUBFOLDERS, is_ours
from bridge.errors import InputError, writing

AUDIO = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".m4a")
"""Suffixes that stay out of the file unless the user asks for the audio."""
TEXT = (".json", ".rpp", ".txt", ".log")
"""Suffixes of files in which the user's home folder is replaced by a tilde."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("job", metavar="JOB", help="its id, the beginning of it, 'last', or a result folder")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the zip file to write (dawscribe-<job>.zip)")
    parser.add_argument("--audio", action="store_true", help="pack stems and other audio too: only what you may share")


def run(options: argparse.Namespace) -> int:
    """Write the zip file and print its place."""
    folder, name = _folder(options.job)
    target = options.output or Path(f"dawscribe-{name}.zip")
    if target.exists():
        raise InputError(f"{target} already exists. Move it, or choose another file with -o.", code="report-exists")
    files = [f for f in _files(folder) if options.audio or f.suffix.lower() not in AUDIO]
    if not files:
        raise InputError(f"There is no result in {folder}; transcribe the item first.", code="result-missing")
    with writing(target, "report-unwritable", "choose another with -o"):
        try:
            with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as pack:
                pack.writestr("about.json", json.dumps({"dawscribe": __version__, "job": name}))
                for file in files:
                    pack.writestr(file.relative_to(folder).as_posix(), _content(file))
        except OSError:
            target.unlink(missing_ok=True)
            raise
    audio = "with" if options.audio else "without"
    print(f"{target}: {len(files) + 1} files, {audio} the audio. Attach it to your report.")
    return 0


def _folder(job: str) -> tuple[Path, str]:
    """Find the folder of a result, and a name for it."""
    folder = Path(job)
    if (folder / "result.json").is_file():
        return folder, folder.resolve().name
    daemon = client()
    known = daemon.job(job)
    return daemon.store.path(known.id), known.id


def _files(folder: Path) -> Iterator[Path]:
    """Yield the plain files of a result; links lead elsewhere and stay out.

    A job's folder is dawscribe's alone. Any other may hold what is the user's own, down to a whole disk.
    """
    is_job = folder.resolve().parent == (client().home / "jobs").resolve()
    for parent, folders, names in os.walk(folder):
        if not is_job:
            folders[:] = [name for name in folders if Path(parent) == folder and name in SUBFOLDERS]
        for name in sorted(names):
            file = Path(parent) / name
            if file.is_file() and not file.is_symlink() and (is_job or is_ours(file.relative_to(folder).as_posix())):
                yield file


def _content(file: Path) -> bytes:
    """Read a file; in texts the user's home folder becomes a tilde."""
    data = file.read_bytes()
    if file.suffix.lower() in TEXT:
        home = str(Path.home())
        for written in {home, json.dumps(home)[1:-1]}:
            data = data.replace(written.encode(), b"~")
    return data
