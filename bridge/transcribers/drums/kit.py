"""Keep to what a drummer can play at once: hits that exclude each other, and how long they sound as notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Note
from bridge.transcribers.drums.peaks import CLASSES, SHARED, DrumHit, group_hits

Array = npt.NDArray[np.float32]

KEYS: Mapping[str, int] = {
    "kick": 36, "snare": 38, "side_stick": 37, "hat_closed": 42, "hat_open": 46,
    "tom_low": 43, "tom_mid": 47, "tom_high": 50, "crash": 49, "ride": 51,
    "clap": 39, "hat_pedal": 44, "tambourine": 54, "shaker": 70, "cowbell": 56,
}  # fmt: skip
"""General MIDI percussion keys of the classes; the shaker's own, 82, came later, so it has maracas'."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "kick": ("kick",),
    "snare": ("snare", "side_stick", "clap"),
    "hat": ("hat_closed", "hat_open", "hat_pedal"),
    "tom": ("tom_low", "tom_mid", "tom_high"),
    "cymbal": ("crash", "ride"),
    "tambourine": ("tambourine",),
    "shaker": ("shaker",),
    "cowbell": ("cowbell",),
}
"""Classes of which a drummer strikes one at a time; what the net hears as two of them is one hit."""
SHARED_GROUPS = {
    group: tuple(drum for drum in drums if drum in CLASSES[:SHARED])
    for group, drums in GROUPS.items()
    if any(drum in CLASSES[:SHARED] for drum in drums)
}
"""The same of the classes that all nets know."""

APART_S: Mapping[str, float] = {"kick": 0.045, "snare": 0.016, "hat": 0.035, "tom": 0.016, "cymbal": 0.05,
                            "tambourine": 0.05, "shaker": 0.05, "cowbell": 0.05}  # fmt: skip
"""Shortest time between two hits of a group. Snare and toms keep flams (18 ms and more apart); a
double kick reaches 16 hits a second, a hat roll 25, a ride or a shaken thing a dozen."""

ONE_HAND = frozenset({"hat_open", "ride"})
"""Ringing metal that one hand strikes: what the net takes for both at once was struck once. Closed hats are not among
it, for a foot closes a hat under a ride."""
ONE_HAND_S = 0.03
"""Hits of one hand nearer than this are the same one; it needs 60 ms from one cymbal to the next."""

CHOKE: tuple[frozenset[str], ...] = (frozenset({"hat_closed", "hat_open", "hat_pedal"}),)
"""A hit of such a group ends what the group still sounds."""

LENGTH_S: Mapping[str, float] = {"hat_open": 0.5, "crash": 0.5, "ride": 0.25}
"""Seconds a note is held unless choked: samplers ring by themselves, but some stop cymbals at note-off."""
SHORT_S = 0.1
"""The same for everything else; a sixteenth note at 150 BPM."""
MIN_NOTE_S = 0.01
"""No note gets shorter than this, however close the next hit is."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Thresholds tuned on held-out clips for one net.

    Kept beside its weights.
    """

    thresholds: Mapping[str, float]
    """Lowest peak that counts, by group."""
    late_s: Mapping[str, float]
    """Median time that peaks come after the attack, by class, seconds."""

    def shifted(self, sensitivity: float) -> Mapping[str, float]:
        """The thresholds for a sensitivity of 0 (few hits) to 1 (many); 0.5 leaves them alone."""
        # Four units of log odds from end to end: at 0 a threshold of 0.4 becomes 0.83, at 1 it becomes 0.08.
        shift = 4.0 * (0.5 - sensitivity)
        odds = {group: np.log(t / (1 - t)) + shift for group, t in self.thresholds.items()}
        return {group: float(1 / (1 + np.exp(-o))) for group, o in odds.items()}


def hits(onset: Array, velocity: Array, tuning: Tuning, sensitivity: float = 0.5) -> list[DrumHit]:
    """The hits in the net's output, by time.

    Args:
        onset: activations (frames, classes), 0 to 1; of the shared classes alone where there are no more.
        velocity: (frames, classes), 0 to 1.
        tuning: thresholds and lateness.
        sensitivity: 0 to 1.
    """
    thresholds = tuning.shifted(sensitivity)
    all_hits: list[DrumHit] = []
    groups = GROUPS if onset.shape[1] > SHARED else SHARED_GROUPS
    for group, drums in groups.items():
        columns = [CLASSES.index(drum) for drum in drums]
        of_group = group_hits(drums, onset[:, columns], velocity[:, columns], thresholds[group], APART_S[group])
        all_hits += [replace(s, onset_s=max(0.0, s.onset_s - tuning.late_s[s.drum])) for s in of_group]
    return sorted(_by_one_hand(all_hits))


def _by_one_hand(heard: Iterable[DrumHit]) -> list[DrumHit]:
    """Leave out the less sure of two hits at once that the same hand would have to make."""
    kept: list[DrumHit] = []
    metal: DrumHit | None = None
    for hit in sorted(heard):
        if hit.drum in ONE_HAND:
            if metal is not None and metal.drum != hit.drum and hit.onset_s - metal.onset_s < ONE_HAND_S:
                if metal.confidence >= hit.confidence:
                    continue
                kept.remove(metal)
            metal = hit
        kept.append(hit)
    return kept


def notes(heard: Iterable[DrumHit]) -> tuple[Note, ...]:
    """The hits as General MIDI notes, each ending where its key or its choke group is struck again."""
    ordered = sorted(heard)
    out = []
    for k, hit in enumerate(ordered):
        end_s = hit.onset_s + LENGTH_S.get(hit.drum, SHORT_S)
        group = next((g for g in CHOKE if hit.drum in g), frozenset({hit.drum}))
        for later in ordered[k + 1 :]:
            if later.onset_s >= end_s:
                break
            if later.drum in group and later.onset_s > hit.onset_s:
                end_s = later.onset_s
                break
        end_s = max(end_s, hit.onset_s + MIN_NOTE_S)
        velocity = min(127, max(1, round(hit.velocity * 127)))
        out.append(Note(hit.onset_s, end_s, KEYS[hit.drum], velocity, min(1.0, hit.confidence)))
    return tuple(out)
