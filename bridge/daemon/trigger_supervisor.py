"""The triggers of a daemon.

Each runs by itself, a broken one is a status, and it is tried again.
"""

from __future__ import annotations

import asyncio
import logging

from bridge.config import Settings
from bridge.errors import ConfigError, DawscribeError
from bridge.plugins.interfaces import Context, JobService
from bridge.plugins.registry import TRIGGERS

RETRY_S = 5.0
"""Between two tries: a port that another program holds, or a MIDI pad that is plugged in later."""
SETTLED_S = 1.0
"""A trigger that has run for so long has opened what it listens to."""
LISTENING = "listening"
log = logging.getLogger("dawscribe.daemon")


class TriggerSupervisor:
    """All triggers that are on.

    Args:
        settings: settings in force.
        context: what plugins are lent.
    """

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings, self._context = settings, context
        self.states: dict[str, str] = {}
        """Trigger -> "listening", or the sentence why it does not."""

    def start(self, service: JobService) -> list[asyncio.Task[None]]:
        """Start those that are on.

        Their tasks, to be cancelled at the end.
        """
        on = [n for n in TRIGGERS.names() if self._settings.table(f"triggers.{n}").get("enabled", True)]
        self.states |= dict.fromkeys(on, LISTENING)
        return [asyncio.create_task(self._keep(name, service)) for name in on]

    async def _keep(self, name: str, service: JobService) -> None:
        """Run a trigger, and again after a pause where it failed."""
        while True:
            try:
                await self._run(name, service)
                return
            except ConfigError as e:
                # Settings are read when the daemon starts, so that another try would end alike.
                self._say(name, str(e))
                return
            except DawscribeError as e:
                self._say(name, f"{e} It is tried again every {RETRY_S:.0f} s.")
            except Exception:
                log.exception("trigger %s", name)
                self.states[name] = "failed; 'dawscribe logs' has the details"
            await asyncio.sleep(RETRY_S)

    async def _run(self, name: str, service: JobService) -> None:
        table = self._settings.table(f"triggers.{name}")
        trigger = TRIGGERS.create(name, table, self._context)
        settled = asyncio.get_running_loop().call_later(SETTLED_S, self.states.__setitem__, name, LISTENING)
        try:
            await trigger.run(service)
        finally:
            settled.cancel()

    def _say(self, name: str, state: str) -> None:
        """Keep the sentence; the log gets it once, not with every try."""
        if self.states.get(name) != state:
            log.warning("trigger %s: %s", name, state)
        self.states[name] = state
