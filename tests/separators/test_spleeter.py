"""Spleeter against Deezer's own code, and around its networks with weights whose result can be worked out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from bridge.audio.recording import Recording
from bridge.audio.wav_writer import Writer
from bridge.errors import JobCancelled
from bridge.plugins.interfaces import Context, Separator
from bridge.separators.spleeter import Spleeter, SpleeterOptions
from bridge.separators.spleeter.checkpoint import Checkpoint, read_checkpoint
from bridge.separators.spleeter.spectra import LEAD, STEP
from bridge.testing import RecordingProgress
from tests.data.spleeter.synthetic import index_and_data, shapes, weights, write_checkpoint
from tests.raising import raises_code
from tests.support import Told, separated
from tests.transcribers import stored

Array = npt.NDArray[np.float32]
Make = Callable[..., Spleeter]

GOLDEN = Path(__file__).parents[1] / "data" / "spleeter"
DEMO = Path(__file__).parents[2] / "bridge" / "data" / "demo.ogg"
EVERY = 97
"""As in make_golden.py."""
SHARE = 0.8
"""Of the first stem in the stand-in's masks."""


def recording(path: Path, audio: Array, rate: int = 44_100) -> Recording:
    with Writer(path, rate, 2) as writer:
        writer.write(audio)
        return writer.finish()


def ignore(stage: str, fraction: float) -> None:
    """A report that nobody reads."""


def all_stems(made: Spleeter, mix: Recording) -> Array:
    """All stems, (stems, channels, samples)."""
    return np.concatenate(list(made.separate(mix, made.stems, RecordingProgress())), -1)


def context(model: Path, cache: Path) -> Context:
    return Context(model=lambda name: model, cache=cache, home=cache)


