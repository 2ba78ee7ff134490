"""Chords at the beats.

A small network says how well each fits, a path through the beats says where they change.

The network is a perceptron of some 20,000 weights that is asked about each of the twelve roots in turn; it was trained
on songs whose chords are known, with the errors of our engines (training/harmony).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bridge.music.harmony import NAMES, NO_CHORD, Chord, symbol_of
from bridge.score.best_path import any_change, best_path
from bridge.score.harmony.evidence import bass_classes, layers
from bridge.score.perceptron import DATA, load_weights, perceptron

Array = npt.NDArray[np.float64]

WEIGHTS = DATA / "chords.npz"
CHANGE_COST, DOWNBEAT_COST, HALF_BAR_COST = 3.2, 1.0, 2.0
"""Cost of a new chord, in natural log odds: at any beat, at a bar line, in the middle of a bar of four or six."""
TRUST = 0.8
"""Beats of one bar tell much the same, so that each counts for less than a beat alone."""
INVERSION_SHARE = 0.6
"""Of a chord's time, what another tone of the chord must be the lowest, for the chord to be written over it."""


def find_chords(notes: Array, beats: Array, downbeats: Sequence[int]) -> list[Chord]:
    """The chords from the first beat to the last, changes at beats, equal neighbours joined.

    Args:
        notes: pitched notes as of :func:`bridge.score.harmony.evidence.note_array`, times in seconds.
        beats: (beats,) times in seconds, rising.
        downbeats: indices of the beats that begin a bar.
    """
    if len(beats) < 2 or not len(notes):
        return []
    odds = fitness(layers(notes, beats))
    path = best_path(TRUST * odds, any_change(change_costs(len(beats) - 1, downbeats)))
    sure = np.exp(odds[np.arange(len(path)), path])
    bass = bass_classes(notes, beats)
    chords: list[Chord] = []
    start = 0
    for i in range(1, len(path) + 1):
        if i < len(path) and path[i] == path[start]:
            continue
        times = float(beats[start]), float(beats[i])
        sureness = float(sure[start:i].mean())
        chords.append(_chord(int(path[start]), *times, sureness, bass[start:i].sum(0)))
        start = i
    return chords


def fitness(evidence: Array) -> Array:
    """(beats, 12 * qualities + 1) log probability of each chord at each beat; the last column is none at all."""
    count = len(evidence)
    turned = np.stack([np.roll(evidence, -root, 2).reshape(count, -1) for root in range(12)], 1)
    y = perceptron(turned, load_weights(WEIGHTS, np.float64))
    logits = np.concatenate([y[..., :-1].reshape(count, -1), y[..., -1].mean(1, keepdims=True)], 1)
    logits -= logits.max(1, keepdims=True)
    result: Array = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return result


def change_costs(count: int, downbeats: Sequence[int]) -> Array:
    """(count,) what a new chord costs at each beat."""
    costs = np.full(count, CHANGE_COST)
    marks = [d for d in downbeats if d < count]
    costs[marks] = DOWNBEAT_COST
    for a, b in pairwise([*marks, count]):
        if b - a in (4, 6):
            costs[(a + b) // 2] = HALF_BAR_COST
    return costs


def _chord(column: int, onset_s: float, offset_s: float, confidence: float, bass: Array) -> Chord:
    if column == 12 * len(NAMES):
        return Chord(onset_s, offset_s, NO_CHORD, confidence)
    root, number = divmod(column, len(NAMES))
    quality, lowest = NAMES[number], int(bass.argmax())
    if not bass[lowest] > INVERSION_SHARE * bass.sum():
        lowest = root
    symbol = symbol_of(root, quality, lowest)
    return Chord(onset_s, offset_s, symbol, confidence, root, quality, lowest)
