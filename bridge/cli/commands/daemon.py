"""``dawscribe daemon``: run the daemon here, or in the background."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import logging.handlers
import os
import signal
import subprocess
import sys
from pathlib import Path

from bridge.app import application
from bridge.cli.client import Client, client
from bridge.config import home_folder
from bridge.daemon.daemon import Daemon
from bridge.errors import DawscribeError, InputError, writing
from bridge.files import own_home
from bridge.spool.launcher import program
from bridge.spool.programs import hidden

START_S = 15.0
"""Longest wait for a daemon to come up in the background; a slow disk and a cold Python need five."""
FAULT = 1
"""Exit status after which a service starts the daemon anew; after 2, what a person has to mend, it does not."""
LOG_BYTES, LOG_FILES = 1_000_000, 3
"""A log that is rotated at 1 MB, three kept: some thousand jobs."""
PRIVATE = 0o077
"""Rights that our files deny to others: sounds, results and settings are the user's own."""
log = logging.getLogger("dawscribe.daemon")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--detach", action="store_true", help="run in the background; fine if one runs already")
    parser.add_argument("--verbose", action="store_true", help="print the log here too")
    parser.add_argument("--home", type=Path, metavar="DIR", help="serve this home; else DAWSCRIBE_HOME or ~/.dawscribe")


def run(options: argparse.Namespace) -> int:
    """Run the daemon until it is stopped."""
    if options.home:
        os.environ["DAWSCRIBE_HOME"] = str(options.home.absolute())
    os.umask(PRIVATE)
    home = home_folder()
    own_home(home)
    # A folder that is somebody's current one can be neither renamed nor ejected; and the variable may be relative.
    os.environ["DAWSCRIBE_HOME"] = str(home)
    if options.detach:
        return _detach()
    os.chdir(home)
    _log_to(home / "logs" / "daemon.log", options.verbose)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(_run(Daemon(application())))
    except DawscribeError as e:
        log.error("the daemon cannot run: %s", e)
        raise
    except Exception:
        log.critical("the daemon ends", exc_info=True)
        print("dawscribe: the daemon ended by a fault of its own; 'dawscribe logs' has the details.", file=sys.stderr)
        return FAULT
    return 0


async def _run(daemon: Daemon) -> None:
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
            loop.add_signal_handler(number, lambda: task and task.cancel())
    await daemon.run()


def _log_to(path: Path, verbose: bool) -> None:
    with writing(path.parent.parent, "home-unwritable"):
        path.parent.mkdir(parents=True, exist_ok=True)
        rotating = logging.handlers.RotatingFileHandler(
            path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
        )
    handlers: list[logging.Handler] = [rotating]
    if verbose:
        handlers.append(logging.StreamHandler())
    # A full disk must not end the daemon: logging's own errors are dropped.
    logging.raiseExceptions = False
    # Libraries warn of every malformed packet; a flood of those must not push out what matters.
    logging.basicConfig(
        level=logging.ERROR, handlers=handlers, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("dawscribe").setLevel(logging.INFO)


def _detach() -> int:
    daemon = client()
    if daemon.running:
        print("The daemon is already running.")
        return 0
    pid = start_in_background(daemon)
    print(f"The daemon runs (process {pid}).")
    return 0


def start_in_background(daemon: Client) -> int | None:
    """Start the daemon where none runs.

    Return the process id of the one that does.

    Raises:
        InputError: it does not come up.
        ConfigError: a setting is wrong.
    """
    if daemon.running:
        return daemon.beat().get("pid")
    application()  # a setting that is wrong is said here, where somebody reads it
    command = program("daemon")
    quiet = subprocess.DEVNULL
    # A group of its own keeps Ctrl-C of this console away; elsewhere a session of its own does.
    flags = hidden(own_group=True)
    process = subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=daemon.home, creationflags=flags, start_new_session=True
    )
    # One that ended because another was quicker is no failure.
    if not daemon.wait(True, START_S, failed=lambda: process.poll() is not None and not daemon.running):
        raise InputError(
            f"The daemon did not start; {daemon.home / 'logs' / 'daemon.log'} says why.", code="daemon-not-started"
        )
    pid = daemon.beat().get("pid")
    # On Windows the Python of an environment is the parent of the one that runs.
    if pid != process.pid and sys.platform != "win32":
        # Until it gives up, ours would take the place of the quicker one if somebody stopped that now.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(START_S)
    return pid
