"""Put parts in the order of their tracks, within the item and with names and ids of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridge.music.notes import STEM_ROLES, Bend, Note
from bridge.music.parts import Candidate, Part
from bridge.score.instruments.naming import told_apart

MIN_NOTE_S = 0.01
"""A note that the item's end or its follower cuts off must last at least this long, or it is no note."""
REST_S = 0.003
"""Before the item's end the wheel is at rest: a tick at 40 BPM, as DAWs play no event that lies on the end itself."""


def ordered_parts(parts: Sequence[Part], length_s: float) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Return the parts that get a track and those that have candidates alone, as an empty track is only in the way.

    They come in the order of :data:`bridge.music.STEM_ROLES`, then by id. Notes are sorted and end where the item
    ends. Parts with equal names are told apart, by their place or by a number.

    Args:
        parts: of one item.
        length_s: the item's length in seconds.

    Raises:
        ValueError: two parts have the same id.
    """
    if len({part.id for part in parts}) != len(parts):
        raise ValueError(f"two parts have the same id: {', '.join(part.id for part in parts)}")
    ordered = [_within_item(part, length_s) for part in sorted(parts, key=_rank)]
    shown = _named_apart([part for part in ordered if part.notes])
    return tuple(shown), tuple(part for part in ordered if part.candidates and not part.notes)


def _within_item(part: Part, length_s: float) -> Part:
    cuts = [(note, _within(note, length_s)) for note in sorted(part.notes)]
    left_out = [Candidate(note, "spurious") for note, cut in cuts if cut is None]
    return replace(
        part,
        notes=tuple(cut for _, cut in cuts if cut is not None),
        bends=_coming_to_rest(part, length_s),
        candidates=tuple(sorted([*part.candidates, *left_out])),
    )


def _coming_to_rest(part: Part, length_s: float) -> tuple[Bend, ...]:
    """The bends, the last of which ends with the last note: else all that is played later on that track is bent too.

    Later may be in another item, or by hand.
    """
    end_s = max(0.0, min(max((n.offset_s for n in part.notes), default=0.0), length_s - REST_S))
    bends = sorted(b for b in part.bends if b.time_s < end_s)
    rests = not bends or not bends[-1].semitones
    return tuple(bends) if rests else (*bends, Bend(end_s, 0.0))


def _within(note: Note, length_s: float) -> Note | None:
    if note.offset_s <= length_s:
        return note
    return replace(note, offset_s=length_s) if length_s - note.onset_s >= MIN_NOTE_S else None


def _named_apart(parts: Sequence[Part]) -> list[Part]:
    names = told_apart([part.name for part in parts])
    return [
        replace(part, instrument=replace(part.instrument, name=name)) for part, name in zip(parts, names, strict=True)
    ]


def _rank(part: Part) -> tuple[int, str]:
    return (STEM_ROLES.index(part.role) if part.role in STEM_ROLES else len(STEM_ROLES), part.id)
