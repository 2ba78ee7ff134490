"""Where heard notes go: from seconds of a result to beats of a new clip. Pure, no Live; the extension does the same.

An item of a request holds all that is needed, in ``live``:

    start_s     second of the file at which the result's time begins
    warp        [[second of the file, beat of the clip], ...]; empty: the clip runs in seconds
    rate        seconds of the file per second of the song, for a clip that is not warped (its transposition)
    passes      [[from, to, at], ...]: content from..to of the clip (beats, or seconds of the file) sounds ``at`` beats
                after the clip's start; a loop passes several times
    semitones   what is added to pitched notes
    repitch     whether the pitch follows the warp, as in the mode Re-Pitch
"""

from __future__ import annotations

import math
from bisect import bisect_left
from operator import itemgetter

from .warp import WarpMap

MIN_BEATS = 1.0 / 256
"""A note that is cut to less than this is no note any more."""
AT_A_TIME = 2000
"""Notes between two pauses: some milliseconds."""
MAX_PLACED = 200_000
"""Notes of a clip: a loop of a second that plays for an hour is written so far, and no further."""


class Placing:
    """One item's way from seconds to beats."""

    def __init__(self, live, bpm):
        """Args: the item's ``live``, and the tempo of the Set now."""
        self._warp = WarpMap(live["warp"]) if live["warp"] else None
        self._rate = live["rate"]
        self._passes = live["passes"]
        self._semitones = live["semitones"]
        self._repitch = live["repitch"] and self._warp is not None
        self._start_s = live["start_s"]
        self._beats_a_second = bpm / 60.0

    def content(self, time_s):
        """The place in the clip's content of a time of the result."""
        second = self._start_s + time_s
        return second if self._warp is None else self._warp.to_beat(second)

    def shift(self, time_s):
        """Semitones that the clip adds to what sounds at a time of the result."""
        if not self._repitch:
            return self._semitones
        speed = self._warp.seconds_a_beat(self._start_s + time_s) * self._beats_a_second
        return self._semitones + 12 * math.log2(speed)

    def _beats(self, length):
        return length if self._warp is not None else length / self._rate * self._beats_a_second

    def notes(self, rows, is_drums=False):
        """[(pitch, start, duration, velocity)] in beats of the new clip, sorted, no key struck while it is down.

        A generator of pauses that returns them.

        Args:
            rows: [onset_s, offset_s, pitch, velocity] of the result.
            is_drums: keys that mean pieces stay as they are.
        """
        heard = []
        for count, row in enumerate(rows, 1):
            if count % AT_A_TIME == 0:
                yield
            # JSON of another writer may hold 60.0, which Live refuses.
            pitch = int(row[2]) + (0 if is_drums else round(self.shift(row[0])))
            if 0 <= pitch <= 127:
                heard.append((self.content(row[0]), self.content(row[1]), pitch, row[3]))
        heard.sort()
        onsets = [note[0] for note in heard]
        found = []
        for first, last, at in self._passes:
            # A hair's breadth early is still the first beat; what sounded before the pass is not struck anew.
            if len(found) >= MAX_PLACED:
                break
            for number in range(bisect_left(onsets, first - 1e-6), bisect_left(onsets, last - 1e-9)):
                if len(found) % AT_A_TIME == 0:
                    yield
                onset, offset, pitch, velocity = heard[number]
                start = at + self._beats(max(onset, first) - first)
                found.append((pitch, start, at + self._beats(min(offset, last) - first), velocity))
        return (yield from _without_overlaps(found[:MAX_PLACED]))


def _without_overlaps(notes):
    """Live cuts a note where its key is struck again; doing so here keeps what was meant. A generator of pauses."""
    last, spans = {}, []
    # They come nearly in order, pass by pass, which sorting is quick with.
    for count, (pitch, start, end, velocity) in enumerate(sorted(notes, key=itemgetter(1, 2)), 1):
        if count % AT_A_TIME == 0:
            yield
        if pitch in last and last[pitch][2] > start:
            last[pitch][2] = start
        last[pitch] = [pitch, start, end, velocity]
        spans.append(last[pitch])
    yield
    out = [(pitch, start, end - start, velocity) for pitch, start, end, velocity in spans if end - start >= MIN_BEATS]
    return sorted(out, key=itemgetter(1, 0))
