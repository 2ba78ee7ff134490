"""What a drummer can play at once: strokes that exclude each other, and how long they sound as notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.music import Note
from bridge.transcribers.drums.peaks import CLASSES, Stroke, class_strokes

Array = npt.NDArray[np.float32]

KEYS: Mapping[str, int] = {
    "kick": 36, "snare": 38, "side_stick": 37, "hat_closed": 42, "hat_open": 46,
    "tom_low": 43, "tom_mid": 47, "tom_high": 50, "crash": 49, "ride": 51,
}  # fmt: skip
"""General MIDI percussion keys of the classes."""

APART_S: Mapping[str, float] = {
    "kick": 0.045, "snare": 0.016, "side_stick": 0.03, "hat_closed": 0.035, "hat_open": 0.05,
    "tom_low": 0.016, "tom_mid": 0.016, "tom_high": 0.016, "crash": 0.08, "ride": 0.045,
}  # fmt: skip
"""Shortest time between two strokes of a class. Snare and toms keep flams (18 ms and more apart); a
double kick reaches 16 strokes a second, a hat roll 25; nobody crashes faster than a dozen times a second."""

EXCLUSIVE: tuple[tuple[tuple[str, ...], float], ...] = (
    (("snare", "side_stick"), 0.03),
    (("hat_closed", "hat_open"), 0.03),
    (("tom_low", "tom_mid", "tom_high"), 0.02),
    (("crash", "ride"), 0.03),
)
"""Groups of which one sound at a time stays, within so many seconds: the net hears one stroke as two."""

CHOKE: tuple[frozenset[str], ...] = (frozenset({"hat_closed", "hat_open"}),)
"""A stroke of such a group ends what the group still sounds."""

LENGTH_S: Mapping[str, float] = {"hat_open": 0.5, "crash": 0.5, "ride": 0.25}
"""Seconds a note is held unless choked: samplers ring by themselves, but some stop cymbals at note-off."""
SHORT_S = 0.1
"""The same for everything else; a sixteenth note at 150 BPM."""
SHORTEST_S = 0.01
"""No note gets shorter than this, however close the next stroke is."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was tuned on held-out clips for one net; kept beside its weights."""

    thresholds: Mapping[str, float]
    """Lowest peak that counts, by class."""
    late_s: Mapping[str, float]
    """Median time that peaks come after the attack, by class, seconds."""

    def shifted(self, sensitivity: float) -> Mapping[str, float]:
        """The thresholds for a sensitivity of 0 (few strokes) to 1 (many); 0.5 leaves them alone."""
        # Four units of log odds from end to end: at 0 a threshold of 0.4 becomes 0.83, at 1 it becomes 0.08.
        shift = 4.0 * (0.5 - sensitivity)
        odds = {kind: np.log(t / (1 - t)) + shift for kind, t in self.thresholds.items()}
        return {kind: float(1 / (1 + np.exp(-o))) for kind, o in odds.items()}


def strokes(onset: Array, velocity: Array, tuning: Tuning, sensitivity: float = 0.5) -> list[Stroke]:
    """The strokes in the net's output, in time order.

    Args:
        onset: activations (frames, classes), 0 to 1.
        velocity: (frames, classes), 0 to 1.
        tuning: thresholds and lateness.
        sensitivity: 0 to 1.
    """
    thresholds = tuning.shifted(sensitivity)
    heard = [
        stroke
        for k, kind in enumerate(CLASSES)
        for stroke in class_strokes(
            kind, onset[:, k], velocity[:, k], thresholds[kind], APART_S[kind], tuning.late_s.get(kind, 0.0)
        )
    ]
    return one_of_each(heard, thresholds)


def one_of_each(heard: Iterable[Stroke], thresholds: Mapping[str, float]) -> list[Stroke]:
    """Of strokes that exclude each other the surest, measured against its own threshold, in time order."""
    kept: list[Stroke] = []
    for stroke in sorted(heard):
        rival = _rival(stroke, kept)
        if rival is None:
            kept.append(stroke)
        elif _sureness(stroke, thresholds) > _sureness(kept[rival], thresholds):
            kept[rival] = stroke
    return sorted(kept)


def _sureness(stroke: Stroke, thresholds: Mapping[str, float]) -> float:
    return stroke.confidence - thresholds[stroke.kind]


def _rival(stroke: Stroke, kept: list[Stroke]) -> int | None:
    for group, within_s in EXCLUSIVE:
        if stroke.kind not in group:
            continue
        for k in range(len(kept) - 1, -1, -1):
            # Strokes were sorted by time, but a replaced one may stand a little later: look a bit further.
            if stroke.onset_s - kept[k].onset_s > 2 * within_s:
                break
            other = kept[k]
            if other.kind in group and other.kind != stroke.kind and stroke.onset_s - other.onset_s < within_s:
                return k
    return None


def notes(heard: Iterable[Stroke]) -> tuple[Note, ...]:
    """The strokes as General MIDI notes, each ending where its key or its choke group is struck again."""
    ordered = sorted(heard)
    out = []
    for k, stroke in enumerate(ordered):
        end_s = stroke.onset_s + LENGTH_S.get(stroke.kind, SHORT_S)
        group = next((g for g in CHOKE if stroke.kind in g), frozenset({stroke.kind}))
        for later in ordered[k + 1 :]:
            if later.onset_s >= end_s:
                break
            if later.kind in group and later.onset_s > stroke.onset_s:
                end_s = later.onset_s
                break
        end_s = max(end_s, stroke.onset_s + SHORTEST_S)
        velocity = int(np.clip(round(stroke.velocity * 127), 1, 127))
        out.append(Note(stroke.onset_s, end_s, KEYS[stroke.kind], velocity, min(1.0, stroke.confidence)))
    return tuple(out)
