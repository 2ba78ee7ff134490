"""HTDemucs in bytes: which layers are, that they compute nearly the same, and where nothing is rounded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest
from openvino import opset13 as ops

from bridge.separators.htdemucs import graph, in_bytes
from bridge.separators.htdemucs.in_bytes import (
    IN_BYTES,
    OCTAVE,
    Rounding,
    layers,
    load_roundings,
    put_in_bytes,
    rewrite_for,
    save_roundings,
)
from bridge.separators.htdemucs.phases import transposed_in_phases
from tests.separators.test_spleeter import DEMO
from tests.transcribers import stored
from training.htdemucs_ranges import rounding, stretch

Array = npt.NDArray[np.float32]
F32 = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
FLOATS = graph.REWRITE
WIDTH, CHANNELS = 512, 48
LAYERS = ["there", "back", f"decoder/1d/{CHANNELS}", f"decoder/1d/{CHANNELS}"]


def weights(rng: np.random.Generator, *shape: int) -> Array:
    return np.asarray(rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:])), np.float32)


def product(rng: np.random.Generator, tokens: Any, name: str, transposed: bool) -> Any:
    made = ops.matmul(tokens, ops.constant(weights(rng, WIDTH, WIDTH)), False, transposed)
    made.set_friendly_name(name)
    return made


def small_network() -> ov.Model:
    """Two products of one width, and behind them a gated convolution of few channels, one of which is loud."""
    rng = np.random.default_rng(6)
    x = ops.parameter([40, 1, WIDTH], np.float32)
    tokens = ops.gelu(product(rng, x, "there", False), "ERF")
    tokens = product(rng, tokens, "back", True)
    few = ops.slice(ops.transpose(tokens, [1, 2, 0]), *map(ops.constant, ([0], [CHANNELS], [1], [1])))
    halves = [ops.convolution(few, weights(rng, CHANNELS, CHANNELS, 3), [1], [1], [1], [1]) for _ in range(2)]
    return ov.Model([ops.multiply(halves[0], ops.sigmoid(halves[1]))], [x])


def sound() -> Array:
    x = np.random.default_rng(7).standard_normal((40, 1, WIDTH)).astype(np.float32)
    x[..., 5] *= 30
    return x


def answer(model: ov.Model, *inputs: Array) -> Array:
    return np.array(ov.Core().compile_model(model, "CPU", F32)(list(inputs))[0])


def measured(model: ov.Model, x: Array) -> dict[str, Rounding]:
    """The roundings of its layers for one input, as training measures them."""
    found = {layer.name: layer for layer in layers(model)}
    model.add_outputs([layer.source for layer in found.values()])
    values = list(ov.Core().compile_model(model, "CPU", F32)([x]).values())[1:]
    rows = {}
    for (name, layer), value in zip(found.items(), values, strict=True):
        tokens = value.reshape(-1, WIDTH) if layer.is_product else value[0].T
        rows[name] = rounding([np.concatenate([tokens, tokens.max(0)[None], tokens.min(0)[None]])])
    return rows


def test_products_and_convolutions_in_bytes_answer_nearly_the_same() -> None:
    model, x = small_network(), sound()
    exact = answer(small_network(), x)
    assert [layer.name for layer in layers(model)] == LAYERS
    roundings = measured(small_network(), x)
    # The loud channel has its own scale, so that it takes no steps from the others.
    assert roundings["there"].octaves[5] > 2 * OCTAVE
    assert put_in_bytes(model, roundings) == 4
    kinds = [node.get_type_name() for node in model.get_ordered_ops()]
    # Of two halves the input is rounded once.
    assert kinds.count("FakeQuantize") == 3 + 4
    assert "MatMul" not in kinds
    error = answer(model, x) - exact
    assert 0 < np.linalg.norm(error) < 0.1 * np.linalg.norm(exact)


def test_layers_without_a_rounding_of_their_width_stay_in_floats() -> None:
    model, x = small_network(), sound()
    exact = answer(model, x)
    narrow, far = Rounding(-1, 1, np.zeros(WIDTH - 1, np.int8)), Rounding(-1, 1, np.zeros(WIDTH, np.int8))
    assert put_in_bytes(model, {"there": narrow, "elsewhere": far}) == 0
    assert np.array_equal(answer(model, x), exact)


@pytest.mark.parametrize(
    ("precision", "device", "pays", "expected"),
    [
        ("auto", "auto", True, IN_BYTES),
        ("auto", "cpu", True, IN_BYTES),
        ("auto", "auto", False, graph.REWRITE),
        ("auto", "gpu", True, graph.REWRITE),
        ("f32", "cpu", True, graph.REWRITE),
        ("bf16", "auto", True, graph.REWRITE),
    ],
)
def test_bytes_are_for_processors_where_no_precision_is_asked_for(
    precision: str, device: str, pays: bool, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_bytes, "bytes_pay", lambda: pays)
    assert rewrite_for(precision, device) is expected


def test_roundings_come_back_from_their_file(tmp_path: Path) -> None:
    kept = {"a": Rounding(-1.5, 2.0, np.array([-8, 0, 3], np.int8)), "b": Rounding(0.0, 1.0, np.zeros(2, np.int8))}
    save_roundings(kept, tmp_path / "some.npz")
    back = load_roundings(tmp_path / "some.npz")
    assert list(back) == ["a", "b"]
    assert (back["a"].low, back["a"].high) == (-1.5, 2.0)
    assert back["a"].scale == pytest.approx([0.5, 1.0, 2**0.375])


def test_zero_is_one_of_the_shipped_steps() -> None:
    """Else the silence around a piece would be a sound."""
    for name, row in load_roundings().items():
        step = (row.high - row.low) / 255
        assert row.low <= 0 < row.high, name
        assert row.low / step == pytest.approx(round(row.low / step), abs=1e-3), name


@pytest.mark.parametrize(("stride", "before", "behind"), [(4, 2, 3), (4, 0, 0), (2, 1, 1)])
def test_a_transposed_convolution_in_phases_is_the_same(stride: int, before: int, behind: int) -> None:
    rng = np.random.default_rng(8)

    def network() -> ov.Model:
        x = ops.parameter([1, 6, 33], np.float32)
        kernel = ops.constant(weights(np.random.default_rng(9), 6, 5, 2 * stride))
        made = ops.convolution_backprop_data(x, kernel, [stride], None, [before], [behind], [1], "EXPLICIT")
        return ov.Model([made], [x])

    x = rng.standard_normal((1, 6, 33)).astype(np.float32)
    model = network()
    assert transposed_in_phases(model) == 1
    model.validate_nodes_and_infer_types()
    assert answer(model, x) == pytest.approx(answer(network(), x), abs=1e-5)


def test_other_transposed_convolutions_stay() -> None:
    x = ops.parameter([1, 6, 33], np.float32)
    kernel = ops.constant(weights(np.random.default_rng(9), 6, 5, 7))
    plane = ops.parameter([1, 6, 9, 9], np.float32)
    square = ops.constant(weights(np.random.default_rng(9), 6, 5, 8, 1))
    outputs = [
        ops.convolution_backprop_data(x, kernel, [4], None, [0], [0], [1], "EXPLICIT"),
        ops.convolution_backprop_data(plane, square, [4, 1], None, [0, 0], [0, 0], [1, 1], "EXPLICIT"),
    ]
    assert transposed_in_phases(ov.Model(outputs, [x, plane])) == 0


@pytest.mark.model
@pytest.mark.slow
def test_the_real_network_hears_the_same_in_bytes(tmp_path: Path) -> None:
    """Every layer that has a rounding is found, and both branches are within -30 dB of themselves in floats."""
    path = stored.context(tmp_path, "htdemucs").model("htdemucs")
    floats, rounded = (ov.Core().read_model(path) for _ in range(2))
    graph.rewrite(floats)
    graph.rewrite(rounded)
    assert {layer.name for layer in layers(rounded)} > set(load_roundings())
    assert transposed_in_phases(rounded) == 4
    assert put_in_bytes(rounded, load_roundings()) == 58
    inputs = stretch(DEMO, int(floats.inputs[0].shape[-1]), np.random.default_rng(3))
    exact, near = ([*ov.Core().compile_model(m, "CPU", F32)(inputs).values()] for m in (floats, rounded))
    for a, b in zip(exact, near, strict=True):
        assert 0 < np.linalg.norm(a - b) < 10 ** (-30 / 20) * np.linalg.norm(a)
