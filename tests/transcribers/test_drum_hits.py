"""Picking strokes from activations: what the net's answer means, without the net."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from bridge.transcribers.drums.features import FRAMES_PER_S
from bridge.transcribers.drums.kit import GROUPS, Tuning, hits, notes
from bridge.transcribers.drums.peaks import CLASSES, HALF_WIDTH, DrumHit

Array = npt.NDArray[np.float32]
TUNING = Tuning(dict.fromkeys(GROUPS, 0.4), dict.fromkeys(CLASSES, 0.0))


def answer(*played: tuple[float, str, float, float], frames: int = 300) -> tuple[Array, Array]:
    """Activations as a perfect net would give them for (onset s, class, velocity, height)."""
    onset = np.zeros((frames, len(CLASSES)), np.float32)
    velocity = np.zeros((frames, len(CLASSES)), np.float32)
    for when, kind, loud, height in played:
        k = CLASSES.index(kind)
        shape = height * (1 - np.abs(np.arange(frames) - when * FRAMES_PER_S) / HALF_WIDTH)
        onset[:, k] = np.maximum(onset[:, k], np.maximum(shape, 0))
        velocity[shape > 0, k] = loud
    return onset, velocity


def heard(*played: tuple[float, str, float, float], sensitivity: float = 0.5) -> list[DrumHit]:
    return hits(*answer(*played), TUNING, sensitivity)


@pytest.mark.parametrize("when", [0.5, 0.5021, 0.5049, 0.5077])
def test_a_stroke_is_placed_between_the_frames(when: float) -> None:
    (stroke,) = heard((when, "snare", 0.7, 1.0))
    assert stroke.onset_s == pytest.approx(when, abs=0.0005)
    assert stroke.velocity == pytest.approx(0.7)


def test_lateness_of_the_net_is_taken_off() -> None:
    tuning = Tuning(TUNING.thresholds, {**TUNING.late_s, "kick": 0.004})
    (stroke,) = hits(*answer((1.0, "kick", 0.9, 1.0)), tuning)
    assert stroke.onset_s == pytest.approx(0.996, abs=0.0005)


def test_a_flam_stays_two_strokes() -> None:
    assert len(heard((1.0, "snare", 0.3, 1.0), (1.03, "snare", 0.9, 1.0))) == 2


def test_a_wobbling_kick_is_one_stroke() -> None:
    (stroke,) = heard((1.0, "kick", 0.9, 0.6), (1.03, "kick", 0.9, 0.9))
    assert stroke.confidence == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("weak", "strong"),
    [("hat_open", "hat_closed"), ("side_stick", "snare"), ("tom_mid", "tom_low"), ("ride", "crash")],
)
def test_of_two_sounds_of_one_stroke_the_surer_stays(weak: str, strong: str) -> None:
    for gap in (-0.012, 0.0, 0.012):
        (stroke,) = heard((1.0, strong, 0.8, 0.95), (1.0 + gap, weak, 0.8, 0.5))
        assert stroke.drum == strong


@pytest.mark.parametrize(("weak", "strong"), [("ride", "hat_open"), ("hat_open", "ride")])
def test_one_hand_strikes_a_ride_or_an_open_hat(weak: str, strong: str) -> None:
    found = heard((0.5, weak, 0.7, 0.6), (0.51, strong, 0.7, 0.9), (0.6, weak, 0.7, 0.9))
    assert [h.drum for h in found] == [strong, weak]


def test_a_tom_of_uncertain_height_is_still_a_tom() -> None:
    (stroke,) = heard((1.0, "tom_low", 0.8, 0.25), (1.0, "tom_mid", 0.8, 0.3), (1.002, "tom_high", 0.8, 0.1))
    assert stroke.drum == "tom_mid"
    assert stroke.confidence == pytest.approx(0.65, abs=0.02)


def test_limbs_that_are_free_play_together() -> None:
    together = heard(*[(1.0, kind, 0.8, 1.0) for kind in ("kick", "snare", "hat_closed", "crash")])
    assert {s.drum for s in together} == {"kick", "snare", "hat_closed", "crash"}


def test_sensitivity_moves_what_counts() -> None:
    played = [(0.5 * k, "snare", 0.5, height) for k, height in enumerate((0.15, 0.35, 0.6, 0.95), start=1)]
    found = [len(heard(*played, sensitivity=s)) for s in (0.0, 0.5, 1.0)]
    assert found == [1, 2, 4]


def test_open_hat_ends_where_the_hat_closes() -> None:
    first, second = notes(heard((1.0, "hat_open", 0.8, 1.0), (1.2, "hat_closed", 0.8, 1.0)))
    assert (first.pitch, second.pitch) == (46, 42)
    assert first.offset_s == pytest.approx(second.onset_s)


def test_notes_are_general_midi_with_velocity() -> None:
    (note,) = notes(heard((1.0, "kick", 0.5, 1.0)))
    assert (note.pitch, note.velocity) == (36, 64)
    assert note.confidence == pytest.approx(1.0)


def test_the_softest_and_the_earliest_stroke_fit_midi() -> None:
    tuning = Tuning(TUNING.thresholds, dict.fromkeys(CLASSES, 0.02))
    (note,) = notes(hits(*answer((0.0, "ride", 0.0, 1.0)), tuning))
    assert note.onset_s == 0.0
    assert note.velocity == 1
