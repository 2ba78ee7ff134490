"""Segments cover the signal, and joined they are what demucs makes of the same segments."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest

from bridge.audio.overlap_add import OverlapAdd, centred, mono_level, plan

Array = npt.NDArray[np.float32]


@pytest.mark.parametrize("overlap", [0.0, 0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("length", [1, 99, 100, 101, 175, 1000, 1234])
def test_plan_covers_everything_with_the_overlap_asked_for(length: int, overlap: float) -> None:
    offsets = plan(length, 100, overlap)
    assert offsets[0] == 0
    assert max(offsets) == max(0, length - 100)
    # Rounding may move a segment by a sample.
    assert all(0 < b - a <= 100 * (1 - overlap) + 1 for a, b in itertools.pairwise(offsets))


def test_plan_wastes_no_segment() -> None:
    assert len(plan(100, 100, 0.25)) == 1
    assert len(plan(175, 100, 0.25)) == 2
    assert len(plan(176, 100, 0.25)) == 3


@pytest.mark.parametrize("overlap", [0.0, 0.1, 0.25, 0.5, 0.75])
@pytest.mark.parametrize("length", [30, 99, 100, 250, 777])
def test_what_is_cut_and_joined_is_the_signal_again(length: int, overlap: float) -> None:
    signal = np.random.default_rng(3).standard_normal((2, length)).astype(np.float32)
    offsets = plan(length, 100, overlap)
    joined = OverlapAdd(offsets, 100, length, (2,))
    pieces = [joined.add(centred(signal[:, o : o + 100], 100)) for o in offsets]
    assert np.allclose(np.concatenate(pieces, 1), signal, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("length", "overlap"), [(1000, 0.25), (1150, 0.25), (1000, 0.1), (999, 0.5)])
def test_weights_are_those_of_demucs(length: int, overlap: float) -> None:
    torch = pytest.importorskip("torch")
    apply = pytest.importorskip("demucs.apply", reason="pip install demucs==4.1.0")
    segment = 200

    class Uneven(torch.nn.Module):  # type: ignore[misc, name-defined]
        """A model whose answer depends on the place in the segment, so that wrong weights show."""

        samplerate, sources, audio_channels = 100, ("a", "b"), 2

        def __init__(self) -> None:
            super().__init__()
            self.segment = Fraction(segment, 100)

        def forward(self, mix: object) -> object:
            ramp = torch.linspace(0, 1, segment)[: mix.shape[-1]]  # type: ignore[attr-defined]
            return torch.stack([mix * ramp, mix * (1 - ramp) ** 2], 1)

    signal = np.random.default_rng(4).standard_normal((2, length)).astype(np.float32)
    model, mix = Uneven(), torch.from_numpy(signal)[None]
    wanted = apply.apply_model(model, mix, shifts=0, split=True, overlap=overlap)[0].numpy()
    offsets = list(range(0, length, int((1 - overlap) * segment)))
    joined = OverlapAdd(offsets, segment, length, (2, 2))
    pieces = []
    for offset in offsets:
        chunk = torch.from_numpy(signal[:, offset : offset + segment])[None]
        pieces.append(joined.add(model(chunk)[0].numpy()))
    assert np.abs(np.concatenate(pieces, -1) - wanted).max() < 1e-4


def test_level_is_mean_and_deviation_of_the_mono_mix() -> None:
    signal = np.random.default_rng(5).standard_normal((2, 1000)).astype(np.float32) + np.float32(0.3)
    ticks: list[int] = []
    mean, deviation = mono_level([signal[:, :300], signal[:, 300:]], lambda: ticks.append(1))
    mono = signal.mean(0)
    assert mean == pytest.approx(mono.mean(), abs=1e-6)
    assert deviation == pytest.approx(mono.std(ddof=1), abs=1e-6)
    assert len(ticks) == 2
