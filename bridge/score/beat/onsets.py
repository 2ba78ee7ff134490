"""Onset strength of sound and notes together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.audio.peaks import local_maxima
from bridge.music.general_midi import KICKS, SNARES
from bridge.score.beat.features import BeatEvidence, NoteArrays, impulses
from bridge.score.beat.onset_strength import OnsetStrength

Array = npt.NDArray[np.float64]

DRUM_WEIGHT, PITCHED_WEIGHT = 2.0, 0.7
"""Amount that a note of full velocity adds to the onset strength, whose deviation is 1: drums keep the time."""
MAX_FROM_NOTES = 4.0
"""Most that all notes of one moment add: two drums at full velocity."""
CLEAR_ONSET = 1.0
"""Onset strength, in deviations, of an onset that is sure enough to measure the beat."""


def onsets_of(strength: OnsetStrength, heard: BeatEvidence) -> Array:
    """(frames,) onset strength of sound and notes."""
    return strength.full + _from_notes(heard, len(strength.full))


def accents_of(onsets: Array, strength: OnsetStrength, heard: BeatEvidence) -> Array:
    """(frames,) the onsets, with more for what keeps the beat.

    Kick and snare, and in the sound the low end.
    """
    return onsets + strength.low + _from_notes(_backbone(heard), len(onsets))


def clear_onsets(strength: Array) -> int:
    """Count the onsets that are sure.

    A held tone has none, however evenly it trembles.
    """
    return int((local_maxima(strength, "last") & (strength > CLEAR_ONSET))[1:-1].sum())


def _backbone(heard: BeatEvidence) -> BeatEvidence:
    """Kick and snare alone."""
    drums = heard.drums
    kept = np.isin(drums.pitch, list(KICKS | SNARES))
    return BeatEvidence(NoteArrays(drums.onset_s[kept], drums.offset_s[kept], drums.pitch[kept], drums.velocity[kept]))


def _from_notes(heard: BeatEvidence, frames: int) -> Array:
    """(frames,) onset strength of the notes: a bump of three frames each."""
    strength = np.zeros(frames)
    for strokes, weight in (
        (heard.drums, DRUM_WEIGHT), (heard.bass, PITCHED_WEIGHT), (heard.other, PITCHED_WEIGHT),
    ):  # fmt: skip
        strength += impulses(strokes.onset_s, weight * strokes.velocity, frames)
    # A chord is one onset, not as many as it has notes.
    bumps: Array = np.convolve(np.minimum(strength, MAX_FROM_NOTES), (0.5, 1.0, 0.5), "same")
    return bumps
