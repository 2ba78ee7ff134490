"""Notes that nobody played: faint blips, and partials of a lower note that were taken for notes."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.music.notes import Note
from bridge.score.cleanup.bleed import near

GHOST_S = 0.07
"""Only notes shorter than this may be ghosts: a blip of six frames."""
GHOST_CONFIDENCE = 0.3
"""A ghost's confidence lies below this; at 0.5, notes of 100 ms that were played went (other 0.631 to 0.624)."""
BLIP_S = 0.1
"""Shorter than this a doubtful partial goes: it rings up with the attack and is masked by the note after it."""
PARTIALS = (12, 19, 24)
"""Semitones of the second, third and fourth partial over a note: the ones that engines take for notes."""
PARTIAL_ONSET_S = 0.03
"""A partial begins with its note."""
PARTIAL_WEAKER = 0.5
"""A partial of at most this share of the note's velocity, 12 dB less, is not a played octave."""
PARTIAL_DOUBTFUL = 0.5
"""Neither is a blip of at most this share of the note's confidence: its level is the note's own partial's."""


def without_ghosts(notes: Sequence[Note]) -> list[Note]:
    """Drop notes that are short and doubtful at once."""
    return [n for n in notes if n.length_s >= GHOST_S or n.confidence >= GHOST_CONFIDENCE]


def without_harmonics(notes: Sequence[Note]) -> list[Note]:
    """Drop weak or doubtful notes an octave, a twelfth or two octaves over a note that begins and sounds with them."""
    return [n for n in notes if not any(_is_partial(n, low) for low in near(notes, n.onset_s, PARTIAL_ONSET_S))]


def _is_partial(note: Note, low: Note) -> bool:
    if note.pitch - low.pitch not in PARTIALS or note.offset_s > low.offset_s:
        return False
    doubtful = note.length_s < BLIP_S and note.confidence <= PARTIAL_DOUBTFUL * low.confidence
    return doubtful or note.velocity <= PARTIAL_WEAKER * low.velocity
