"""Find the beat again with what a person knows of it, from the corrected notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.audio.recording import Recording
from bridge.errors import InputError, JobCancelled
from bridge.music.tempo import TempoMap
from bridge.review.sound import Source
from bridge.score.beat.hints import Hints
from bridge.score.beat.tracker import track_beats
from bridge.score.edits import Sheet, item_of
from bridge.spool.result import item_score

GONE = "The audio of this item is no longer where it was, so its beat cannot be found again."


def beat_again(
    mix: Source, sheet: Sheet, item: Mapping[str, Any], hints: Hints, is_gone: Callable[[], bool] = lambda: False
) -> TempoMap:
    """Return the tempo map that keeps to the hints.

    Args:
        mix: the item's sound.
        sheet: its parts as they are corrected now.
        item: its JSON as it was heard.
        hints: what is known.
        is_gone: whether nobody waits for it any more.

    Raises:
        InputError: the sound is gone.
        JobCancelled: nobody waits.
    """
    if len(mix.files) != 1:
        raise InputError(GONE, code="audio-gone")
    # Levels are not asked for here.
    recording = Recording(mix.files[0], mix.rate, mix.channels, mix.frames, 0.0, 1.0)

    def report(stage: str, fraction: float) -> None:
        if is_gone():
            raise JobCancelled

    return track_beats(recording, item_score(item_of(sheet, item)).parts, hints=hints, report=report)
