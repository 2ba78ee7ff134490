"""Tell a group's family by the sound of all its notes and by how they are played.

A linear model of 82 numbers, trained on rendered bands as the nets hear them (training/band/manner.py): what the net
says of each note alone, averaged over the group, takes winds and brass for guitars and guitars for pianos.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Note
from bridge.score.instruments.assign import LEAST_TOLD, RULE, Group, likeliest, monophonic_share
from bridge.score.instruments.evidence import Evidence
from bridge.score.instruments.families import FAMILIES
from bridge.score.perceptron import DATA, load_weights, perceptron

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

WEIGHTS = DATA / "manner.npz"
STROKE_S = 0.035
"""Onsets nearer than this are one stroke: the tones of a chord, also of one that is strummed."""
SURE_SHARE = 85
"""Percentile of the notes' chances that counts beside the mean: a few clear notes tell more than many hidden ones."""
SHORTEST_S, LONGEST_S = 0.03, 5.0
"""Lengths and distances count from and up to here."""
LIMIT = 5.0
"""Standard deviations from the mean of the training beyond which a number counts no more."""
NEVER = ("bass", "other")
"""Families that no group is given here: the bass was found before, "other" tells nobody anything."""


def recast(groups: Sequence[Group], notes: Sequence[Note], who: Evidence) -> list[Group]:
    """Name the groups by sound and manner.

    A bass stays.

    Args:
        groups: of all notes.
        notes: those of which the groups' rows tell.
        who: what is known of each.
    """
    return [g if g.family == "bass" else _recast(g, notes, who) for g in groups]


def _recast(group: Group, notes: Sequence[Note], who: Evidence) -> Group:
    odds = odds_of(numbers_of(group.rows, notes, who), load_weights(WEIGHTS, np.float32))
    family, sure = likeliest(odds, NEVER, RULE.doubtful)
    return replace(group, family=family, sure=sure)


def odds_of(numbers: Array, weights: Mapping[str, Array]) -> Array:
    """(..., FAMILIES) log odds of (..., 82) numbers."""
    return perceptron(np.clip((numbers - weights["mean"]) / weights["spread"], -LIMIT, LIMIT), weights, ("only",))


def numbers_of(rows: npt.NDArray[np.int64], notes: Sequence[Note], who: Evidence) -> Array:
    """(82,) what the model is asked by."""
    return np.concatenate([told(who, rows, len(notes)), played([notes[i] for i in rows])])


def told(who: Evidence, rows: npt.NDArray[np.int64], count: int) -> Array:
    """(51,) sound and place of a group.

    What the net says of its notes and of the others', and where they stand.
    """
    odds = np.maximum(who.family, LEAST_TOLD)
    rest = np.setdiff1d(np.arange(count), rows)
    chances = np.exp(odds[rows])
    others = np.exp(odds[rest]).mean(0) if len(rest) else np.zeros(len(FAMILIES))
    places = (len(rows) / count, abs(np.median(who.balance[rows])), who.balance[rows].std(), who.width[rows].mean())
    columns = (odds[rows].mean(0), chances.mean(0), np.percentile(chances, SURE_SHARE, axis=0), others, places)
    return np.concatenate([*columns, (who.width[rows].std(), who.real[rows].mean(), len(rest) > 0)]).astype(np.float32)


def played(notes: Sequence[Note]) -> Array:
    """(31,) how notes are played.

    Strokes, lengths, register, steps and chords; of at least one note.
    """
    order = sorted(notes)
    on, off = np.array([n.onset_s for n in order]), np.array([n.offset_s for n in order])
    pitch = np.array([n.pitch for n in order], np.float64)
    begins = np.concatenate([[True], np.diff(on) > STROKE_S])
    starts, strokes = on[begins], np.split(np.arange(len(on)), np.flatnonzero(begins)[1:])
    size = np.array([len(s) for s in strokes])
    apart_s = np.clip(np.diff(starts), SHORTEST_S, LONGEST_S)
    length_s = np.clip(off - on, SHORTEST_S, LONGEST_S)
    until_next_s = np.repeat(np.append(apart_s, apart_s[-1] if len(apart_s) else 1.0), size)
    chords = [np.sort(pitch[s]) for s in strokes if len(s) > 1]
    inside = np.concatenate([np.diff(c) for c in chords]) if chords else np.zeros(0)
    steps = np.abs(np.diff([pitch[s].max() for s in strokes]))
    low, middle, high = np.percentile(pitch, [10, 50, 90])
    sounding = np.searchsorted(on, on + 0.02, "right") - np.searchsorted(np.sort(off), on + 0.02, "right")
    numbers = (
        len(strokes) / max(1.0, on[-1] - on[0] + 0.5),
        monophonic_share(on.tolist(), off.tolist()),
        (size == 1).mean(),
        np.log(size.max()),
        *_spread(size),
        *_spread([on[s[-1]] - on[s[0]] for s in strokes if len(s) > 1]),
        *_spread(np.log(length_s)),
        *_spread(np.clip(length_s / until_next_s, 0, 3)),
        *_spread(np.log(apart_s)),
        (low - 60) / 12,
        (middle - 60) / 12,
        (high - 60) / 12,
        (high - low) / 12,
        *_spread(steps),
        _share(steps <= 2),
        _share(steps == 0),
        _share(steps >= 12),
        *_spread(sounding),
        *_spread(inside),
        _share(inside <= 2),
        _share(inside >= 7),
        *_spread([c[-1] - c[0] for c in chords]),
    )
    return np.array(numbers, np.float32)


def _spread(values: Sequence[float] | Floats | npt.NDArray[np.int64]) -> tuple[float, float]:
    """Mean and standard deviation; 0 of none."""
    return (float(np.mean(values)), float(np.std(values))) if len(values) else (0.0, 0.0)


def _share(true: npt.NDArray[np.bool_]) -> float:
    return float(true.mean()) if len(true) else 0.0
