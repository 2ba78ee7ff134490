"""``dawscribe stop``: end the daemon."""

from __future__ import annotations

import argparse

from bridge.cli.client import client
from bridge.errors import InputError

STOP_S = 10.0
"""Longest wait: the daemon ends its worker at once and has nothing to save."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(options: argparse.Namespace) -> int:
    """Ask the daemon to end, by a file that works on every system, and wait until it has."""
    daemon = client()
    if not daemon.running:
        print("No daemon is running.")
        return 0
    (daemon.home / "stop").touch()
    if not daemon.wait(running=False, timeout_s=STOP_S):
        raise InputError(
            f"The daemon (process {daemon.beat().get('pid')}) does not stop; end that process.",
            code="daemon-not-stopped",
        )
    print("The daemon has stopped; jobs in line go on when it starts again.")
    return 0
