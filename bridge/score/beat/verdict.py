"""The likeliest of all readings, and its certainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bridge.score.beat.choice import Candidate, odds_of
from bridge.score.beat.features import RATE_HZ
from bridge.score.beat.pulse_net import Heard

Array = npt.NDArray[np.float64]

SECTION_S = 32.0
"""Length of what the networks learned from; longer recordings are judged in parts of about that length."""
MIN_BEATS = 4
"""Of a candidate within a part, or it is not judged there."""
NOT_THERE = 4.0
"""Logits that a candidate loses that is nowhere in the parts."""
LOOKED_AT = 16
"""Likeliest candidates among which those that are the same beats are looked for."""
SAME_SHARE, SAME_PERIOD, SAME_S = 0.9, 0.2, 0.07
"""Candidates of which nine tenths of the beats lie so near to the other's are one and the same."""
FAST_BPM, FAST_COST = 200.0, 1.5
"""Logits that a faster beat loses: some one song in fifty has one, and one in twelve of what the networks learned
from."""
STRAY_COST = 1.0
"""Logits that beats lose that stray: most music is made to a click, and half of what the networks learned from is
not."""
CONSTANT_ADVANTAGE = 2.0
"""Logits by which they must be likelier still than the same beats with a constant tempo."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The beat that was chosen."""

    best: Candidate
    share: float
    """0..1, probability that it is right."""
    odds: Array
    """(candidates,) of all of them."""


def judge(curves: Array, heard: Heard, found: Sequence[Candidate]) -> Verdict:
    """Choose the beat.

    Args:
        curves: as of :func:`bridge.score.beat.features.smeared`.
        heard: of the network.
        found: the candidates, at least one.
    """
    paces_s = np.array([np.median(np.diff(c.beats)) for c in found])
    strays = np.array([c.period_s is None for c in found])
    odds = _odds_of_parts(curves, heard, found) - FAST_COST * (paces_s < 60 / FAST_BPM) - STRAY_COST * strays
    top = max(0.0, float(odds.max()))
    chances = np.exp(odds - top) / (np.exp(odds - top).sum() + np.exp(-top))
    likeliest = odds.argsort()[::-1][:LOOKED_AT]
    paced = [(found[i].beats, float(paces_s[i])) for i in likeliest]
    alike = np.array([[_same(*one, *other) for other in paced] for one in paced])
    shares = alike @ chances[likeliest]
    group = likeliest[alike[int(shares.argmax())]]
    first = max(group, key=lambda i: float(odds[i]) - CONSTANT_ADVANTAGE * strays[i])
    return Verdict(found[first], min(1.0, float(shares.max())), odds)


def _odds_of_parts(curves: Array, heard: Heard, found: Sequence[Candidate]) -> Array:
    """(candidates,) the mean odds over parts of the recording."""
    frames = curves.shape[1]
    count = max(1, round(frames / RATE_HZ / SECTION_S))
    edges = np.round(np.linspace(0, frames, count + 1)).astype(int)
    total, judged = np.zeros(len(found)), np.zeros(len(found))
    for low, high in pairwise(edges):
        start_s, end_s = low / RATE_HZ, high / RATE_HZ
        own = [replace(c, beats=c.beats[(c.beats >= start_s) & (c.beats < end_s)] - start_s) for c in found]
        if count == 1:
            own = list(found)
        there = [i for i, c in enumerate(own) if len(c.beats) >= MIN_BEATS]
        if there:
            part = Heard(heard.beat[low:high], heard.bar[low:high], heard.tempo)
            total[there] += odds_of(curves[:, low:high], part, [own[i] for i in there])
            judged[there] += 1
    # Silent parts have no beats for anyone; what has none where others have some is not the beat.
    mean = np.where(judged > 0, total / np.maximum(judged, 1), -np.inf)
    result: Array = mean - NOT_THERE * (1 - judged / max(1.0, judged.max()))
    return result


def _same(one: Array, step: float, other: Array, other_step: float) -> bool:
    """Return whether two candidates are the same beats, as far as both reach; each with the step between them."""
    if abs(np.log(step / other_step)) > 0.1:
        return False
    near = min(SAME_S, SAME_PERIOD * step)
    at = np.searchsorted(other, one)
    left, right = other[(at - 1).clip(0)], other[at.clip(None, len(other) - 1)]
    off = np.minimum(np.abs(one - left), np.abs(one - right))
    return float((off <= near).mean()) >= SAME_SHARE
