"""The spectrogram has the numbers of the demucs package."""

from __future__ import annotations

import numpy as np
import pytest

from bridge.separators.htdemucs.length import TRAINED as SEGMENT
from bridge.separators.htdemucs.stft import BINS, Spectrogram

pytestmark = pytest.mark.slow

demucs = pytest.importorskip("demucs.htdemucs", reason="pip install demucs==4.1.0")
torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def reference() -> object:
    """A small HTDemucs: its transforms do not depend on its size."""
    return demucs.HTDemucs(sources=["a", "b"], channels=8, t_layers=1)


@pytest.mark.parametrize("length", [SEGMENT, 10 * 1024, 10 * 1024 + 1, 9 * 1024 + 511])
def test_forward_is_that_of_demucs(reference: object, length: int) -> None:
    audio = np.random.default_rng(1).standard_normal((2, length)).astype(np.float32)
    tensor = torch.from_numpy(audio)[None]
    wanted = reference._magnitude(reference._spec(tensor))[0].numpy()  # type: ignore[attr-defined]
    found = Spectrogram(length).forward(audio)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-4


@pytest.mark.parametrize("length", [SEGMENT, 10 * 1024 + 1])
def test_inverse_is_that_of_demucs(reference: object, length: int) -> None:
    transform = Spectrogram(length)
    spectra = np.random.default_rng(2).standard_normal((4, BINS, transform.frames)).astype(np.float32)
    given = torch.from_numpy(spectra)[None, None]
    spectrum = reference._mask(None, given)  # type: ignore[attr-defined]
    wanted = reference._ispec(spectrum, length)[0, 0].numpy()  # type: ignore[attr-defined]
    found = transform.inverse(spectra)
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-4


def test_there_and_back_gives_the_sound_again() -> None:
    """Except at the ends, where demucs' layout lacks two frames, and without the top bin."""
    t = np.arange(SEGMENT) / 44_100
    audio = np.stack([np.sin(2 * np.pi * 440 * t), np.cos(2 * np.pi * 3000 * t)]).astype(np.float32)
    transform = Spectrogram(SEGMENT)
    back = transform.inverse(transform.forward(audio))
    assert np.abs(back - audio)[:, 4096:-4096].max() < 1e-5
