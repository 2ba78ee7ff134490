"""``dawscribe status``: whether the daemon runs and what it does."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from bridge.cli.client import STALE_S, client


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the state.

    0 while a daemon runs, else 3, as service managers have it.
    """
    daemon = client()
    running, beat = daemon.running, daemon.beat()
    jobs = daemon.store.all()
    counts = {state: sum(j.status.state == state for j in jobs) for state in ("running", "queued", "done", "failed")}
    if options.json:
        print(json.dumps({"running": running, "home": str(daemon.home), "jobs": counts, "daemon": beat}))
        return 0 if running else 3
    if not running:
        print(f"No daemon is running for {daemon.home}; 'dawscribe daemon --detach' starts it.")
    else:
        print(f"The daemon runs{_health(beat)}.")
        for name, state in beat.get("triggers", {}).items():
            print(f"  {name}: {state}")
        if beat.get("problem"):
            print(f"  {beat['problem']}")
    print(f"Jobs: {', '.join(f'{count} {state}' for state, count in counts.items())}.")
    return 0 if running else 3


def _health(beat: dict[str, Any]) -> str:
    if not beat:
        return ", but has told nothing yet"
    age_s = time.time() - beat["heartbeat"]
    late = "" if age_s < STALE_S else f", but has not answered for {age_s:.0f} s"
    return f" (process {beat.get('pid')}, version {beat.get('version')}){late}"
