from __future__ import annotations

import itertools

import numpy as np
import pytest

from bridge.music.notes import Note
from bridge.note_maps.features import RATE, Vqt
from bridge.transcribers.notes.tuning import Tuning, bends_of, concert_offset, tuning_map


def sung(curve: np.ndarray) -> np.ndarray:
    """A tone with five partials along (samples,) MIDI pitch."""
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((curve - 69) / 12)) / RATE
    partials = [np.sin(k * phase) / k for k in range(1, 6)]
    return np.asarray(0.2 * np.sum(partials, axis=0), np.float32)


KEYS = range(50, 80)


@pytest.fixture(scope="module")
def vqt() -> Vqt:
    return Vqt()


def tuning_of(curve: np.ndarray, vqt: Vqt) -> Tuning:
    return Tuning(KEYS, tuning_map(vqt(sung(curve)), KEYS))


def test_vibrato_becomes_bends_of_its_depth_and_rate(vqt: Vqt) -> None:
    t = np.arange(2 * RATE) / RATE
    tuning = tuning_of(69 + 0.4 * np.sin(2 * np.pi * 5 * t), vqt)
    bends = bends_of([Note(0.0, 2.0, 69, 80)], tuning)
    values = np.array([b.semitones for b in bends])
    assert values.max() == pytest.approx(0.4, abs=0.12)
    assert values.min() == pytest.approx(-0.4, abs=0.12)
    rising = sum(a <= 0.05 < b for a, b in itertools.pairwise(values))
    assert rising == pytest.approx(10, abs=1)


def test_a_steady_tone_has_no_bends(vqt: Vqt) -> None:
    tuning = tuning_of(np.full(RATE, 57.0), vqt)
    assert bends_of([Note(0.1, 0.9, 57, 80)], tuning) == []


def test_a_recording_off_concert_pitch_is_not_bent_throughout(vqt: Vqt) -> None:
    tuning = tuning_of(np.full(2 * RATE, 57.25), vqt)
    notes = [Note(0.1, 0.9, 57, 80), Note(1.0, 1.9, 57, 80)]
    offset = concert_offset(notes, tuning)
    assert offset == pytest.approx(0.25, abs=0.05)
    assert bends_of(notes, tuning, offset) == []


def test_no_note_inherits_the_bend_of_the_one_before(vqt: Vqt) -> None:
    t = np.arange(2 * RATE) / RATE
    tuning = tuning_of(np.where(t < 1, 60 + 0.5 * np.clip((t - 0.4) / 0.3, 0, 1), 64.0), vqt)
    bends = bends_of([Note(0.0, 0.97, 60, 80), Note(1.0, 2.0, 64, 80)], tuning)
    assert max(b.semitones for b in bends) == pytest.approx(0.5, abs=0.12)
    assert next(b for b in bends if b.time_s >= 0.99).semitones == 0.0
