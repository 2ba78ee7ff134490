"""Commands to a running DAW.

A file that its script takes away, so that taking is the answer.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bridge.errors import writing
from bridge.files import write_json
from bridge.spool.request import PROTOCOL

LOOK_S = 0.02
"""Between two looks whether the command was taken."""


def ask_daw(home: Path, host: str, options: Mapping[str, Any], patience_s: float) -> bool:
    """Ask a DAW's script to transcribe what is selected there; whether it took the command in time.

    Raises:
        StoreError: the command cannot be written.
    """
    path = home / "commands" / f"{host}.json"
    content = {"protocol": PROTOCOL, "command": "transcribe_selected", "time": int(time.time())}
    try:
        with writing(path, "home-unwritable"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, content | {"options": dict(options)})
            end = time.monotonic() + patience_s
            while path.exists() and time.monotonic() < end:
                time.sleep(LOOK_S)
            return not path.exists()
    finally:
        # Nobody obeys it later, when it is no longer meant.
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
