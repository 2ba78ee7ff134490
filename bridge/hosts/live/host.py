"""The host "live".

Adds the song's own drum sounds to a result, and asks a running Live for its selection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.errors import HostError, InputError
from bridge.hosts.live import setup
from bridge.plugins.interfaces import Context
from bridge.spool.daw_command import ask_daw
from bridge.spool.one_shots import with_one_shots
from bridge.spool.request import Request
from bridge.spool.result import ItemResult

ANSWER_S = 5.0
"""Time that a command may lie: the script looks ten times a second, but waits while Live loads or saves a Set."""


class Live:
    """Hands results to the scripts inside Live.

    The insertion itself is theirs alone.
    """

    inserts = True

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of this host.

        The instruments have a table of their own.
        """

        one_shots: bool = True
        """Cut the song's own drum sounds, for the Drum Rack that the extension makes of them."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._home = context.home

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Cut the one-shots.

        All that the scripts need to place the notes came with the request.

        Raises:
            InputError: the request does not say where the items stand.
            StoreError: the folder cannot be written.
        """
        del request
        for item in items:
            if not isinstance(item.extra.get("live"), Mapping):
                raise InputError(
                    "The request does not say where the clip stands; run 'dawscribe setup live' again.",
                    code="request-field-invalid",
                )
        return with_one_shots(items, folder) if self._options.one_shots else list(items)

    def install(self, folder: Path | None) -> list[str]:
        """Install script and extension for every Live of this user, or in a user library that lies elsewhere.

        Raises:
            HostError: there is no Live.
            StoreError: a folder cannot be written.
        """
        return setup.setup(self._home, uninstall=False, library=folder)

    def uninstall(self, folder: Path | None) -> list[str]:
        """Take everything out again that :meth:`install` put there.

        Raises:
            HostError, StoreError: as there.
        """
        return setup.setup(self._home, uninstall=True, library=folder)

    def request_selected(self, options: Mapping[str, Any]) -> None:
        """Ask the running Live to transcribe its selection.

        Waits until its script took the command.

        Raises:
            HostError: no Live with dawscribe's script took it.
            StoreError: the command cannot be written.
        """
        if not ask_daw(self._home, "live", options, ANSWER_S):
            message = (
                'Live does not answer; start it and choose "dawscribe" as a control surface in its settings (Link, '
                "Tempo & MIDI). Where it is not in that list, run 'dawscribe setup live' and restart Live."
            )
            raise HostError(message, code="host-silent")
