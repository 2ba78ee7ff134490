"""``dawscribe watch FOLDER``: what is put or rendered into a folder is transcribed, and the result lies beside it."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bridge.app import application
from bridge.cli.client import client
from bridge.cli.project_files import writer, writers
from bridge.cli.run_options import add_run_options, check_chosen, chosen_options
from bridge.cli.watched_folder import WatchedFolder
from bridge.errors import InputError, StoreError
from bridge.files import FileLock
from bridge.spool.untrusted_json import one_line

LOOK_S = 1.0
"""Between two looks at the folder: some stat calls each."""
RETRY_S = 10.0
"""After trouble with the disk: a stick that was pulled may come back."""
LOCK = ".dawscribe-watch.lock"
"""In the folder, so that no two of us watch it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="audio that comes here is transcribed")
    add_run_options(parser)
    parser.add_argument("--project", choices=sorted(writers()), help="also write a project of a DAW beside song.mid")
    parser.add_argument("--once", action="store_true", help="end when all that lies there is transcribed")


def run(options: argparse.Namespace) -> int:
    """Watch until interrupted."""
    folder = options.folder.absolute()
    if folder.is_file():
        raise InputError(f"{folder.name} is a file; name the folder to watch.", code="watch-not-folder")
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; make it, or name another.", code="watch-folder-missing")
    app = application()
    if options.project:
        writer(app, Path(f"song{options.project}"))
    lock = FileLock(folder / LOCK)
    if not lock.take():
        raise InputError(f"{folder} is watched already, by another dawscribe.", code="watch-folder-taken")
    chosen = chosen_options(options)
    check_chosen(chosen, app.settings)
    watched = WatchedFolder(folder, client(), app, chosen, options.project)
    watched.sweep()
    print(one_line(f"Watching {folder}; results lie beside the files. Ctrl-C ends it."), flush=True)
    try:
        _watch(watched, once=options.once)
    except KeyboardInterrupt:
        print("\nNo longer watching; what was handed in goes on, and is brought here the next time.")
    finally:
        lock.free()
        (folder / LOCK).unlink(missing_ok=True)
    return 0


def _watch(watched: WatchedFolder, *, once: bool) -> None:
    while True:
        try:
            watched.look()
            if once and watched.is_quiet:
                return
            time.sleep(LOOK_S)
        except StoreError as e:
            if once:
                raise
            print(one_line(f"dawscribe: {e}"), flush=True)
            time.sleep(RETRY_S)
