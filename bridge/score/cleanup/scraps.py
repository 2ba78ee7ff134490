"""Join what the clean-up has left of a part, a note or two, to a neighbour: nobody wants a track for it."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.music.parts import Part
from bridge.score.cleanup.clean import cut_overlaps, joined_doubles, moved
from bridge.score.instruments.assign import RULE


def without_scraps(parts: Sequence[Part], fewest: int = RULE.fewest) -> tuple[Part, ...]:
    """Return the parts without those of too few notes; what they had goes to another instrument of the same source.

    That is the one whose notes lie nearest in pitch, before others one of the same family. Parts that are the only one
    of their source stay, as do drums. So do those that have candidates alone, which get no track.

    Args:
        parts: of an item, cleaned up.
        fewest: notes that make a track.
    """
    kept = list(parts)
    while (pair := _scrap_and_nearest(kept, fewest)) is not None:
        scrap, nearest = pair
        kept = [_joined(p, scrap) if p is nearest else p for p in kept if p is not scrap]
    return tuple(kept)


def _scrap_and_nearest(parts: Sequence[Part], fewest: int) -> tuple[Part, Part] | None:
    """The part of fewest notes that has a neighbour, and this; None where every part has enough."""
    pitched = [p for p in parts if p.notes and not p.is_drums]
    for scrap in sorted((p for p in pitched if len(p.notes) < fewest), key=lambda p: len(p.notes)):
        others = [p for p in pitched if p.stem == scrap.stem and p is not scrap]
        if others:
            return scrap, min(others, key=lambda p: (p.family != scrap.family, abs(_pitch(p) - _pitch(scrap))))
    return None


def _pitch(part: Part) -> float:
    return sum(note.pitch for note in part.notes) / len(part.notes)


def _joined(part: Part, scrap: Part) -> Part:
    notes, doubles = joined_doubles([*part.notes, *scrap.notes])
    notes, cut = cut_overlaps(notes)
    return moved(part, notes, [*scrap.candidates, *doubles, *cut])