def flat(name: str, shape: tuple[int, ...]) -> Array:
    """Networks of two stems that hear nothing and say the same of every bin: (SHARE, 1 - SHARE) of the squares."""
    if name.endswith("moving_variance"):
        return np.ones(shape, np.float32)
    values = np.zeros(shape, np.float32)
    if name in ("conv2d_6/bias", "conv2d_13/bias"):
        # What is heard is the sigmoid of this times the mix, and a stem gets its share of the squares.
        heard = 0.5 if name == "conv2d_6/bias" else 0.5 * np.sqrt((1 - SHARE) / SHARE)
        values[:] = np.log(heard / (1 - heard))
    return values


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes separators with the networks of :func:`flat`."""
    folder = tmp_path_factory.mktemp("spleeter")
    model = write_checkpoint(folder / "spleeter-2stems.archive", shapes(2), flat)
    return lambda **settings: Spleeter(SpleeterOptions(precision="f32", **settings), context(model, folder / "cache"))


def noise(frames: int) -> Array:
    rng = np.random.default_rng(6)
    return np.asarray(0.1 * rng.standard_normal((2, frames)), np.float32)


@pytest.mark.parametrize("frames", [4_410, STEP - LEAD, STEP - LEAD + 1])
@pytest.mark.first_is_enough
def test_each_stem_is_its_share_of_the_mix_at_any_length(make: Make, tmp_path: Path, frames: int) -> None:
    audio = noise(frames)
    made = make()
    assert isinstance(made, Separator)
    stems = all_stems(made, recording(tmp_path / "mix.wav", audio))
    assert stems.shape == (2, 2, frames)
    for stem, share in zip(stems, (SHARE, 1 - SHARE), strict=True):
        assert np.abs(stem - share * audio).max() < 1e-4


@pytest.mark.slow
def test_above_11_khz_a_stem_gets_its_mean_share_or_nothing(make: Make, tmp_path: Path) -> None:
    t = np.arange(44_100) / 44_100
    high = np.tile(0.3 * np.sin(2 * np.pi * 14_000 * t), (2, 1)).astype(np.float32)
    low = np.tile(0.3 * np.sin(2 * np.pi * 500 * t), (2, 1)).astype(np.float32)
    mix = recording(tmp_path / "mix.wav", high + low)
    inside = slice(8192, -8192)
    for above, wanted in (("zeros", low), ("average", low + high)):
        stem = all_stems(make(above_11_khz=above), mix)[0]
        # Between the sines only rounding is heard, whose shares are nobody's: the mean has a little of them.
        assert np.abs(stem - SHARE * wanted)[:, inside].max() < 0.1


def test_only_wanted_stems_are_written_in_the_order_asked_for(make: Make, tmp_path: Path) -> None:
    mix = recording(tmp_path / "mix.wav", noise(44_100))
    stems = separated(make(), mix, ["other", "vocals"], tmp_path / "stems", ignore)
    assert [s.role for s in stems] == ["other", "vocals"]
    assert stems[0].audio.rms == pytest.approx((1 - SHARE) * mix.rms, rel=1e-2)


@pytest.mark.slow
def test_progress_grows_to_the_end_and_a_cancel_leaves_nothing(make: Make, tmp_path: Path) -> None:
    mix, seen = recording(tmp_path / "mix.wav", noise(2 * STEP)), list[float]()
    for _ in make().separate(mix, ["other"], Told(lambda stage, fraction: seen.append(fraction))):
        pass
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0.0, 1.0)

    def cancel(stage: str, fraction: float) -> None:
        if fraction > 0:
            raise JobCancelled

    made = make()
    with pytest.raises(JobCancelled):
        separated(made, mix, ["other"], tmp_path / "stems", cancel)
    assert not list((tmp_path / "stems").iterdir())
    # The network is at rest and takes the next item.
    assert len(separated(made, mix, ["vocals"], tmp_path / "stems", ignore)) == 1


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_what_it_cannot_do_is_said_before_the_work(make: Make, tmp_path: Path, device: str) -> None:
    made = make()
    with raises_code("separator-has-no-stem"):
        list(made.separate(recording(tmp_path / "a.wav", noise(4_410)), ["drums"], RecordingProgress()))
    with raises_code("separator-rate-differs"):
        list(made.separate(recording(tmp_path / "b.wav", noise(4_410), 48_000), ["other"], RecordingProgress()))
    with raises_code("device-unavailable"):
        Spleeter(SpleeterOptions(), Context(model=Path, cache=tmp_path, home=tmp_path, device=device))


@pytest.mark.parametrize("settings", [{"stems": 3}, {"above_11_khz": "all"}, {"precision": "f64"}, {"threads": -1}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        SpleeterOptions(**settings)  # type: ignore[arg-type]  # what a config file may hold


SMALL = {"conv2d/kernel": (5, 5, 2, 16), "conv2d/bias": (16,), "conv2d_1/bias": (32,), "gamma": (3,)}


def test_a_checkpoint_gives_what_was_written(tmp_path: Path) -> None:
    found = read_checkpoint(write_checkpoint(tmp_path / "small.tar.gz", SMALL))
    assert {name: v.shape for name, v in found.variables.items()} == SMALL
    for name, shape in SMALL.items():
        assert np.array_equal(found.read(name, shape), weights(name, shape))
    for name, shape in (("conv2d/bias", (15,)), ("beta", (3,))):
        with pytest.raises(ValueError, match="missing or has another shape"):
            found.read(name, shape)


def test_a_damaged_index_is_an_error_of_its_own_or_changes_nothing() -> None:
    """Whatever byte is wrong: no crash, no endless loop, no number from outside of the data."""
    index, data = index_and_data(SMALL)
    rng = np.random.default_rng(2)
    for at in range(len(index)):
        wrong = bytearray(index)
        wrong[at] = rng.integers(256)
        try:
            found = Checkpoint(bytes(wrong), data)
            for name, shape in SMALL.items():
                found.read(name, shape)
        except ValueError:
            continue
    for size in range(len(index)):
        with pytest.raises(ValueError, match=r"."):
            Checkpoint(index[:size], data)


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no archive", b"\x1f\x8b no archive", b"<html>"])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spleeter-2stems.archive"
    path.write_bytes(content)
    with raises_code("model-damaged"):
        Spleeter(SpleeterOptions(), context(path, tmp_path / "cache"))


def test_a_model_that_was_cut_off_is_named(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "spleeter-2stems.archive", SMALL, cut=1)
    with raises_code("model-damaged"):
        Spleeter(SpleeterOptions(), context(path, tmp_path / "cache"))


def check_against_deezers_code(made: Spleeter, folder: Path) -> None:
    """13 s of the demo song, over the seam of two pieces, to 1e-4 of full scale."""
    audio = soundfile.read(DEMO, 13 * 44_100, dtype="float32", always_2d=True)[0].T
    found = all_stems(made, recording(folder / "mix.wav", audio))
    with np.load(GOLDEN / f"{len(made.stems)}stems.npz") as golden:
        assert len(golden.files) == len(made.stems)
        for stem, name in zip(found, golden.files, strict=True):
            assert np.abs(stem[:, ::EVERY] - golden[name] / 32767).max() < 1e-4, name


@pytest.mark.model
@pytest.mark.slow
def test_two_stems_are_those_of_deezers_code(tmp_path: Path) -> None:
    options = SpleeterOptions(above_11_khz="zeros", precision="f32")
    made = Spleeter(options, stored.context(tmp_path, "spleeter-2stems"))
    assert made.stems == ("vocals", "other")
    check_against_deezers_code(made, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stems", "roles"),
    [(4, ("vocals", "drums", "bass", "other")), (5, ("vocals", "piano", "drums", "bass", "other"))],
)
def test_more_stems_are_those_of_deezers_code(tmp_path: Path, stems: int, roles: tuple[str, ...]) -> None:
    """With weights of ours in the same shapes: the real ones are too large to keep here."""
    path = write_checkpoint(tmp_path / "synthetic.tar.gz", shapes(stems))
    options = SpleeterOptions(stems=stems, above_11_khz="zeros", precision="f32")
    made = Spleeter(options, context(path, tmp_path / "cache"))
    assert made.stems == roles
    check_against_deezers_code(made, tmp_path)
