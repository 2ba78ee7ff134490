"""Run tasks that come as lines of JSON.

One worker process of a catalogue on this machine.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from bridge.catalogue.task import Task, run_task
from bridge.inference.malloc import limit_malloc_arenas


def main() -> int:
    """Answer each line with a row, until the input ends."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    limit_malloc_arenas()
    # What a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        row = run_task(Task(**json.loads(line)))
        answers.write(json.dumps(asdict(row)) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
