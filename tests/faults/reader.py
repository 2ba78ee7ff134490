"""Read sound files named on standard input, one a line, as a worker would; say of each how it ended."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

from bridge.audio.span_import import import_span
from bridge.errors import DawscribeError

MAX_WAIT_S = 60
"""A second of sound that takes longer hangs."""
MAX_GROWTH_BYTES = 1 << 30
"""Addresses that a second of sound may take beyond those of an idle process."""


def main() -> int:
    """Answer "ok", "told: SENTENCE", "FAULT: ERROR" or "LEFT: FILE" for each file."""
    if sys.platform != "win32":
        import resource

        in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        limit = in_use + MAX_GROWTH_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for line in sys.stdin:
        path = Path(line.rstrip("\n"))
        target = path.with_name("mix.wav")
        if sys.platform != "win32":
            signal.alarm(MAX_WAIT_S)
        try:
            import_span(path, target)
            answer = "ok"
        except DawscribeError as e:
            answer = f"told: {e}"
            if target.exists():
                answer = f"LEFT: {target.name}"
        except Exception as e:
            answer = f"FAULT: {type(e).__name__}: {e}"
        if sys.platform != "win32":
            signal.alarm(0)
        if threading.active_count() > 50:
            answer = "FAULT: threads left behind"
        target.unlink(missing_ok=True)
        print(" ".join(answer.split()), flush=True)
    time.sleep(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
