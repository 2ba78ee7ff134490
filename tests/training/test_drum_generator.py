"""The drum generator: its truth must be what one hears, and its clips must be repeatable."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the generator needs scipy: pip install scipy")

from bridge.transcribers.drums.features import FRAMES_PER_S
from bridge.transcribers.drums.peaks import CLASSES, group_hits
from training.drums.classes import ARTICULATION_CLASS, FALLBACK, HELD_OUT_KITS, is_validation
from training.drums.dataset import targets
from training.drums.grooves import Hit, groove
from training.drums.render import FRAMES, kit_names, play
from training.drums.sounds import PRE, Sound, articulation_of, load, save, trimmed
from training.drums.synth_kit import synthetic_kit
from training.plan import CLIP_S, SAMPLE_RATE, clip_plan

pytestmark = pytest.mark.slow


def test_the_same_clip_number_gives_the_same_part() -> None:
    first, again, other = (groove(clip_plan(k), np.random.default_rng(k)) for k in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("number", range(12))
def test_strokes_lie_inside_the_clip_in_order_and_apart(number: int) -> None:
    hits = groove(clip_plan(number), np.random.default_rng(number))
    times = [h.onset_s for h in hits]
    assert times == sorted(times)
    assert all(0 <= t <= CLIP_S and 0 < h.velocity <= 1 for t, h in zip(times, hits, strict=True))
    for name in ARTICULATION_CLASS:
        assert all(np.diff([h.onset_s for h in hits if h.articulation == name]) > 0.012)


def test_a_swung_plan_is_played_swung() -> None:
    late = []
    for number in range(200):
        plan = clip_plan(number)
        if plan.swing > 0.6:
            hits = groove(plan, np.random.default_rng(3))
            beats = np.interp([h.onset_s for h in hits], plan.beats_s, np.arange(len(plan.beats_s)))
            late += [b % 1 for b in beats if 0.4 < b % 1 < 0.75]
    assert np.mean(np.array(late) > 0.56) > 0.5


def test_sounds_are_cut_at_their_attack() -> None:
    wave = np.zeros(SAMPLE_RATE)
    wave[3000:9000] = np.hanning(12000)[6000:] * np.sin(np.arange(6000) * 0.1)
    cut = trimmed(wave)
    assert cut is not None
    assert np.abs(cut).max() == pytest.approx(1.0, abs=0.05)
    assert np.flatnonzero(np.abs(cut) > 0.2)[0] == pytest.approx(PRE, abs=12)
    assert trimmed(np.zeros(100)) is None


def test_a_rendered_stroke_sounds_when_the_truth_says() -> None:
    kit = synthetic_kit(np.random.default_rng(1))
    for articulation in ("kick", "snare", "hat_closed", "tom_mid", "crash"):
        audio = play([Hit(2.0, articulation, 0.9)], kit, np.random.default_rng(2))
        loud = np.abs(audio).max(1)
        assert len(audio) == FRAMES
        begins = np.flatnonzero(loud > 0.1 * loud.max())[0] / SAMPLE_RATE
        assert begins == pytest.approx(2.0, abs=0.004)


def test_a_closing_hat_chokes_the_open_one() -> None:
    rng = np.random.default_rng(4)
    wave = (rng.normal(0, 1, 3 * SAMPLE_RATE) / 4).astype(np.float32)
    kit = {"hat_open": [Sound("hat_open", 1.0, wave)], "hat_closed": [Sound("hat_closed", 1.0, wave[:2000])]}
    audio = play([Hit(1.0, "hat_open", 0.9), Hit(1.5, "hat_closed", 0.9)], kit, np.random.default_rng(5))
    level = [float(np.abs(audio[int(t * SAMPLE_RATE) :][:4000]).max()) for t in (1.3, 1.8)]
    assert level[1] < 0.01 * level[0]


def test_kits_survive_the_bank(tmp_path: Path) -> None:
    kit = synthetic_kit(np.random.default_rng(6))
    save(tmp_path, "some/kit", [s for sounds in kit.values() for s in sounds])
    back = load(tmp_path / "some__kit.npz")
    assert set(back) == set(kit)
    np.testing.assert_allclose(back["kick"][0].wave, kit["kick"][0].wave, atol=1e-4)


def test_held_out_kits_play_in_validation_clips_only(tmp_path: Path) -> None:
    for name in ("hydrogen/GMRockKit", *HELD_OUT_KITS):
        (tmp_path / (name.replace("/", "__") + ".npz")).touch()
    assert set(kit_names(tmp_path, 19)) == set(HELD_OUT_KITS)
    assert kit_names(tmp_path, 18) == ["hydrogen/GMRockKit"]
    assert sum(map(is_validation, range(1000))) == 50


@pytest.mark.parametrize(
    ("name", "articulation"),
    [
        ('Ride (Custom, Zagrebin 22")', "ride"),
        ('Tom Low (Tama Superstar 16")', "tom_low"),
        ("Sabian Hat Semi-Open", "hat_half"),
        ("Rim Click (Pearl Free Floating Maple 14x3.5)", "side_stick"),
        ("Snare Rimshot", "rimshot"),
        ("Hand Clap", "clap"),
        ("g#4 - cowbell", "cowbell"),
        ("Cow Bell", "cowbell"),
        ("Djembe1 Slap", None),
    ],
)
def test_kit_names_are_understood(name: str, articulation: str | None) -> None:
    assert articulation_of(name) == articulation


def test_every_articulation_has_a_class_and_fallbacks_exist() -> None:
    assert {kind for kinds in ARTICULATION_CLASS.values() for kind in kinds} == set(range(len(CLASSES)))
    assert set(FALLBACK) | set(FALLBACK.values()) <= set(ARTICULATION_CLASS)
    for articulation, other in FALLBACK.items():
        same = {ARTICULATION_CLASS[articulation][0], ARTICULATION_CLASS[other][0]}
        assert len(same) == 1 or articulation.startswith("tom")


def test_targets_lead_back_to_the_truth() -> None:
    truth = np.array([[0.5033, 1, 0.8], [0.53, 1, 0.4], [0.9, 0, 1.0]], np.float32)
    onset, velocity = targets(truth, 200)
    found = group_hits(("snare",), onset[:, 1:2], velocity[:, 1:2], 0.5, 0.016)
    assert [s.onset_s for s in found] == pytest.approx([0.5033, 0.53], abs=0.001)
    assert [s.velocity for s in found] == pytest.approx([0.8, 0.4], abs=0.01)
    assert onset[90, 0] == pytest.approx(1.0)
    assert FRAMES_PER_S == 100
