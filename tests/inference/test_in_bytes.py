"""Convolutions in bytes: where they pay, what of a graph they change, and that they hear the same."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr
from openvino import Core, Model
from openvino import opset13 as ops

import bridge
from bridge.inference import in_bytes
from bridge.inference.in_bytes import bytes_pay, put_in_bytes
from bridge.note_maps.features import RATE, reference_gain
from bridge.note_maps.listen import IN_BYTES, WINDOW
from bridge.transcribers.band.features import StereoVqt
from bridge.transcribers.band.listen import MAX_ACTIVATION
from tests.separators.test_spleeter import DEMO

Array = npt.NDArray[np.float32]
DATA = Path(bridge.__file__).parent / "data"
NOTE_NETS = [("band.onnx", MAX_ACTIVATION), ("notes.onnx", IN_BYTES[1])]
F32 = {"INFERENCE_PRECISION_HINT": "f32"}


@pytest.mark.parametrize(
    ("machine", "precision", "pays"),
    [("x86_64", "f32", True), ("AMD64", "f32", True), ("x86_64", "bf16", False), ("arm64", "f32", False)],
)
def test_bytes_pay_on_x86_without_bf16(
    machine: str, precision: str, pays: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(in_bytes, "fastest_precision", lambda target: precision)
    assert bytes_pay() == pays
    made = in_bytes.in_bytes("some-bytes-1", 4.0)
    assert (None if made is None else made.name) == ("some-bytes-1" if pays else None)


def small_network() -> Model:
    """Two convolutions behind rectifiers, one of them by way of a shift, between a first and a last one."""
    rng = np.random.default_rng(4)

    def convolved(x: Any, count: int, size: int) -> Any:
        shape = (count, x.get_output_shape(0)[1], size, size)
        weights = ops.constant((rng.standard_normal(shape) / size / 3).astype(np.float32))
        edge = [size // 2] * 2
        return ops.convolution(x, weights, [1, 1], edge, edge, [1, 1])

    x = ops.parameter([1, 4, 16, 16], np.float32)
    first = ops.relu(convolved(x, 8, 3))
    left, right = ops.split(first, 1, 2).outputs()
    shifted = ops.pad(right, [0, 0, 0, 1], [0, 0, 0, -1], "constant", np.float32(0))
    inner = ops.relu(ops.add(convolved(ops.concat([left, shifted], 1), 8, 3), first))
    last = ops.relu(ops.add(convolved(inner, 8, 3), inner))
    return Model([convolved(last, 2, 1), inner], [x])


def answers(model: Model, *inputs: Array) -> list[Array]:
    compiled = Core().compile_model(model, "CPU", F32)
    return [np.array(a) for a in compiled(list(inputs)).values()]


def test_only_what_stands_behind_a_rectifier_is_rounded() -> None:
    sound = np.random.default_rng(5).standard_normal((1, 4, 16, 16)).astype(np.float32)
    exact = answers(small_network(), sound)
    model = small_network()
    put_in_bytes(model, 4.0)
    nodes = model.get_ordered_ops()
    # The weights of two convolutions and what goes into them.
    assert sum(n.get_type_name() == "FakeQuantize" for n in nodes) == 4
    first, *_, last = (n for n in nodes if n.get_type_name() == "Convolution")
    for untouched in (first.input(0), first.input(1), last.input(0), last.input(1)):
        assert untouched.get_source_output().get_node().get_type_name() != "FakeQuantize"
    for a, b in zip(exact, answers(model, sound), strict=True):
        assert 0 < np.abs(a - b).max() < 0.05 * np.abs(a).max()


def demo(rate: int, rms: float) -> Array:
    """Eleven seconds of the demo (2, samples)."""
    samples, own = soundfile.read(DEMO, dtype="float32", always_2d=True)
    gain = np.float32(rms / float(np.sqrt(np.mean(samples.mean(1) ** 2))))
    return np.ascontiguousarray(soxr.resample(samples[4 * own : 15 * own], own, rate).T) * gain


def both(name: str, top: float, *inputs: Array) -> tuple[Array, Array]:
    """A shipped net's answer in floats and in bytes."""
    rounded = Core().read_model(DATA / name)
    put_in_bytes(rounded, top)
    exact, near = (answers(model, *inputs)[0][0] for model in (Core().read_model(DATA / name), rounded))
    return exact, near


def difference(exact: Array, near: Array) -> float:
    """How far answers lie apart where something is heard."""
    heard = exact > 0.1
    assert heard.sum() > 100
    return float(np.abs(exact - near)[heard].mean())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "top"), NOTE_NETS)
def test_notes_are_heard_the_same(name: str, top: float) -> None:
    """Also after another training, whose activations may be larger."""
    features = StereoVqt().stereo(demo(RATE, reference_gain(1.0)))[0][None, :WINDOW]
    exact, near = both(name, top, features, np.eye(3, dtype=np.float32)[None, 2])
    for kind in range(3):
        assert difference(exact[kind], near[kind]) < 0.02
