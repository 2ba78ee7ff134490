from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.separators.stand_in import network
from training.plan import CLIP_S, SAMPLE_RATE
from training.separate import MIX_LEVEL_DB, Separator, mixed

pytestmark = pytest.mark.slow


def test_the_stems_of_a_clip_are_as_long_as_it_and_sum_to_it(tmp_path: Path) -> None:
    model = network(tmp_path / "htdemucs.onnx")
    t = np.arange(round(CLIP_S * SAMPLE_RATE)) / SAMPLE_RATE
    mix = np.stack([np.sin(2 * np.pi * 220 * t), np.sin(2 * np.pi * 331 * t)]).astype(np.float32) * 0.1
    stems = Separator(model, tmp_path, threads=1)(mix)
    assert stems.shape == (4, *mix.shape)
    np.testing.assert_allclose(stems.sum(0), mix, atol=2e-3)


def test_the_mix_has_its_level_and_silent_parts_stay_silent() -> None:
    rng = np.random.default_rng(0)
    length = round(CLIP_S * SAMPLE_RATE)
    parts = {"bass": rng.normal(0, 0.1, (2, length)), "other": np.zeros((2, length))}
    mix = mixed(parts, rng)
    assert 20 * np.log10(np.sqrt((mix**2).mean())) == pytest.approx(MIX_LEVEL_DB, abs=0.01)
