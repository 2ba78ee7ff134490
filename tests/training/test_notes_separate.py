from __future__ import annotations

import numpy as np
import pytest

from training.plan import CLIP_S, SAMPLE_RATE
from training.separate import FRAMES, MIX_LEVEL_DB, SEGMENT, Separator, mixed


class Passing:
    """In the place of the network: the whole mix in the first stem's spectrogram, nothing elsewhere."""

    def __call__(self, wave: np.ndarray, spectrum: np.ndarray) -> list[np.ndarray]:
        masked = np.zeros((1, 4, 4, 2048, FRAMES), np.float32)
        masked[0, 0] = spectrum[0]
        return [masked, np.zeros((1, 4, 2, SEGMENT), np.float32)]


def separator() -> Separator:
    made = Separator.__new__(Separator)
    made._network = Passing()  # type: ignore[assignment]
    made._window = np.hanning(4097)[:-1].astype(np.float32)
    return made


def test_a_network_that_passes_everything_returns_the_mix() -> None:
    t = np.arange(SEGMENT) / SAMPLE_RATE
    mix = np.stack([np.sin(2 * np.pi * 220 * t), np.sin(2 * np.pi * 331 * t)]).astype(np.float32) * 0.1
    stems = separator()(mix)
    np.testing.assert_allclose(stems[0], mix, atol=2e-3)
    assert np.abs(stems[1:]).max() < 1e-4


def test_the_mix_has_its_level_and_silent_parts_stay_silent() -> None:
    rng = np.random.default_rng(0)
    length = round(CLIP_S * SAMPLE_RATE)
    parts = {"bass": rng.normal(0, 0.1, (2, length)), "other": np.zeros((2, length))}
    mix = mixed(parts, rng)
    assert 20 * np.log10(np.sqrt((mix**2).mean())) == pytest.approx(MIX_LEVEL_DB, abs=0.01)
