"""``dawscribe logs``: the end of the logs of daemon, worker and commands."""

from __future__ import annotations

import argparse
from collections import deque

from bridge.cli.client import client
from bridge.cli.numbers import whole

LOGS = ("daemon.log", "worker.log", "command.log")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("-n", "--lines", type=whole, default=40, metavar="N", help="lines of each log (40)")


def run(options: argparse.Namespace) -> int:
    """Print the last lines of each log."""
    folder = client().home / "logs"
    for name in LOGS:
        path = folder / name
        if path.exists():
            print(f"--- {path}")
            with path.open(encoding="utf-8", errors="replace") as f:
                for line in deque(f, max(1, options.lines)):
                    # Names in it may hold letters that tell a terminal to do things.
                    print("".join(c if c.isprintable() or c == "\t" else " " for c in line.rstrip("\n")))
    if not any((folder / name).exists() for name in LOGS):
        print(f"There are no logs yet in {folder}.")
    return 0
