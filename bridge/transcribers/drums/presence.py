"""Tell which of the rarer instruments play at all: their surest strokes say so.

Whoever shakes, claps or closes a hat by foot goes on doing so. A few strokes that might be a tambourine's, in half a
minute in which nothing surely is one, are a hat or a cymbal.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from bridge.transcribers.drums.features import FRAMES_PER_S
from bridge.transcribers.drums.peaks import CLASSES, peak_frames

Array = npt.NDArray[np.float32]

STROKES = 8
"""Surest strokes that are looked at: two bars of a pulse in quarters, four of a backbeat."""
BLOCK_S = 10.0
"""An instrument may come and go in steps of so much; what lies this long before and after counts for it, too."""
EVIDENCE: Mapping[str, float] = {"clap": 0.2, "hat_pedal": 0.22, "tambourine": 0.33, "shaker": 0.45, "cowbell": 0.33}
"""Mean probability of those strokes from which on an instrument plays. On held-out kits nine in ten clips without one
stay below, and so do the songs of the check set; most clips that have it lie far above."""
INSTEAD: Mapping[str, str] = {"tambourine": "hat_closed", "shaker": "hat_closed"}
"""The class that gets the probability of an instrument that is heard and does not play."""
FAINTEST = 0.05
"""Lower peaks are no strokes."""


def evidence(activation: Array, first: int, last: int) -> float:
    """Return the mean of the surest strokes in ``activation`` (frames,) from frame ``first`` up to ``last``."""
    near = activation[max(0, first) : last]
    heights = np.sort(near[peak_frames(near, FAINTEST)])[-STROKES:]
    return float(heights.sum()) / STROKES


def played(answers: Array) -> Array:
    """Return the semitone net's answers (frames, 2, classes), without the strokes of what does not play there."""
    out = answers.copy()
    block = round(BLOCK_S * FRAMES_PER_S)
    for name, least in EVIDENCE.items():
        column = CLASSES.index(name)
        for start in range(0, len(answers), block):
            if evidence(answers[:, 0, column], start - block, start + 2 * block) < least:
                here = slice(start, start + block)
                if name in INSTEAD:
                    out[here, 0, CLASSES.index(INSTEAD[name])] += answers[here, 0, column]
                out[here, 0, column] = 0
    out[:, 0] = np.minimum(out[:, 0], 1)
    return out
