"""The example of an outside engine (docs/examples/harmonica), with the real package where it is installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.plugins.interfaces import AudioSource, Context
from tests.raising import raises_code
from tests.support import transcribed

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "harmonica" / "dawscribe_harmonica.py"
RATE = 44_100


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dawscribe_harmonica", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(model=lambda name: Path(name), cache=tmp_path, home=tmp_path)


def test_an_unknown_size_is_refused(example: ModuleType, context: Context) -> None:
    with raises_code("setting"):
        example.HarmonicaTranscriber(example.HarmonicaOptions(model="huge"), context)


def test_without_the_package_it_says_where_to_read_on(
    example: ModuleType, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "harmonica", None)
    with raises_code("plugin"):
        example.HarmonicaTranscriber(example.HarmonicaOptions(), context)


@pytest.mark.skipif(
    importlib.util.find_spec("harmonica") is None,
    reason="pip install --ignore-requires-python harmonica-amt (it states no licence)",
)
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_hears_a_scale_over_the_seam_of_two_pieces(
    example: ModuleType, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example, "PIECE_S", 1.5)
    truth = [(0.5 * i + 0.25, 60 + (0, 2, 4, 5, 7, 9, 11)[i % 7]) for i in range(6)]
    x = np.zeros(round(3.5 * RATE))
    t = np.arange(round(0.4 * RATE)) / RATE
    for onset, pitch in truth:
        hz = 440 * 2 ** ((pitch - 69) / 12)
        partials = [np.sin(2 * np.pi * k * hz * t) / k * np.exp(-t * (1 + k)) for k in range(1, 9)]
        x[round(onset * RATE) :][: len(t)] += 0.15 * np.sum(partials, axis=0)
    path = tmp_path / "other.wav"
    soundfile.write(path, np.stack([x, x], 1), RATE, subtype="FLOAT")
    rms = float(np.sqrt((x**2).mean()))
    stem = AudioSource("other", Recording(path, RATE, 2, len(x), rms, float(np.abs(x).max())), rms)
    engine = example.HarmonicaTranscriber(example.HarmonicaOptions(model="nano"), context)
    notes = transcribed(engine, stem, lambda stage, fraction: None).parts[0].notes
    for onset, pitch in truth:
        assert sum(n.pitch == pitch and abs(n.onset_s - onset) < 0.06 for n in notes) == 1
