"""Assign an instrument to each note.

Groups of notes that sound alike, then one family a group; pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bridge.score.instruments.evidence import Evidence
from bridge.score.instruments.families import FAMILIES
from bridge.score.instruments.likeness import Steadied, apart

Array = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

LEAST_TOLD = -9.0
"""Least log probability of a family: one note that is very sure must not outweigh many that agree."""
BLOCK = 256
"""Notes averaged at a time, so that memory grows with their number and not with its square."""
ROUNDS = 25
"""Of moving the small groups' centres; they rest after about ten."""
ONE_INSTRUMENT = ("keys", "mallets", "organ", "bass", "voice")
"""Families that are one instrument across the stereo picture: a piano's low keys stand left, its high ones right."""
UNSURE = "keys"
"""The family of notes that might be anybody's: commonest in songs, and a piano lets every note be heard."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Settings of making tracks from notes."""

    near_s: float = 4.0
    near_semitones: float = 5.0
    near_balance: float = 0.35
    alike: float = 15.0
    """Reach of the steadying over time, pitch and place, and how much it keeps to notes of a like sound."""
    chances: float = 1.0
    balance: float = 1.0
    octave: float = 0.55
    """Weight of the chances of families, the stereo place and an octave beside the sound, in a distance of notes."""
    apart: float = 0.5
    """Mean probability that their notes are of two instruments, from which two groups are two."""
    same_sound: float = 0.2
    """Squared distance of the sound alone below which two groups of one family are one instrument after all."""
    same_place: float = 0.4
    """Difference in balance that these may have; any for families of ONE_INSTRUMENT."""
    small_groups: int = 48
    """Groups to begin with; several for each instrument, and few enough to compare all."""
    bass: float = 0.25
    """Chance from which a note is the bass's, where there is one."""
    together_s: float = 0.05
    """Between onsets of which a bass plays only one: of 64 that began with a lower one, 10 were its own."""
    doubtful: float = 0.15
    """Probability below which a group is called UNSURE."""
    least: float = 0.03
    fewest: int = 4
    """Share of the notes, and notes, under which a group is a scrap and joins its neighbour."""
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


def groups(who: Evidence, rule: Rule = RULE) -> list[Group]:
    """The instruments, most notes first.

    Every note is in one.
    """
    if not len(who):
        return []
    notes = steadied(who, rule)
    chance = notes.chances[:, FAMILIES.index("bass")]
    bass = one_voice(who, np.flatnonzero(chance > rule.bass), chance, rule.together_s)
    everybody = np.arange(len(who))
    if "bass" in rule.never or len(bass) < rule.fewest:
        return by_size(who, parted(notes, everybody, rule), rule)
    # The bass is the surest of all families, and its register overlaps with many.
    rest = parted(notes, np.setdiff1d(everybody, bass), replace(rule, never=(*rule.never, "bass")))
    return by_size(who, [("bass", bass), *rest], rule)


def one_voice(who: Evidence, rows: Ints, chance: Array, together_s: float) -> Ints:
    """Of notes that begin together, the likeliest: what a bass plays, whose other notes are low ones of others."""
    order = rows[np.argsort(who.onset_s[rows], kind="stable")]
    times, chances = who.onset_s[order], chance[order]
    low = np.searchsorted(times, times - together_s)
    high = np.searchsorted(times, times + together_s, "right")
    kept = [chances[k] >= chances[low[k] : high[k]].max() for k in range(len(order))]
    return np.sort(order[kept])


def by_size(who: Evidence, found: list[tuple[str, Ints]], rule: Rule) -> list[Group]:
    """The groups with what is known of them, most notes first."""
    return sorted((_group(who, f, rows, rule) for f, rows in found), key=lambda g: -len(g.rows))


def parted(notes: Steadied, rows: Ints, rule: Rule) -> list[tuple[str, Ints]]:
    """Family and rows of each instrument among some of the notes."""
    if not len(rows):
        return []
    some = notes.rows(rows)
    places = positions(some, rule)
    small = small_groups(places, rule.small_groups)
    whole = grown(small, apart(some, small), rule.apart)
    named = [(family_of(some.who, mine, rule), mine) for mine in without_scraps(whole, places, rule)]
    return [(family, rows[mine]) for family, mine in one_of_each(some, named, rule)]


def steadied(who: Evidence, rule: Rule) -> Steadied:
    """The notes with their sound and chances averaged over those that are near in time, pitch and place.

    Notes count the more the more their sound is like.
    """
    sound, chances = np.empty_like(who.embedding), np.empty_like(who.family)
    told = np.exp(np.maximum(who.family, LEAST_TOLD))
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
        weight /= weight.sum(1, keepdims=True)
        sound[mine], chances[mine] = weight @ who.embedding[theirs], weight @ told[theirs]
    sound = np.asarray(sound / (np.linalg.norm(sound, axis=1, keepdims=True) + 1e-9), np.float32)
    return Steadied(who, told, sound, chances)


def positions(notes: Steadied, rule: Rule) -> Array:
    """(n, ...) sound, chances, stereo place and register of each note: like notes are near."""
    octaves = (notes.who.pitch[:, None] - 60) / 12
    place = rule.balance * notes.who.balance[:, None]
    return np.concatenate([notes.sound, rule.chances * notes.chances, place, rule.octave * octaves], 1)


