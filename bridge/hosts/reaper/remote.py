"""Reaches a running REAPER from outside, in the order of trust: our own listener, its OSC surface, python-reapy.

The command always lies in the spool as commands/reaper.json; what differs is who is told to look there. It is
taken (the file goes away) by the script that obeys it, so taking is the answer. There is one implementation of
what then happens, the Lua scripts; nothing is inserted from here.
"""

from __future__ import annotations

import contextlib
import importlib
import socket
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bridge.errors import HostError, writing
from bridge.files import write_json
from bridge.hosts.reaper.actions import ACTION, command_id
from bridge.plugins.install_hint import pip_install
from bridge.spool.request import PROTOCOL

ANSWER_S = 3.0
"""Time that each ear has: the listener looks four times a second, OSC and reapy act within a tick."""
LOOPBACK = "127.0.0.1"


def ask(home: Path, options: Mapping[str, Any], *, osc_port: int = 0, with_reapy: bool = False) -> None:
    """Have REAPER transcribe its selection with ``options``.

    Raises:
        HostError: nobody took the command.
        StoreError: it cannot be written.
    """
    path = home / "commands" / "reaper.json"
    ears: list[Callable[[], None]] = [lambda: None]
    if osc_port:
        ears.append(lambda: _by_osc(osc_port))
    if with_reapy:
        ears.append(_by_reapy)
    lacking = ""
    try:
        with writing(path, "home-unwritable"):
            for tell in ears:
                path.parent.mkdir(parents=True, exist_ok=True)
                content = {"protocol": PROTOCOL, "command": "transcribe_selected", "time": int(time.time())}
                write_json(path, content | {"options": dict(options)})
                try:
                    tell()
                except HostError as e:
                    lacking = f" {e}"
                else:
                    if _taken(path):
                        return
    finally:
        # Nobody obeys it later, when it is no longer meant.
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    raise HostError(
        "REAPER does not answer; start it, and switch dawscribe's background listener on with the action "
        f"\"dawscribe: Set up\" (where that is missing, run 'dawscribe setup reaper' first).{lacking}",
        code="host-silent",
    )


def _taken(path: Path) -> bool:
    end = time.monotonic() + ANSWER_S
    while path.exists():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _by_osc(port: int) -> None:
    from pythonosc.osc_message_builder import OscMessageBuilder

    # REAPER's default pattern "ACTION s/action/str": the named command runs as if the user had called it.
    message = OscMessageBuilder("/action/str")
    message.add_arg(command_id(ACTION))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message.build().dgram, (LOOPBACK, port))


def _by_reapy() -> None:
    try:
        with warnings.catch_warnings():
            # reapy warns where no REAPER answers; the missing answer is reported by ask().
            warnings.simplefilter("ignore")
            api = importlib.import_module("reapy").reascript_api
            number = api.NamedCommandLookup(command_id(ACTION))
            if number:
                api.Main_OnCommand(number, 0)
    except ImportError as e:
        message = f"For hosts.reaper.reapy python-reapy is missing; install it with: {pip_install('python-reapy')}"
        raise HostError(message, code="package-missing-reapy") from e
    except (AttributeError, OSError):
        # No REAPER with reapy's server: its functions do not exist then.
        return
