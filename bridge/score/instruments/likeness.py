"""Tell how likely two notes are one instrument's.

A perceptron of 3,000 weights over what sets the two apart: sound, families, place, register, time. It was trained on
rendered bands (training/band/pairs.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.score.instruments.evidence import Evidence
from bridge.score.perceptron import DATA, load_weights, perceptron

Array = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

WEIGHTS = DATA / "pairs.npz"
AT_ONCE_S = 0.035
"""Onsets nearer than this are struck together, as the tones of a chord are."""
FAR_S = 8.0
"""Notes further apart in time tell as little of each other as these: the clips of the training last 12 s."""
SOME = 12
"""Notes of a group that are compared with those of another: 144 pairs tell their mean to 0.03."""
PAIRS = 100_000
"""Pairs looked at in one go, for memory's sake."""


@dataclass(frozen=True, slots=True)
class Steadied:
    """Notes, with what the averaging over their neighbours made of their sound and families."""

    who: Evidence
    told: Array
    """(n, FAMILIES) probabilities of each note alone."""
    sound: Array
    """(n, EMBEDDING) of unit length."""
    chances: Array
    """(n, FAMILIES) probabilities."""

    def rows(self, which: Ints) -> Steadied:
        """The chosen notes."""
        return Steadied(self.who.rows(which), self.told[which], self.sound[which], self.chances[which])


def same_odds(notes: Steadied, first: Ints, second: Ints) -> Array:
    """(pairs,) log odds that a note of ``first`` and its partner in ``second`` are one instrument's."""
    weights, out = load_weights(WEIGHTS, np.float32), np.empty(len(first), np.float32)
    for start in range(0, len(first), PAIRS):
        part = slice(start, start + PAIRS)
        y = (differences(notes, first[part], second[part]) - weights["mean"]) / weights["spread"]
        out[part] = perceptron(y, weights)[:, 0]
    return out


def differences(notes: Steadied, a: Ints, b: Ints) -> Array:
    """(pairs, 30) what sets the notes ``a`` and ``b`` apart, as the perceptron is asked."""
    who, told, sound, chances = notes.who, notes.told, notes.sound, notes.chances
    both = chances[a] * chances[b]
    near_sound = (sound[a] * sound[b]).sum(1)
    octaves = np.abs(who.pitch[a] - who.pitch[b]) / 12
    later_s = np.minimum(np.abs(who.onset_s[a] - who.onset_s[b]), FAR_S)
    at_once = later_s < AT_ONCE_S
    columns = [
        (who.embedding[a] * who.embedding[b]).sum(1),
        near_sound,
        np.sqrt(both).sum(1),
        both * 4,
        (told[a] * told[b]).sum(1),
        np.abs(chances[a] - chances[b]).sum(1),
        octaves,
        np.minimum(octaves, 1),
        (who.pitch[a] + who.pitch[b] - 120) / 24,
        np.exp(-later_s / 0.5),
        np.exp(-later_s / 4),
        at_once,
        at_once * octaves,
        ~at_once * np.exp(-later_s / 0.3),
        np.abs(who.balance[a] - who.balance[b]),
        np.abs(who.width[a] - who.width[b]),
        np.abs(who.balance[a] + who.balance[b]) / 2,
        (who.width[a] + who.width[b]) / 2,
        at_once * near_sound,
        octaves * near_sound,
    ]
    return np.column_stack(columns).astype(np.float32)


def apart(notes: Steadied, groups: Sequence[Ints]) -> npt.NDArray[np.float64]:
    """(groups, groups) mean probability that a note of one and a note of the other are of two instruments."""
    some = [rows[np.linspace(0, len(rows) - 1, min(SOME, len(rows))).astype(np.int64)] for rows in groups]
    out = np.zeros((len(groups), len(groups)))
    for i, mine in enumerate(some[:-1]):
        theirs = np.concatenate(some[i + 1 :])
        odds = same_odds(notes, np.repeat(mine, len(theirs)), np.tile(theirs, len(mine)))
        each = (1 / (1 + np.exp(odds.astype(np.float64)))).reshape(len(mine), -1).mean(0)
        edges = np.cumsum([0] + [len(rows) for rows in some[i + 1 : -1]])
        out[i, i + 1 :] = np.add.reduceat(each, edges) / [len(rows) for rows in some[i + 1 :]]
    return out + out.T
