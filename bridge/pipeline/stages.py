"""The stages of a job.

Each has a progress of its own, of which the whole job's is made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from bridge.music.notes import Note

OnProgress = Callable[[str, float], None]
"""Takes the stage and the fraction of the whole job; raises JobCancelled where the job is no longer wanted."""
OnNotes = Callable[[str, Sequence[Note]], None]


class StageProgress:
    """Progress of one stage of one item.

    See :class:`bridge.plugins.interfaces.Progress`.
    """

    def __init__(self, on_fraction: Callable[[float], None], on_notes: OnNotes) -> None:
        self._on_fraction, self._on_notes = on_fraction, on_notes

    def fraction(self, fraction: float) -> None:
        """Say how much of the stage is done, 0..1; JobCancelled where the job is no longer wanted."""
        self._on_fraction(fraction)

    def notes(self, part_id: str, notes: Sequence[Note]) -> None:
        """Hand provisional notes to the live preview."""
        self._on_notes(part_id, notes)


class Stages:
    """Turns a stage's own fraction into the fraction of the whole job, and keeps each stage's time.

    Args:
        on_progress: takes the stage and the job's fraction.
        on_notes: takes the notes of a part as they are heard.
        item: number of the item, from 0.
        items: how many there are.
        shares: share of each stage in the progress bar, in order.
        times_s: gets the seconds of each stage.
    """

    def __init__(
        self,
        on_progress: OnProgress,
        on_notes: OnNotes,
        *,
        item: int,
        items: int,
        shares: Mapping[str, float],
        times_s: dict[str, float],
    ) -> None:
        self._on_progress, self.on_notes = on_progress, on_notes
        self.item, self._items = item, items
        self._shares, self._times_s = shares, times_s
        self._stage, self._since = "", time.monotonic()

    def progress(self, stage: str) -> StageProgress:
        """Return the progress of one stage."""
        names = list(self._shares)
        before = sum(self._shares[s] for s in names[: names.index(stage)])

        def on_fraction(fraction: float) -> None:
            if stage != self._stage:
                self.close()
                self._stage = stage
            whole = before + self._shares[stage] * min(1.0, max(0.0, fraction))
            self._on_progress(stage, (self.item + whole) / self._items)

        return StageProgress(on_fraction, self.on_notes)

    def close(self) -> None:
        """Book the time since the last stage began."""
        now = time.monotonic()
        if self._stage:
            self._times_s[self._stage] = self._times_s.get(self._stage, 0.0) + now - self._since
        self._stage, self._since = "", now
