"""The host "dawproject".

Writes what Bitwig, Studio One and Cubase open as a new project; it reaches no running DAW.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.files import check_output
from bridge.hosts.dawproject.container import write_project
from bridge.plugins.interfaces import Context
from bridge.plugins.projects import deliver_projects
from bridge.spool.request import AudioSpan, Request
from bridge.spool.result import ItemResult


class DawProject:
    """Writes .dawproject files."""

    inserts = False
    suffix = ".dawproject"

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of this host."""

        stems: bool = True
        """Put the separated stems into the project too, as muted tracks."""

    def __init__(self, options: Options, context: Context) -> None:
        del context
        self._options = options

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Write song.dawproject into the job's folder, one file per item; the items as they came.

        Raises:
            InputError: an item's audio cannot be read.
            StoreError: the folder cannot be written.
        """
        return deliver_projects(self, items, request, folder)

    def check_project(self, target: Path, audio: Path) -> None:
        """Refuse, before a long transcription, what :meth:`write_project` could not do after it.

        Args:
            target: where the project is to go.
            audio: the file that is to be transcribed.

        Raises:
            InputError: the audio lies where the project is to go.
            StoreError: a folder lies there.
        """
        check_output(target, audio)

    def write_project(self, item: ItemResult, span: AudioSpan, target: Path) -> Path:
        """Write ``target``: the audio, its stems (muted), a track per part, tempo map, metre and markers.

        Raises:
            InputError: the audio cannot be read.
            StoreError: the file cannot be written.
        """
        return write_project(item, span, target, with_stems=self._options.stems)
