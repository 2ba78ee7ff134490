"""The separator around the network: with a stand-in whose arithmetic can be checked, and with the real weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from bridge.audio.recording import Recording
from bridge.audio.wav_writer import Writer
from bridge.errors import JobCancelled, StoreError
from bridge.plugins.interfaces import Context, Separator
from bridge.separators.htdemucs import HTDemucs, HTDemucsOptions
from tests.raising import raises_code
from tests.separators.stand_in import WAVE, separator
from tests.support import separated
from tests.transcribers import stored

Array = npt.NDArray[np.float32]


def recording(path: Path, audio: Array) -> Recording:
    with Writer(path, 44_100, 2) as writer:
        writer.write(audio)
        return writer.finish()


def noise(seconds: float, offset: float = 0.0) -> Array:
    rng = np.random.default_rng(6)
    audio = 0.1 * rng.standard_normal((2, int(seconds * 44_100)))
    return np.asarray(audio - audio.mean() + offset, np.float32)


def ignore(stage: str, fraction: float) -> None:
    """A report that nobody reads."""


@pytest.mark.parametrize("seconds", [0.1, 5.0, 7.8, 8.1, 20.0])
@pytest.mark.first_is_enough
def test_each_stem_is_its_share_of_the_mix_at_any_length(tmp_path: Path, seconds: float) -> None:
    audio = noise(seconds)
    mix = recording(tmp_path / "mix.wav", audio)
    made = separator(tmp_path)
    assert isinstance(made, Separator)
    stems = separated(made, mix, list(WAVE), tmp_path / "stems", ignore)
    assert [s.role for s in stems] == list(WAVE)
    for stem in stems:
        assert stem.audio.frames == mix.frames
        assert np.abs(stem.audio.read() - WAVE[stem.role] * audio).max() < 1e-5


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_of_pytorchs_is_refused_with_what_has_it(device: str, tmp_path: Path) -> None:
    context = Context(model=lambda name: tmp_path / name, cache=tmp_path, home=tmp_path, device=device)
    with raises_code("device-unavailable"):
        HTDemucs(HTDemucsOptions(), context)


@pytest.mark.slow
def test_the_two_branches_are_summed(tmp_path: Path) -> None:
    """A sine through the spectrogram comes back in time with what bypassed it."""
    t = np.arange(20 * 44_100) / 44_100
    audio = np.stack([0.3 * np.sin(2 * np.pi * 440 * t), 0.2 * np.sin(2 * np.pi * 990 * t)]).astype(np.float32)
    mix = recording(tmp_path / "mix.wav", audio)
    (stem,) = separated(separator(tmp_path, spectrum=0.3), mix, ["drums"], tmp_path / "stems", ignore)
    # The ends of the item are the ends of a segment, where the spectrogram lacks two frames.
    assert np.abs(stem.audio.read() - 0.4 * audio)[:, 4096:-4096].max() < 2e-3


@pytest.mark.slow
def test_stems_of_a_mix_with_an_offset_still_sum_to_it(tmp_path: Path) -> None:
    audio = noise(9.0, offset=0.2)
    mix = recording(tmp_path / "mix.wav", audio)
    stems = separated(separator(tmp_path), mix, list(WAVE), tmp_path / "stems", ignore)
    assert np.abs(np.sum([s.audio.read() for s in stems], 0) - audio).max() < 1e-5


def test_only_wanted_stems_are_written_in_the_order_asked_for(tmp_path: Path) -> None:
    mix = recording(tmp_path / "mix.wav", noise(1.0))
    stems = separated(separator(tmp_path), mix, ["vocals", "drums"], tmp_path / "stems", ignore)
    assert [s.role for s in stems] == ["vocals", "drums"]
    assert sorted(p.name for p in (tmp_path / "stems").iterdir()) == ["drums.wav", "vocals.wav"]
    assert stems[0].audio.rms == pytest.approx(0.1 * mix.rms, rel=1e-3)


@pytest.mark.parametrize("at", [0.0, 0.4, 1.0])
@pytest.mark.first_is_enough
def test_a_cancel_leaves_no_file_and_a_separator_that_still_works(tmp_path: Path, at: float) -> None:
    mix = recording(tmp_path / "mix.wav", noise(20.0))
    made = separator(tmp_path)

    def cancel(stage: str, fraction: float) -> None:
        if fraction >= at:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        separated(made, mix, list(WAVE), tmp_path / "stems", cancel)
    assert list((tmp_path / "stems").iterdir()) == []
    (stem,) = separated(made, mix, ["bass"], tmp_path / "stems", ignore)
    assert stem.audio.rms == pytest.approx(0.3 * mix.rms, rel=1e-3)


@pytest.mark.slow
def test_a_full_disk_leaves_no_file_and_a_separator_that_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = recording(tmp_path / "mix.wav", noise(20.0))
    made = separator(tmp_path)

    def full(writer: Writer, block: Array) -> None:
        raise StoreError("full")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "write", full)
        with raises_code("store") as kept:
            separated(made, mix, list(WAVE), tmp_path / "stems", ignore)
    assert list((tmp_path / "stems").iterdir()) == []
    (stem,) = separated(made, mix, ["bass"], tmp_path / "stems", ignore)
    assert stem.audio.rms == pytest.approx(0.3 * mix.rms, rel=1e-3), kept


@pytest.mark.slow
def test_progress_rises_from_0_to_1(tmp_path: Path) -> None:
    mix = recording(tmp_path / "mix.wav", noise(20.0))
    seen: list[float] = []
    separated(separator(tmp_path), mix, ["bass"], tmp_path / "stems", lambda stage, fraction: seen.append(fraction))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)


def test_silence_stays_silent(tmp_path: Path) -> None:
    mix = recording(tmp_path / "mix.wav", np.zeros((2, 44_100), np.float32))
    stems = separated(separator(tmp_path), mix, list(WAVE), tmp_path / "stems", ignore)
    assert all(s.audio.peak == 0 for s in stems)


def test_an_unknown_stem_and_a_bad_network_are_refused_in_a_sentence(tmp_path: Path) -> None:
    mix = recording(tmp_path / "mix.wav", noise(0.5))
    with raises_code("separator-has-no-stem"):
        separated(separator(tmp_path), mix, ["piano"], tmp_path / "stems", ignore)
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a network")
    context = Context(model=lambda name: broken, cache=tmp_path / "cache", home=tmp_path)
    with raises_code("network-not-loaded"):
        HTDemucs(HTDemucsOptions(), context)


@pytest.mark.parametrize("wrong", [{"overlap": 0.95}, {"overlap": -0.1}, {"precision": "f8"}, {"threads": -1}])
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        HTDemucsOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.model
@pytest.mark.slow
def test_the_real_network_tells_a_bass_from_drums(tmp_path: Path) -> None:
    """Noise bursts and a low tone: each lands in its stem, and the stems sum to the mix."""
    rng = np.random.default_rng(7)
    t = np.arange(int(7.8 * 44_100)) / 44_100
    beat = t % 0.5
    hits = rng.standard_normal(len(t)) * np.exp(-beat / 0.03) * (beat < 0.25)
    bass = sum(np.sin(2 * np.pi * 55 * k * t) / k**2 for k in (1, 2, 3, 4)) * np.exp(-(t % 1.0) / 0.6)
    audio = np.repeat((0.2 * hits + 0.25 * bass)[None], 2, 0).astype(np.float32)
    mix = recording(tmp_path / "mix.wav", audio)
    context = stored.context(tmp_path, "htdemucs")
    stems = separated(HTDemucs(HTDemucsOptions(), context), mix, list(WAVE), tmp_path / "stems", ignore)
    heard = {s.role: s.audio.read() for s in stems}

    def likeness(role: str, source: npt.NDArray[np.float64]) -> float:
        return float(np.corrcoef(heard[role][0], source)[0, 1])

    assert likeness("drums", hits) > 0.9
    assert likeness("bass", bass) > 0.9
    error = np.sum(list(heard.values()), 0) - audio
    assert np.linalg.norm(error) < 0.1 * np.linalg.norm(audio)
