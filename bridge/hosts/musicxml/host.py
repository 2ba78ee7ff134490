"""The host "musicxml".

A score of all parts, and a lead sheet of the melody with chords, for notation programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bridge.errors import HostError
from bridge.files import check_output, write_output
from bridge.hosts.musicxml.document import melody_of, to_musicxml
from bridge.plugins.interfaces import Context
from bridge.plugins.projects import deliver_projects
from bridge.spool.request import AudioSpan, Request
from bridge.spool.result import ItemResult

LEAD = " (lead sheet)"
"""Before the suffix of the lead sheet's name."""


class MusicXml:
    """Writes scores that MuseScore, Dorico, Sibelius and Finale open."""

    inserts = False
    suffix = ".musicxml"

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of this host."""

        lead_sheet: bool = True
        """Write the melody with its chords as a file of its own, too."""

    def __init__(self, options: Options, context: Context) -> None:
        del context
        self._options = options

    def deliver(self, items: Sequence[ItemResult], request: Request, folder: Path) -> list[ItemResult]:
        """Write song.musicxml into the job's folder, one file per item; the items as they came.

        Raises:
            HostError: an item has no notes.
            StoreError: the folder cannot be written.
        """
        return deliver_projects(self, items, request, folder)

    def check_project(self, target: Path, audio: Path) -> None:
        """Refuse, before a long transcription, what :meth:`write_project` could not do after it.

        Raises:
            InputError: the audio lies where the score is to go.
            StoreError: a folder lies there.
        """
        for path in (target, _lead_of(target)):
            check_output(path, audio)

    def write_project(self, item: ItemResult, span: AudioSpan, target: Path) -> Path:
        """Write ``target`` with all parts, and the lead sheet beside it.

        Raises:
            HostError: there are no notes to write.
            StoreError: a file cannot be written.
        """
        del span
        score = item.score
        melody = melody_of(score)
        parts = [p for p in score.parts if p.notes]
        if not parts:
            raise HostError("No notes were heard in this item, so there is nothing to print.", code="score-empty")
        write_output(target, to_musicxml(score, item.name, parts))
        if melody is not None and self._options.lead_sheet:
            write_output(_lead_of(target), to_musicxml(score, item.name, [melody]))
        return target


def _lead_of(target: Path) -> Path:
    return target.with_name(f"{target.stem}{LEAD}{target.suffix}")
