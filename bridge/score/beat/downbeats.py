"""Find the beats that begin a bar: kick, crash and bass come in, the harmony changes, the snare does not play."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bridge.music.general_midi import CRASHES, KICKS, SNARES
from bridge.music.notes import Note
from bridge.music.parts import Part

Array = npt.NDArray[np.float64]

NEAR_S = 0.05
"""A note within this of a beat is played on it: a 32nd at 150 BPM."""
WEIGHTS = {"kick": 1.0, "snare": -1.0, "crash": 1.5, "bass": 0.7, "low": 0.4, "harmony": 1.5}
"""How much each sign speaks for a downbeat. Set by what pop and rock drumming does, not fitted to recordings."""
LEAST_SPREAD = 0.25
"""What varies by less than this share of its greatest value, such as a kick on every beat, says less."""
FROM_THE_BAR = 1.0
"""Items are cut and songs begin at a bar line more often than not: another beat must stand out over the first one by
this many standard errors. Kicks on one and three say nothing, kicks on one alone say three to five."""
CUT_S = 0.03
"""A beat this close to the start has no sound before it, so that nothing rises there: its low end is not known."""
WALTZ_ADVANTAGE, WALTZ_CONTRAST = 1.5, 4.0
"""Bars of three are rare: they must explain the accents this much better than bars of four, and stand out by this
many standard errors; accents without meaning reach 2.9 on recordings."""


def find_downbeats(beats: Array, parts: Sequence[Part], low: Array) -> tuple[int, int]:
    """The index of a beat that begins a bar, and the beats in a bar (3 or 4).

    Args:
        beats: (beats,) times in seconds.
        parts: what was transcribed.
        low: (beats,) onset strength of the low bands at each beat.
    """
    signs = _signs(beats, parts, low)
    accent = np.zeros(len(beats))
    for name, sign in signs.items():
        spread = max(float(sign.std()), LEAST_SPREAD * float(sign.max()))
        if spread > 0:
            accent += WEIGHTS[name] * (sign - sign.mean()) / spread
    contrast4, phase4 = _best_phase(accent, 4)
    contrast3, phase3 = _best_phase(accent, 3)
    if contrast3 > max(WALTZ_CONTRAST, WALTZ_ADVANTAGE * contrast4):
        return phase3, 3
    return phase4, 4


def _best_phase(accent: Array, beats_per_bar: int) -> tuple[float, int]:
    """Return how far the accents at the best phase stand out over the others, in standard errors; that phase."""
    if len(accent) < 2 * beats_per_bar:
        return 0.0, 0
    means = np.array([accent[p::beats_per_bar].mean() for p in range(beats_per_bar)])
    best = int(means.argmax())
    others = (means.sum() - means[best]) / (beats_per_bar - 1)
    error = accent.std() / np.sqrt(len(accent) / beats_per_bar) + 1e-9
    phase = best if means[best] - means[0] > FROM_THE_BAR * error else 0
    return float((means[best] - others) / error), phase


def _signs(beats: Array, parts: Sequence[Part], low: Array) -> dict[str, Array]:
    drums = [n for p in parts if p.is_drums for n in p.notes]
    pitched = [n for p in parts if not p.is_drums for n in p.notes]
    cut = beats < CUT_S
    if not cut.all():
        low = np.where(cut, low[~cut].mean(), low)
    return {
        "kick": _struck(beats, [n for n in drums if n.pitch in KICKS]),
        "snare": _struck(beats, [n for n in drums if n.pitch in SNARES]),
        "crash": _struck(beats, [n for n in drums if n.pitch in CRASHES]),
        "bass": _struck(beats, [n for p in parts if p.role == "bass" for n in p.notes]),
        "low": low,
        "harmony": _harmony_change(beats, pitched),
    }


def _struck(beats: Array, notes: Sequence[Note]) -> Array:
    """(beats,) velocity 0..1 of the loudest note on each beat."""
    struck = np.zeros(len(beats))
    for note in notes:
        i = _nearest(beats, note.onset_s)
        if abs(beats[i] - note.onset_s) <= NEAR_S:
            struck[i] = max(struck[i], note.velocity / 127.0)
    return struck


def _harmony_change(beats: Array, notes: Sequence[Note]) -> Array:
    """(beats,) 0..1: how little the pitch classes from here on are those of the two beats before."""
    chroma = np.zeros((len(beats) + 1, 12))
    for note in notes:
        first = _nearest(beats, note.onset_s)
        first -= beats[first] - NEAR_S > note.onset_s
        last = int(np.searchsorted(beats, note.offset_s))
        for i in range(max(0, first), max(first + 1, last)):
            end_s = beats[i + 1] if i + 1 < len(beats) else note.offset_s
            shared_s = min(end_s, note.offset_s) - max(beats[i], note.onset_s)
            chroma[i, note.pitch % 12] += max(0.0, shared_s)
    change = np.zeros(len(beats))
    for i in range(1, len(beats)):
        before, after = chroma[max(0, i - 2) : i].sum(0), chroma[i : i + 2].sum(0)
        size = float(np.linalg.norm(before) * np.linalg.norm(after))
        change[i] = 1.0 - float(before @ after) / size if size > 0 else 0.0
    return change


def _nearest(beats: Array, time_s: float) -> int:
    i = int(np.searchsorted(beats, time_s))
    if i == len(beats) or (i and time_s - beats[i - 1] < beats[i] - time_s):
        i -= 1
    return i
