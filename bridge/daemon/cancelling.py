"""End the daemon's tasks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

CANCELS, CANCEL_S = 3, 2.5
"""Tries to cancel, and the wait after each: 'dawscribe stop' waits 10 s in all."""
log = logging.getLogger("dawscribe.daemon")


async def cancel_all(tasks: Collection[asyncio.Task[None]], patience_s: float = CANCEL_S) -> None:
    """Cancel tasks until they have ended.

    Before Python 3.12 a cancel that comes as a ``wait_for`` ends is lost, and who waited once waited for ever.
    """
    pending = set(tasks)
    for _ in range(CANCELS):
        for task in pending:
            task.cancel()
        if pending:
            _, pending = await asyncio.wait(pending, timeout=patience_s)
    for task in pending:
        log.error("%s does not end; it is left", task)
    await asyncio.gather(*(t for t in tasks if t.done()), return_exceptions=True)
