"""What is selected: the clip in the Clip View, or the audio clips of the selected track under the loop brace."""

from __future__ import annotations

from . import words
from .clips import ClipError, TooShortError, item_of

MAX_ITEMS = 1000
"""The protocol's own limit."""


DEPTH = 3
"""Steps from a clip up to its track: over a slot, or over a take lane. Asking every slot of a large Set takes long."""


class Selection:
    """Items of a request, with Live's own objects, which say where they are when the result comes."""

    def __init__(self, items, sources, warnings):
        self.items = items
        self.sources = sources
        """(clip, track) per item."""
        self.warnings = warnings


def read(song, options=None):
    """The selection of a Set.

    Args:
        song: Live's song.
        options: of the command; ``range`` true takes the loop brace even where a clip is selected.

    Raises:
        ClipError: with the sentence.
    """
    clip = song.view.detail_clip
    wants_range = bool((options or {}).get("range"))
    if clip is not None and not wants_range:
        if not clip.is_audio_clip:
            raise ClipError(words.NOT_AUDIO)
        track, index = track_of(song, clip)
        return _selection(song, [(clip, track, index, None)])
    return _selection(song, _under_the_brace(song))


def _selection(song, found):
    items, sources = [], []
    warnings = [] if len(found) <= MAX_ITEMS else [words.TOO_MANY.format(count=MAX_ITEMS)]
    for clip, track, index, within in found[:MAX_ITEMS]:
        try:
            item, remarks = item_of(clip, track, index, song, within)
        except ClipError as e:
            # A sliver at the edge of a range, or a silent clip among others, is no reason to refuse the rest.
            if len(found) == 1:
                raise
            warnings += [] if isinstance(e, TooShortError) else [str(e)]
            continue
        items.append(item)
        sources.append((clip, track))
        warnings += remarks
    if not items:
        raise ClipError(warnings[0] if warnings else words.NO_CLIP)
    return Selection(items, sources, warnings)


def _under_the_brace(song):
    track = song.view.selected_track
    index = place_of(song, track)
    if not song.loop or index is None:
        raise ClipError(words.NO_CLIP)
    first, last = song.loop_start, song.loop_start + song.loop_length
    # A clip that is switched off does not sound; who wants it all the same clicks it.
    clips = [
        c for c in track.arrangement_clips
        if c.is_audio_clip and not c.muted and c.start_time < last and c.end_time > first
    ]  # fmt: skip
    if not clips:
        raise ClipError(words.NO_CLIP)
    return [(clip, track, index, (first, last)) for clip in clips]


def place_of(song, track):
    """A track's index; None where it is none of the Set's (the main track, one that was deleted)."""
    return next((i for i, other in enumerate(song.tracks) if other == track), None)


def track_of(song, clip):
    """(track, index) of a clip.

    Raises:
        ClipError: it is on none.
    """
    above = clip
    for _ in range(DEPTH):
        above = getattr(above, "canonical_parent", None)
        index = place_of(song, above) if above is not None else None
        if index is not None:
            return above, index
    for index, track in enumerate(song.tracks):
        if any(other == clip for other in getattr(track, "arrangement_clips", ())):
            return track, index
        if any(slot.has_clip and slot.clip == clip for slot in track.clip_slots):
            return track, index
    raise ClipError(words.NO_CLIP)
