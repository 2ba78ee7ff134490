"""The control surface: Live's side of the script. Everything else is in :mod:`.engine`."""

from __future__ import annotations

import os

import Live
from ableton.v2.control_surface import ControlSurface

from .engine import Engine
from .spool import Spool, find_home, read_json

RECORD = "installed.json"
"""Beside this file: what ``dawscribe setup live`` noted."""


class Dawscribe(ControlSurface):
    """Looks for commands ten times a second, and obeys them."""

    def __init__(self, c_instance):
        super().__init__(c_instance)
        record = read_json(os.path.join(os.path.dirname(os.path.abspath(__file__)), RECORD)) or {}
        self._over = False
        self._engine = Engine(
            Spool(find_home(record)), Live, self.show_message, self.log_message, str(record.get("version", ""))
        )
        # A change of the Set is refused inside a notification of Live's; a scheduled message is none.
        self.schedule_message(1, self._tick)

    def _tick(self):
        if self._over:
            return
        self._engine.tick()
        self.schedule_message(1, self._tick)

    def disconnect(self):
        """Live closes the Set, or the user chose another control surface."""
        self._over = True
        self._engine.close()
        super().disconnect()
