"""From seconds of a file to positions in a clip: the arithmetic of warp markers. Pure, no Live."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

FRAMES_A_BEAT = 100.0
"""A beat of a warped clip lasts 0.06 s (999 BPM) to 3 s (20 BPM), or thousands of frames: what is longer, is frames."""


class WarpMap:
    """Straight lines between markers, going on beyond the first and the last as the nearest line does."""

    def __init__(self, markers):
        """Args: markers, pairs of (seconds of the file, beats of the clip), at least two that rise."""
        ordered = []
        for second, beat in sorted(markers, key=lambda m: m[1]):
            if not (math.isfinite(second) and math.isfinite(beat)):
                continue
            if not ordered or (second > ordered[-1][0] and beat > ordered[-1][1]):
                ordered.append((float(second), float(beat)))
        if len(ordered) < 2:
            raise ValueError("a warp needs two markers")
        self.markers = ordered
        self._seconds = [m[0] for m in ordered]
        self._beats = [m[1] for m in ordered]

    def _line(self, values, value):
        number = min(max(bisect_right(values, value) - 1, 0), len(self.markers) - 2)
        return self.markers[number], self.markers[number + 1]

    def to_beat(self, second):
        """The clip's beat at a second of the file."""
        (s0, b0), (s1, b1) = self._line(self._seconds, second)
        return b0 + (second - s0) * (b1 - b0) / (s1 - s0)

    def to_second(self, beat):
        """The file's second at a beat of the clip."""
        (s0, b0), (s1, b1) = self._line(self._beats, beat)
        return s0 + (beat - b0) * (s1 - s0) / (b1 - b0)

    def within(self, low, high):
        """The markers that the beats from ``low`` to ``high`` need: of a long recording that was cut, a few."""
        first = min(max(bisect_right(self._beats, low) - 1, 0), len(self.markers) - 2)
        last = min(max(bisect_left(self._beats, high), first + 1), len(self.markers) - 1)
        return self.markers[first : last + 1]

    def seconds_a_beat(self, second):
        """How much of the file a beat takes there."""
        (s0, b0), (s1, b1) = self._line(self._seconds, second)
        return (s1 - s0) / (b1 - b0)


def in_seconds(markers, rate):
    """The markers with their places in seconds: the interface does not say whether they come as frames."""
    if len(markers) < 2 or rate <= 0:
        return markers
    (s0, b0), (s1, b1) = markers[0], markers[-1]
    if b1 > b0 and (s1 - s0) / (b1 - b0) > FRAMES_A_BEAT:
        return [(second / rate, beat) for second, beat in markers]
    return markers
