"""Percussionists' clips: who plays in them, what their made-up instruments sound like, and where these come from."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="the generator needs scipy: pip install scipy")

from training.drums.classes import ARTICULATION_CLASS, PERCUSSION
from training.drums.grooves import limb_of
from training.drums.lineups import lineup
from training.drums.render import ONLY_PERCUSSION, PERCUSSIVE, clip, percussive_kit
from training.drums.sounds import PRE, save
from training.drums.synth_kit import synthetic_kit
from training.drums.synth_percussion import MAKERS, synthetic_percussion
from training.plan import CLIP_S, SAMPLE_RATE, clip_plan

pytestmark = pytest.mark.slow
CLIPS = 200


@pytest.fixture(scope="module")
def clips() -> list[Counter[str]]:
    """How often what is struck in each clip."""
    return [
        Counter(h.articulation for h in lineup(clip_plan(n), np.random.default_rng(n)))
        for n in range(PERCUSSIVE, PERCUSSIVE + CLIPS)
    ]


@pytest.mark.parametrize("name", ["tambourine", "shaker", "cowbell", "clap", "hat_pedal"])
def test_what_grooves_have_seldom_plays_often(clips: list[Counter[str]], name: str) -> None:
    assert sum(clip[name] >= 8 for clip in clips) > CLIPS / 12


def test_some_percussionists_and_some_feet_are_alone(clips: list[Counter[str]]) -> None:
    assert sum(bool(clip) and set(clip) <= {*PERCUSSION, "clap"} for clip in clips) > CLIPS / 25
    assert any(set(clip) == {"hat_pedal"} for clip in clips)


def test_some_stand_in_for_the_hats_and_some_beside_them(clips: list[Counter[str]]) -> None:
    shaken = [clip for clip in clips if clip["shaker"] + clip["tambourine"] > 20 and clip["snare"] > 5]
    with_hats = [any(limb_of(name) == "hat" for name in clip) for clip in shaken]
    assert 0.1 < np.mean(with_hats) < 0.9


@pytest.mark.parametrize("number", range(PERCUSSIVE, PERCUSSIVE + 12))
def test_strokes_lie_inside_the_clip_in_order(number: int) -> None:
    hits = lineup(clip_plan(number), np.random.default_rng(number))
    times = [h.onset_s for h in hits]
    assert times == sorted(times)
    assert all(0 <= t <= CLIP_S and 0 < h.velocity <= 1 for t, h in zip(times, hits, strict=True))


@pytest.mark.parametrize("name", MAKERS)
def test_a_made_up_instrument_sounds_at_its_attack_and_never_the_same(name: str) -> None:
    sounds = [synthetic_percussion(name, np.random.default_rng(k)) for k in range(12)]
    waves = [sound.wave for of in sounds for sound in of]
    assert len(waves) >= 10
    assert len({len(wave) for wave in waves}) > 5
    for wave in waves:
        assert np.isfinite(wave).all()
        loud = np.abs(wave)
        assert loud[: PRE - 90].max() < 0.7 * loud.max()
        assert np.argmax(loud) < PRE + 0.2 * SAMPLE_RATE


def test_percussion_comes_from_all_sources_and_keeps_its_pitch_through_a_clip(tmp_path: Path) -> None:
    for k, name in enumerate(("hydrogen/GMRockKit", "sf/Some/0", "sf/Some/8", ONLY_PERCUSSION)):
        kit = synthetic_kit(np.random.default_rng(k))
        save(tmp_path, name, [s for sounds in kit.values() for s in sounds])
    lengths = {
        len(percussive_kit(tmp_path, PERCUSSIVE, np.random.default_rng(k))["tambourine"][0].wave) for k in range(20)
    }
    assert len(lengths) > 10
    audio, truth = clip(PERCUSSIVE + 1, tmp_path)
    assert len(audio) == round(CLIP_S * SAMPLE_RATE)
    assert set(truth[:, 1]) <= {kind for kinds in ARTICULATION_CLASS.values() for kind in kinds}
