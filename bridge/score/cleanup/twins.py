"""Find parts that are another part once more.

A separator lays an instrument that plays alone into two stems.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.music.notes import Note
from bridge.music.parts import Part
from bridge.score.cleanup.bleed import near

TWIN_S = 0.08
"""Low notes of a piano were placed up to 0.07 s apart in the stems "bass" and "other"."""
TWIN_SHARE = 0.8
"""From this share on a part is no part of its own. A bass that a piano or guitar plays along with in its own octave
shares notes too, but goes its own way for a bar or two."""
MIN_TWINS = 3
"""Fewer notes than this can agree by chance."""


def twin_notes(parts: Sequence[Part]) -> Iterator[tuple[str, Note]]:
    """Yield the notes of a part that a fuller part of another stem has too, where nearly all of them are so."""
    for part in parts:
        for other in parts:
            if other.stem == part.stem or len(other.notes) <= len(part.notes):
                continue
            twins = [n for n in part.notes if any(o.pitch == n.pitch for o in near(other.notes, n.onset_s, TWIN_S))]
            if len(twins) >= max(MIN_TWINS, TWIN_SHARE * len(part.notes)):
                yield from ((part.id, note) for note in twins)
