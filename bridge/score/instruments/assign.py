"""Assign an instrument to each note: families decided over many notes, then tracks by place; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.score.instruments.evidence import Evidence
from bridge.score.instruments.families import FAMILIES

Array = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BLOCK = 256
"""Notes averaged at a time, so that memory grows with their number and not with its square."""

SPREAD = ("keys", "mallets", "organ", "bass", "voice")
"""Families that are one instrument across the stereo picture: a piano's low keys stand left, its high ones right."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Settings of making tracks from notes."""

    near_s: float = 6.0
    near_semitones: float = 7.0
    alike: float = 8.0
    """Reach of the averaging over time and pitch, and how much it keeps to notes of a like sound."""
    near_balance: float = 0.35
    """Reach over the stereo picture."""
    floor: float = -9.0
    """Least log probability: one note that is very sure must not outweigh many that agree."""
    prior: float = 0.0
    """Weight of how often bands have a family, against the even share of the training."""
    least: float = 0.03
    """Share of a song's notes under which a family gets no track."""
    fewest: int = 4
    """Notes under which a family gets no track."""
    apart: float = 0.3
    """Balance by which two groups of one family must differ to be two tracks."""
    side_share: float = 0.2
    """Share of a family's notes that each of them must have."""
    never: tuple[str, ...] = ("other",)


RULE = Rule()


@dataclass(frozen=True, slots=True)
class Group:
    """Notes of one instrument."""

    family: str
    rows: Ints
    """Of the evidence, by time."""
    balance: float
    """-1 left to 1 right, the median."""
    sure: float
    """0..1, probability of the family over all its notes."""


def averaged(who: Evidence, rule: Rule) -> Array:
    """(n, FAMILIES) log probabilities, each averaged over notes near in time, pitch, place and sound."""
    logp = np.maximum(who.family, rule.floor)
    out = np.empty_like(logp)
    order = np.argsort(who.onset_s, kind="stable")
    times = who.onset_s[order]
    reach = rule.near_s * 5  # beyond it a note's weight is less than a hundredth
    for first in range(0, len(order), BLOCK):
        mine = order[first : first + BLOCK]
        low = np.searchsorted(times, times[first] - reach)
        high = np.searchsorted(times, times[min(first + BLOCK, len(times)) - 1] + reach, "right")
        theirs = order[low:high]
        dt = np.abs(who.onset_s[mine, None] - who.onset_s[theirs]) / rule.near_s
        dp = (who.pitch[mine, None] - who.pitch[theirs]) / rule.near_semitones
        db = (who.balance[mine, None] - who.balance[theirs]) / rule.near_balance
        same = who.embedding[mine] @ who.embedding[theirs].T
        weight = np.exp(-dt - dp**2 / 2 - db**2 / 2 + rule.alike * (same - 1))
        out[mine] = weight @ logp[theirs] / weight.sum(1, keepdims=True)
    return out


def families(who: Evidence, rule: Rule = RULE) -> Ints:
    """A family for each note, rare ones given to their neighbours, rarest first."""
    if not len(who):
        return np.zeros(0, np.int64)
    score = averaged(who, rule)
    alive = np.array([f not in rule.never for f in FAMILIES])
    while True:
        best = np.where(alive, score, -np.inf).argmax(1)
        count = np.bincount(best, minlength=len(FAMILIES))
        alive &= count > 0
        rare = [f for f in np.flatnonzero(alive) if count[f] < max(rule.fewest, rule.least * len(who))]
        if not rare or alive.sum() == 1:
            return np.asarray(best, np.int64)
        alive[min(rare, key=lambda f: count[f])] = False


def groups(who: Evidence, rule: Rule = RULE) -> list[Group]:
    """The tracks: one for each family, more where a family stands at several places; the most notes first."""
    family, out = families(who, rule), []
    for number in np.unique(family):
        rows = np.flatnonzero(family == number)
        name = FAMILIES[number]
        for part in [rows] if name in SPREAD else by_place(who, rows, rule):
            sure = float(np.exp(np.maximum(who.family[part], rule.floor).mean(0))[number])
            total = float(np.exp(np.maximum(who.family[part], rule.floor).mean(0)).sum())
            out.append(
                Group(name, part[np.argsort(who.onset_s[part])], float(np.median(who.balance[part])), sure / total)
            )
    return sorted(out, key=lambda g: -len(g.rows))


def by_place(who: Evidence, rows: Ints, rule: Rule) -> list[Ints]:
    """The rows of one family in groups by balance, what follows from their pitch taken off."""
    if len(rows) < 4 * rule.fewest:
        return [rows]
    balance, pitch = who.balance[rows].astype(float), who.pitch[rows] - who.pitch[rows].mean()
    slope = float((balance * pitch).sum() / max((pitch**2).sum(), 1e-9))
    flat = balance - slope * pitch
    side = two_groups(flat)
    centres = [np.median(flat[side == k]) if (side == k).any() else 0.0 for k in (0, 1)]
    share = min((side == k).mean() for k in (0, 1))
    if abs(centres[1] - centres[0]) < rule.apart or share < rule.side_share:
        return [rows]
    return [part for k in (0, 1) for part in by_place(who, rows[side == k], rule)]


def two_groups(values: npt.NDArray[np.float64]) -> Ints:
    """0 or 1 for each value: the cut that leaves the least variance within."""
    order = np.sort(values)
    n = np.arange(1, len(order))
    total, square = np.cumsum(order)[:-1], np.cumsum(order**2)[:-1]
    rest, rest_square = order.sum() - total, (order**2).sum() - square
    within = square - total**2 / n + rest_square - rest**2 / (len(order) - n)
    cut = int(within.argmin())
    return np.asarray(values > (order[cut] + order[cut + 1]) / 2, np.int64)


def monophonic_share(onsets_s: Sequence[float], offsets_s: Sequence[float]) -> float:
    """Share of the notes that begin while no other note of the track sounds, 30 ms and a tenth of a note forgiven."""
    if not len(onsets_s):
        return 1.0
    order = np.argsort(onsets_s, kind="stable")
    on, off = np.asarray(onsets_s)[order], np.asarray(offsets_s)[order]
    alone, latest = 0, -1.0
    for i in range(len(on)):
        together = i + 1 < len(on) and on[i + 1] - on[i] < 0.03
        slack = 0.03 + 0.1 * (off[i] - on[i])
        alone += not together and latest <= on[i] + slack and not (i and on[i] - on[i - 1] < 0.03)
        latest = max(latest, off[i])
    return alone / len(on)
