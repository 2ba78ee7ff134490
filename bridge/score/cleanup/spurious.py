"""Find notes that nobody played.

Faint blips, and partials of a lower note that were taken for notes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.music.notes import Note
from bridge.music.parts import Part
from bridge.score.cleanup.bleed import near

SPURIOUS_S = 0.07
"""Only notes shorter than this may be spurious: a blip of six frames."""
MAX_SPURIOUS_CONFIDENCE = 0.3
"""Confidence below which a short note is spurious; at 0.5, notes of 100 ms that were played went (other 0.631 to
0.624)."""
SHORT_PARTIAL_S = 0.1
"""Shorter than this a doubtful partial goes: it rings up with the attack and is masked by the note after it."""
PARTIALS = (12, 19, 24)
"""Semitones of the second, third and fourth partial over a note: the ones that engines take for notes."""
PARTIAL_ONSET_S = 0.03
"""A partial begins with its note."""
PARTIAL_WEAKER = 0.5
"""A partial of at most this share of the note's velocity, 12 dB less, is not a played octave."""
PARTIAL_DOUBTFUL = 0.5
"""Neither is a blip of at most this share of the note's confidence: its level is the note's own partial's."""


def spurious_notes(parts: Sequence[Part]) -> Iterator[tuple[str, Note]]:
    """Yield notes that are short and doubtful at once."""
    for part in parts:
        for note in part.notes:
            if note.length_s < SPURIOUS_S and note.confidence < MAX_SPURIOUS_CONFIDENCE:
                yield part.id, note


def harmonic_notes(parts: Sequence[Part]) -> Iterator[tuple[str, Note]]:
    """Yield weak or doubtful notes an octave, a twelfth or two octaves over a note that begins and sounds with them."""
    for part in parts:
        for note in part.notes:
            if any(_is_partial(note, low) for low in near(part.notes, note.onset_s, PARTIAL_ONSET_S)):
                yield part.id, note


def _is_partial(note: Note, low: Note) -> bool:
    if note.pitch - low.pitch not in PARTIALS or note.offset_s > low.offset_s:
        return False
    doubtful = note.length_s < SHORT_PARTIAL_S and note.confidence <= PARTIAL_DOUBTFUL * low.confidence
    return doubtful or note.velocity <= PARTIAL_WEAKER * low.velocity
