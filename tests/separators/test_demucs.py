"""The real demucs package, with a small model of the right kind made here: random weights, saved and loaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from bridge.audio.recording import Recording
from bridge.audio.wav_writer import Writer
from bridge.errors import JobCancelled, ModelError, PluginError
from bridge.plugins.interfaces import Context, Separator
from bridge.separators.demucs import Demucs, DemucsOptions
from tests.support import separated

torch = pytest.importorskip("torch")
htdemucs = pytest.importorskip("demucs.htdemucs", reason="pip install demucs==4.1.0")
safetensors = pytest.importorskip("safetensors.torch")
pytestmark = pytest.mark.slow
SOURCES = ("drums", "bass", "other", "vocals", "guitar", "piano")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model "small", as demucs' own export writes it: six stems, segments of one second."""
    made = tmp_path_factory.mktemp("models")
    settings: dict[str, Any] = {"sources": list(SOURCES), "channels": 8, "t_layers": 1, "segment": 1}
    torch.manual_seed(1)
    model = htdemucs.HTDemucs(**settings)
    metadata = {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": json.dumps(settings)}
    safetensors.save_file(model.state_dict(), made / "abc.safetensors", metadata)
    (made / "small.yaml").write_text("models: ['abc']\n")
    return made


def context(folder: Path, device: str = "cpu") -> Context:
    def no_model(name: str) -> Path:
        raise AssertionError("the store is not asked")

    return Context(model=no_model, cache=folder, home=folder, device=device)


def separator(folder: Path, **options: Any) -> Demucs:
    return Demucs(DemucsOptions(model="small", folder=str(folder), **options), context(folder))


def recording(path: Path, seconds: float) -> tuple[Recording, npt.NDArray[np.float32]]:
    samples = np.random.default_rng(8).standard_normal((2, int(seconds * 44_100)))
    audio = np.asarray(0.1 * samples, np.float32)
    with Writer(path, 44_100, 2) as writer:
        writer.write(audio)
        return writer.finish(), audio


def ignore(stage: str, fraction: float) -> None:
    """A report that nobody reads."""


def test_one_segment_is_what_demucs_computes(folder: Path, tmp_path: Path) -> None:
    from demucs.apply import apply_model
    from demucs.hf import load_safetensors_model

    mix, audio = recording(tmp_path / "mix.wav", 1.0)
    made = separator(folder)
    assert isinstance(made, Separator)
    assert made.stems == SOURCES
    stems = separated(made, mix, ["piano", "drums"], tmp_path / "stems", ignore)
    assert [s.role for s in stems] == ["piano", "drums"]
    mono = audio.mean(0)
    mean, deviation = mono.mean(), mono.std(ddof=1) + 1e-8
    model = load_safetensors_model(folder / "abc.safetensors")
    wanted = apply_model(model, torch.from_numpy((audio - mean) / deviation)[None], shifts=0, split=False)[0]
    for stem in stems:
        reference = wanted[SOURCES.index(stem.role)].numpy() * deviation
        assert stem.audio.frames == mix.frames
        assert np.abs(stem.audio.read() - reference).max() < 1e-3 * np.abs(reference).max() + abs(mean)


def test_long_and_short_items_come_back_in_their_length(folder: Path, tmp_path: Path) -> None:
    for seconds in (0.3, 2.7):
        mix, _ = recording(tmp_path / "mix.wav", seconds)
        seen: list[float] = []

        def note(stage: str, fraction: float, seen: list[float] = seen) -> None:
            seen.append(fraction)

        stems = separated(separator(folder, overlap=0.1), mix, ["guitar"], tmp_path / "stems", note)
        assert stems[0].audio.frames == mix.frames
        assert stems[0].audio.peak > 0
        assert seen[-1] == 1.0


def test_a_cancel_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    mix, _ = recording(tmp_path / "mix.wav", 2.7)

    def cancel(stage: str, fraction: float) -> None:
        if fraction > 0.3:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        separated(separator(folder), mix, ["drums", "bass"], tmp_path / "stems", cancel)
    assert list((tmp_path / "stems").iterdir()) == []


def test_what_is_not_there_is_said_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    mix, _ = recording(tmp_path / "mix.wav", 0.3)
    with pytest.raises(PluginError, match="no stem"):
        separated(separator(folder), mix, ["flute"], tmp_path / "stems", ignore)
    with pytest.raises(ModelError, match=r"large\.yaml"):
        Demucs(DemucsOptions(model="large", folder=str(folder)), context(folder))
    if not torch.cuda.is_available():
        with pytest.raises(PluginError, match='no device "cuda"'):
            Demucs(DemucsOptions(model="small", folder=str(folder)), context(folder, "cuda"))
    (tmp_path / "small.yaml").write_text("models: ['abc']\n")
    (tmp_path / "abc.safetensors").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="could not be loaded"):
        separator(tmp_path)
