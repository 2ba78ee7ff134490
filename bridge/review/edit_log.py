"""edits.json of a job.

What a person changed, in order, with a cursor for undo and redo; safe once a call returns.

Every change carries the number of the state it was made on: of two pages that change at once, the second is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.errors import InputError, writing
from bridge.files import write_json
from bridge.jobs import versions
from bridge.score.edits import Sheet, apply, parse_edit, sheet_of
from bridge.spool.request import PROTOCOL

EDITS = "edits.json"
MAX_EDITS = 20_000
"""Changes of one job; a person who makes one a second needs five hours."""


class ConflictError(InputError):
    """The change was made on a state that is no longer the newest."""


@dataclass(slots=True)
class EditLog:
    """The changes of one job, and the sheets they lead to."""

    folder: Path
    base: dict[str, Any]
    """The result as it was heard."""
    edits: list[dict[str, Any]] = field(default_factory=list)
    cursor: int = 0
    """Number of edits in force; the others can be redone."""
    seq: int = 0
    """Counts every change, undo and redo."""
    _sheets: list[Sheet] = field(default_factory=list)
    """Of each item, in force."""

    @classmethod
    def load(cls, folder: Path) -> EditLog:
        """Return the log of a job folder that holds a result.

        Raises:
            InputError: there is no result, or it or the log is damaged.
        """
        log = cls(folder, versions.heard(folder))
        if (folder / EDITS).exists():
            data = versions.read(folder / EDITS, versions.MAX_EDITS_BYTES)
            edits, cursor, seq = data.get("edits"), data.get("cursor"), data.get("seq")
            sound = isinstance(edits, list) and isinstance(cursor, int) and isinstance(seq, int)
            if not sound or not 0 <= int(cursor or 0) <= len(edits or []):
                raise InputError(
                    "The corrections of this job are damaged; move edits.json out of its folder.", code="edits-damaged"
                )
            log.edits, log.cursor, log.seq = list(edits or []), int(cursor or 0), int(seq or 0)
        log._sheets = log._rebuilt(log.edits[: log.cursor])
        return log

    @property
    def sheets(self) -> Sequence[Sheet]:
        """The items as they are corrected now."""
        return self._sheets

    @property
    def in_force(self) -> list[dict[str, Any]]:
        """The edits up to the cursor."""
        return self.edits[: self.cursor]

    def append(self, seq: object, data: Mapping[str, Any]) -> None:
        """Add a change.

        What was undone before can no longer be redone.

        Raises:
            ConflictError: another page changed something since ``seq``.
            InputError: it is no edit, or does not fit.
            StoreError: it cannot be saved; nothing has changed then.
        """
        self.check(seq)
        edit = parse_edit(data)
        if edit.item >= len(self._sheets):
            raise InputError("There is no such item in this job; load the page again.", code="item-not-found")
        if self.cursor >= MAX_EDITS:
            raise InputError(
                "This job holds too many changes; send it, then start from the new version.", code="edits-too-many"
            )
        sheets = list(self._sheets)
        sheets[edit.item] = apply([edit], sheets[edit.item], edit.item)
        self._commit([*self.in_force, dict(data)], self.cursor + 1, sheets)

    def undo(self, seq: object) -> None:
        """Take the last change back.

        Errors as of :meth:`append`.
        """
        self._move(seq, -1)

    def redo(self, seq: object) -> None:
        """Make the change again that was taken back last; errors as of :meth:`append`."""
        self._move(seq, 1)

    def replace(self, seq: object, edits: Sequence[Mapping[str, Any]]) -> None:
        """Go to another version's edits.

        Errors as of :meth:`append`.
        """
        self.check(seq)
        kept = [dict(e) for e in edits]
        self._commit(kept, len(kept), self._rebuilt(kept))

    def _move(self, seq: object, by: int) -> None:
        self.check(seq)
        cursor = self.cursor + by
        if not 0 <= cursor <= len(self.edits):
            raise InputError(
                "There is nothing left to take back." if by < 0 else "There is nothing to do again.",
                code="edits-at-end",
            )
        self._commit(self.edits, cursor, self._rebuilt(self.edits[:cursor]))

    def check(self, seq: object) -> None:
        """Refuse what was made on another state than the newest, by a ConflictError."""
        if seq != self.seq or isinstance(seq, bool):
            raise ConflictError("Another window changed this result; the page shows it now, so try again.")

    def _rebuilt(self, edits: Sequence[Mapping[str, Any]]) -> list[Sheet]:
        parsed = [parse_edit(e) for e in edits]
        items = self.base.get("items")
        if not isinstance(items, list):
            raise InputError("The result of this job is damaged; transcribe the item again.", code="result-damaged")
        return [apply(parsed, sheet_of(item), number) for number, item in enumerate(items)]

    def _commit(self, edits: list[dict[str, Any]], cursor: int, sheets: list[Sheet]) -> None:
        """Save first, then take it over."""
        data = {"protocol": PROTOCOL, "seq": self.seq + 1, "cursor": cursor, "edits": edits}
        with writing(self.folder / EDITS, "edits-unwritable"):
            write_json(self.folder / EDITS, data)
        self.edits, self.cursor, self.seq, self._sheets = edits, cursor, self.seq + 1, sheets
