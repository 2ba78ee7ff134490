"""A longer segment: what the export fixed is stretched, what is not like it stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

from bridge.separators.htdemucs.length import TRAINED, lengthen
from bridge.separators.htdemucs.stft import Spectrogram
from tests.transcribers import stored

FRAMES, MORE = 336, 12
LONGER = TRAINED + MORE * 1024


def network(positions: np.ndarray, samples: int = TRAINED) -> ov.Model:
    """Inputs and outputs like HTDemucs': the spectrogram plus ``positions``, and the wave through a fixed reshape."""
    wave, spectrum = ops.parameter([1, 2, samples], np.float32), ops.parameter([1, 4, 8, FRAMES], np.float32)
    rows = ops.reshape(wave, [2, samples], False)
    waves = ops.reshape(rows, [1, 1, 2, samples], False)
    return ov.Model([ops.add(spectrum, ops.constant(positions)), waves], [wave, spectrum])


def test_positions_go_on_and_fixed_lengths_grow() -> None:
    model = network(np.linspace(3, 3 + 0.5 * 335, FRAMES, dtype=np.float32).reshape(1, 1, 1, FRAMES))
    assert lengthen(model, MORE)
    wave = np.random.default_rng(1).standard_normal((1, 2, LONGER)).astype(np.float32)
    found = ov.Core().compile_model(model, "CPU")([wave, np.zeros((1, 4, 8, FRAMES + MORE), np.float32)])
    assert found[0][0, 2, 5] == pytest.approx(3 + 0.5 * np.arange(FRAMES + MORE), abs=1e-3)
    assert np.array_equal(found[1][0, 0], wave[0])


@pytest.mark.parametrize(
    ("positions", "samples"), [(np.arange(FRAMES) ** 2.0, TRAINED), (np.arange(FRAMES) * 1.0, TRAINED - 1024)]
)
def test_another_network_stays_as_it_is(positions: np.ndarray, samples: int) -> None:
    model = network(positions.astype(np.float32).reshape(1, 1, 1, FRAMES), samples)
    assert not lengthen(model, MORE)
    assert [list(o.shape) for o in model.outputs] == [[1, 4, 8, FRAMES], [1, 1, 2, samples]]


@pytest.mark.model
@pytest.mark.slow
def test_the_real_network_hears_the_same_in_a_longer_segment(tmp_path: Path) -> None:
    core, path = ov.Core(), stored.context(tmp_path, "htdemucs").model("htdemucs")
    t = np.arange(LONGER) / 44_100
    rng = np.random.default_rng(7)
    hits = rng.standard_normal(LONGER) * np.exp(-(t % 0.5) / 0.03)
    bass = sum(np.sin(2 * np.pi * 55 * k * t) / k**2 for k in (1, 2, 3, 4)) * np.exp(-(t % 1.0) / 0.6)
    mix = np.repeat((hits + bass)[None], 2, 0).astype(np.float32)
    mix /= mix.std()

    def waves(frames: int) -> np.ndarray:
        model = core.read_model(path)
        assert lengthen(model, frames)
        audio = mix[:, : TRAINED + frames * 1024]
        transform = Spectrogram(audio.shape[1])
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        spectra, direct = compiled([audio[None], transform.forward(audio)[None]]).values()
        return np.stack([w + transform.inverse(s) for w, s in zip(direct[0], spectra[0], strict=True)])

    trained, longer = waves(0), waves(MORE)
    for stem in (0, 1):
        difference = longer[stem, :, :TRAINED] - trained[stem]
        assert np.square(difference).sum() < 0.01 * np.square(trained[stem]).sum()
    assert np.square(longer.sum(0) - mix).sum() < 0.01 * np.square(mix).sum()
