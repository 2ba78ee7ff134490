"""Tell whether notes are one voice or several."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.music.notes import Note

TOUCHING_S = 0.06
"""Seconds two notes of one voice may overlap in legato and in the decoding's blur."""
CONFIDENT, MAX_OVERLAP_SHARE = 0.6, 0.45
"""A bass or voice stem whose sure notes (of this confidence) sound together for more than this share of the time
plays chords: double stops and harmonies are kept then, where one voice would drop them. A lone singer's stem with what
the separators leave of the band in it reached .25 to .33, two voices in thirds .99."""


def are_several(notes: Sequence[Note]) -> bool:
    """Return whether the sure ones of sorted notes are more than one voice."""
    return sounds_together([n for n in notes if n.confidence > CONFIDENT]) > MAX_OVERLAP_SHARE


def sounds_together(notes: Sequence[Note]) -> float:
    """Share of the sounding time in which two or more of the (sorted) notes sound, 0 for none.

    Overlaps shorter than TOUCHING_S are one note ringing into the next, not a second voice. Three voices count more
    than two, so that a choir may exceed 1.
    """
    several, total, reach = 0.0, 0.0, 0.0
    for note in notes:
        overlap = min(reach, note.offset_s) - note.onset_s
        several += overlap if overlap > TOUCHING_S else 0.0
        total += max(0.0, note.offset_s - max(reach, note.onset_s))
        reach = max(reach, note.offset_s)
    return several / total if total else 0.0