def small_groups(places: Array, count: int) -> list[Ints]:
    """At most ``count`` groups of notes around centres, which begin far from each other (k-means)."""
    centres = [places[((places - places.mean(0)) ** 2).sum(1).argmin()]]
    distance = np.full(len(places), np.inf)
    while len(centres) < min(count, len(places)):
        distance = np.minimum(distance, ((places - centres[-1]) ** 2).sum(1))
        centres.append(places[distance.argmax()])
    middle, nearest = np.stack(centres), np.full(len(places), -1)
    for _ in range(ROUNDS):
        # Squared distances but for what all centres have in common: notes times centres times columns are many.
        before, nearest = nearest, ((middle**2).sum(1) - 2 * places @ middle.T).argmin(1)
        if (nearest == before).all():
            break
        middle = np.stack([places[nearest == k].mean(0) if (nearest == k).any() else c for k, c in enumerate(middle)])
    return [rows for k in range(len(middle)) if len(rows := np.flatnonzero(nearest == k))]


def grown(groups: list[Ints], distance: npt.NDArray[np.float64], most: float) -> list[Ints]:
    """The two nearest groups joined, again and again, until all are further apart than ``most`` (average linkage).

    Args:
        groups: rows of each group.
        distance: (groups, groups) mean distance of their notes.
        most: of two groups that are one.
    """
    groups, distance = list(groups), distance + np.diag(np.full(len(groups), np.inf))
    while len(groups) > 1:
        a, b = sorted(divmod(int(distance.argmin()), len(groups)))
        if distance[a, b] > most:
            break
        sizes = len(groups[a]), len(groups[b])
        both = np.average(distance[[a, b]], axis=0, weights=sizes)
        both[a] = np.inf
        distance[a] = distance[:, a] = both
        distance = np.delete(np.delete(distance, b, 0), b, 1)
        groups[a] = np.concatenate([groups[a], groups.pop(b)])
    return groups


def without_scraps(groups: list[Ints], places: Array, rule: Rule) -> list[Ints]:
    """Groups of too few notes joined to the nearest, the smallest first."""
    groups, least = list(groups), max(rule.fewest, rule.least * len(places))
    while len(groups) > 1 and min(map(len, groups)) < least:
        scrap = groups.pop(int(np.argmin([len(rows) for rows in groups])))
        away = [((places[rows].mean(0) - places[scrap].mean(0)) ** 2).sum() for rows in groups]
        nearest = int(np.argmin(away))
        groups[nearest] = np.concatenate([groups[nearest], scrap])
    return groups


def family_of(who: Evidence, rows: Ints, rule: Rule) -> str:
    """The family that a group's notes say together."""
    return likeliest(np.maximum(who.family[rows], LEAST_TOLD).mean(0), rule.never, rule.doubtful)[0]


def likeliest(odds: Array, never: Sequence[str], doubtful: float) -> tuple[str, float]:
    """The likeliest family by log odds, and its probability; UNSURE where that of the best is below ``doubtful``."""
    chances = np.exp(np.where([f in never for f in FAMILIES], -np.inf, odds - odds.max()))
    chances /= chances.sum()
    best = int(chances.argmax())
    family = FAMILIES[best] if chances[best] >= doubtful else UNSURE
    return family, float(chances[FAMILIES.index(family)])


def one_of_each(notes: Steadied, groups: list[tuple[str, Ints]], rule: Rule) -> list[tuple[str, Ints]]:
    """Groups of one family joined where they sound alike and stand at one place: registers of one instrument.

    Where no other family plays, a piano's registers are one however unlike they sound: it is alone.
    """
    groups, joined = list(groups), True
    families = {family for family, _ in groups}
    if len(families) == 1 and families <= set(ONE_INSTRUMENT):
        return [(groups[0][0], np.concatenate([rows for _, rows in groups]))]
    while joined:
        joined = False
        pairs = [(a, b) for a in range(len(groups)) for b in range(a + 1, len(groups)) if groups[a][0] == groups[b][0]]
        for a, b in pairs:
            if _same(notes, groups[a], groups[b], rule):
                rows = np.concatenate([groups[a][1], groups.pop(b)[1]])
                groups[a], joined = (family_of(notes.who, rows, rule), rows), True
                break
    return groups


def _same(notes: Steadied, a: tuple[str, Ints], b: tuple[str, Ints], rule: Rule) -> bool:
    who, sound = notes.who, notes.sound
    apart = float(((sound[a[1]].mean(0) - sound[b[1]].mean(0)) ** 2).sum())
    place = abs(float(np.median(who.balance[a[1]]) - np.median(who.balance[b[1]])))
    return apart < rule.same_sound and (a[0] in ONE_INSTRUMENT or place < rule.same_place)


def _group(who: Evidence, family: str, rows: Ints, rule: Rule) -> Group:
    chances = np.exp(np.maximum(who.family[rows], LEAST_TOLD).mean(0))
    sure = float(chances[FAMILIES.index(family)] / chances.sum())
    return Group(family, rows[np.argsort(who.onset_s[rows], kind="stable")], float(np.median(who.balance[rows])), sure)


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
