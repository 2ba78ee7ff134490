"""Where the clips of a request are by now: the user goes on working while a job runs."""

from __future__ import annotations

from . import words
from .clips import cut
from .selection import place_of

SAME = 1e-6
"""Beats: Live keeps places as doubles."""


class Source:
    """A clip of a request and its track, with the clip's edges as they were asked for."""

    def __init__(self, clip, track):
        self._clip, self._track = clip, track
        self._start, self._end = clip.start_time, clip.end_time
        self._marker, self._warping = clip.start_marker, bool(clip.warping)

    def track(self):
        """The clip's track; None where it was deleted."""
        return None if is_gone(self._track) else self._track

    def shift(self, second_beats):
        """Beats by which the clip's sound lies later now.

        Args:
            second_beats: beats of the Arrangement that a second of the file takes, for a clip that is not warped.
        """
        clip = self._clip
        if is_gone(clip):
            return 0.0
        start = clip.start_time - self._start
        if bool(clip.warping) != self._warping:
            return start
        if clip.looping and start and abs(clip.end_time - self._end) < SAME:
            # It was cut off at its beginning: what is left sounds where it did, and its marker went round the loop.
            return 0.0
        return start - (clip.start_marker - self._marker) * (1.0 if self._warping else second_beats)


def is_gone(thing):
    """Whether there is nothing: a deleted object equals None in Live's Python."""
    return thing is None or thing == None  # noqa: E711


def follow(song, result, sources):
    """Send the result to where its clips are now: the user may have moved, cut or slipped them.

    Args:
        song: the Set.
        result: as :func:`.results.check` gives it; changed.
        sources: :class:`Source` per item where they are still known, else None.
    """
    for item, source in zip(result["items"], sources or ()):
        live, place = item["live"], item["live"]["place"]
        index = place_of(song, source.track())
        if index is not None:
            place["track_index"], place["track"] = index, words.one_line(source.track().name)
        if not place["session"]:
            unit = 1.0 if live["warp"] else 60.0 / song.tempo * live["rate"]
            place["start_beats"] += source.shift(1.0 / unit)
            _begin_with_the_set(live, unit)


def _begin_with_the_set(live, unit):
    """Leave out what would lie before the first beat of the Arrangement."""
    place = live["place"]
    early = -place["start_beats"]
    if early > 0:
        live["passes"] = cut(live["passes"], early, place["length_beats"], unit)
        place["start_beats"], place["length_beats"] = 0.0, place["length_beats"] - early
