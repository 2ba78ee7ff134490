"""The host "reaper".

Adds the song's own drum sounds to a result, and asks a running REAPER for its selection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.files import check_output
from bridge.hosts.reaper import remote, setup
from bridge.hosts.reaper.project_file import write_project
from bridge.plugins.interfaces import Context
from bridge.plugins.projects import check_spelled
from bridge.spool.one_shots import with_one_shots
from bridge.spool.request import AudioSpan, Request
from bridge.spool.result import ItemResult


class Reaper:
    """Hands results to the Lua scripts inside REAPER.

    The insertion itself is theirs alone.
    """

    inserts = True
    suffix = ".rpp"

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of this host.

        The instruments have a table of their own.
        """

        one_shots: bool = True
        """Cut the song's own drum sounds for ReaSamplOmatic5000."""
        osc_port: int = 0
        """Where REAPER's OSC surface receives (8000 in its defaults), 0 when it has none."""
        reapy: bool = False
        """Also try python-reapy's server. It lets every computer of the network run code in REAPER: think first."""

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._home = context.home

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Cut the one-shots of each item's drum stem.

        Returns:
            The items, with "one_shots" among their fields.

        Raises:
            StoreError: the folder cannot be written.
        """
        del request
        return with_one_shots(items, folder, layered=True) if self._options.one_shots else list(items)

    def install(self, folder: Path | None) -> list[str]:
        """Install the scripts in REAPER's resource folder, or in that of a portable REAPER.

        Raises:
            HostError: there is no REAPER, or it runs.
            StoreError: a folder cannot be written.
        """
        return setup.setup(self._home, uninstall=False, folder=folder)

    def uninstall(self, folder: Path | None) -> list[str]:
        """Take everything out again that :meth:`install` put there.

        Raises:
            HostError, StoreError: as there.
        """
        return setup.setup(self._home, uninstall=True, folder=folder)

    def check_project(self, target: Path, audio: Path) -> None:
        """See :class:`bridge.plugins.interfaces.ProjectWriter`.

        Raises:
            InputError: the audio lies at ``target``, or a project cannot hold one of the names.
            StoreError: a folder lies there.
        """
        check_spelled(target, audio)
        check_output(target, audio)

    def write_project(self, item: ItemResult, span: AudioSpan, target: Path) -> Path:
        """Write ``target``, a REAPER project with the audio, its stems and a MIDI track per part.

        Raises:
            InputError: the audio cannot be read, or a project cannot hold one of the names.
            StoreError: the project cannot be written.
        """
        check_spelled(target, span.path, *(stem for _, stem in item.stems))
        return write_project(item, span, target)

    def request_selected(self, options: Mapping[str, Any]) -> None:
        """Ask the running REAPER to transcribe its selection.

        Waits until one of its ears took the command.

        Raises:
            HostError: no REAPER took it.
            StoreError: the command cannot be written.
        """
        remote.ask(self._home, options, osc_port=self._options.osc_port, with_reapy=self._options.reapy)
