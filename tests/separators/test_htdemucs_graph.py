"""The rewriting of HTDemucs' graph: the same numbers, from what is recognised; whatever is not stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest
from openvino import opset13 as ops

from bridge.separators.htdemucs import graph
from tests.transcribers import stored

Array = npt.NDArray[np.float32]
CHANNELS, BANDS, FRAMES = 16, 6, 40
STEPS = (
    graph.inner_branches,
    graph.gates,
    graph.transposed_convolutions,
    graph.planar_ends,
    graph.norms,
    graph.stretched_constants,
)


class Export:
    """Pieces of a graph as PyTorch's exporter writes those of HTDemucs, with random weights."""

    def __init__(self, **changes: Any) -> None:
        self.rng = np.random.default_rng(3)
        self.changes = changes

    def weights(self, *shape: int) -> Array:
        return np.asarray(self.rng.standard_normal(shape) / np.sqrt(np.prod(shape[1:])), np.float32)

    def per_channel(self, channels: int, axes: int) -> Array:
        return (1 + 0.5 * self.rng.standard_normal((channels, *[1] * axes))).astype(np.float32)

    def conv(self, x: Any, out: int, size: int, dilation: int = 1) -> Any:
        rank = len(x.get_output_shape(0)) - 2
        kernel = self.weights(out, x.get_output_shape(0)[1], *[1] * (rank - 1), size)
        pads = [0] * (rank - 1) + [size // 2 * dilation]
        strides = [1] * (rank - 1) + [self.changes.get("stride", 1)]
        found = ops.convolution(x, kernel, strides, pads, pads, [1] * (rank - 1) + [dilation])
        return ops.add(found, self.per_channel(out, rank)[None] - 1)

    def norm(self, x: Any) -> Any:
        rows, channels, frames = x.get_output_shape(0)
        flat = ops.reshape(x, [0, self.changes.get("groups", 1), -1], True)
        flat = ops.mvn(flat, np.array([2]), True, 1e-5, self.changes.get("eps_mode", "INSIDE_SQRT"))
        flat = ops.add(ops.multiply(flat, np.full((1, 1, 1), 2, np.float32)), np.full((1, 1, 1), 0.5, np.float32))
        back = ops.reshape(flat, [rows, channels, frames], False)
        return ops.add(ops.multiply(back, self.per_channel(channels, 1)), self.per_channel(channels, 1) - 1)

    def gelu(self, x: Any) -> Any:
        erf = ops.erf(ops.divide(x, np.float32(self.changes.get("root", np.sqrt(2)))))
        return ops.multiply(ops.multiply(x, ops.add(erf, np.float32(1))), np.float32(0.5))

    def glu(self, x: Any) -> Any:
        halves = ops.split(x, np.int64(1), 2)
        kept, gate = halves.outputs()[:: self.changes.get("halves", 1)]
        return ops.multiply(kept, ops.sigmoid(gate))

    def dconv(self, x: Any, layers: int = 2) -> Any:
        channels = x.get_output_shape(0)[1]
        for depth in range(layers):
            hidden = self.gelu(self.norm(self.conv(x, channels // 4, 3, 2**depth)))
            both = self.glu(self.norm(self.conv(hidden, 2 * channels, 1)))
            x = ops.add(x, ops.multiply(self.per_channel(channels, 1), both))
        return x

    def folded_dconv(self, x: Any) -> Any:
        batch, channels, bands, frames = x.get_output_shape(0)
        rows = ops.reshape(ops.transpose(x, [0, 2, 1, 3]), [-1, channels, frames], False)
        bands_again = ops.reshape(self.dconv(rows), [batch, bands, channels, frames], False)
        return ops.transpose(bands_again, [0, 2, 1, 3])

    def upsampled(self, x: Any, cut: tuple[int, int] = (2, -2)) -> Any:
        kernel = self.weights(x.get_output_shape(0)[1], 4, 8, 1)
        made = ops.convolution_backprop_data(x, kernel, [4, 1], None, [0, 0], [0, 0], [1, 1])
        made = ops.add(made, self.per_channel(4, 2)[None])
        return ops.slice(made, [cut[0]], [cut[1]], [self.changes.get("step", 1)], [2])

    def norm_out(self, x: Any) -> Any:
        return ops.transpose(self.norm(ops.transpose(x, [0, 2, 1])), [0, 2, 1])


Piece = Callable[[Export, Any], Any]
BANDED, PLAIN = [1, CHANNELS, BANDS, FRAMES], [1, CHANNELS, FRAMES]
PIECES: list[tuple[str, list[int], Piece, tuple[int, ...]]] = [
    ("dconv over bands", BANDED, Export.folded_dconv, (1, 0, 0, 0, 0, 0)),
    ("dconv over bands of two", [2, *BANDED[1:]], Export.folded_dconv, (1, 0, 0, 0, 0, 0)),
    ("dconv", PLAIN, Export.dconv, (1, 0, 0, 0, 0, 0)),
    ("gate", BANDED, lambda e, x: e.glu(e.conv(x, 8, 3)), (0, 1, 0, 0, 0, 0)),
    ("gate in time", PLAIN, lambda e, x: e.glu(e.conv(x, 8, 1)), (0, 1, 0, 0, 0, 0)),
    ("upsampling", BANDED, Export.upsampled, (0, 0, 1, 0, 0, 0)),
    ("upsampling, uneven", BANDED, lambda e, x: e.upsampled(x, (2, 23)), (0, 0, 1, 0, 0, 0)),
    (
        "end",
        [1, CHANNELS, 256, 260],
        lambda e, x: ops.reshape(e.upsampled(x), [1, 2, 2, 1024, 260], False),
        (0, 0, 1, 1, 0, 0),
    ),
    ("norm", PLAIN, Export.norm_out, (0, 0, 0, 0, 1, 0)),
    (
        "embedding",
        [1, 64, 128, 160],
        lambda e, x: ops.add(x, np.repeat(e.weights(1, 64, 128, 1), 160, -1)),
        (0, 0, 0, 0, 0, 1),
    ),
]
OTHER: list[tuple[dict[str, Any], list[int], Piece]] = [
    ({"root": 1.5}, BANDED, Export.folded_dconv),
    ({"groups": 2}, PLAIN, Export.dconv),
    ({"eps_mode": "OUTSIDE_SQRT"}, PLAIN, Export.dconv),
    ({"groups": 2}, PLAIN, Export.norm_out),
    ({"halves": -1}, PLAIN, lambda e, x: e.glu(e.conv(x, 8, 1))),
    ({"halves": -1}, PLAIN, Export.dconv),
    ({"step": 2}, BANDED, Export.upsampled),
    ({}, [1, 64, 128, 160], lambda e, x: ops.add(x, e.weights(1, 64, 128, 160))),
]
"""Almost the patterns."""


def model(shape: list[int], piece: Piece, **changes: Any) -> ov.Model:
    x = ops.parameter(shape, np.float32)
    return ov.Model([piece(Export(**changes), x)], [x])


def outputs(network: ov.Model, x: Array) -> Array:
    compiled = ov.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    return np.array(compiled([x])[0])


def check_same(network: ov.Model, shape: list[int]) -> None:
    """The rewritten network computes what it computed, to 100 dB."""
    x = np.random.default_rng(4).standard_normal(shape).astype(np.float32) + np.float32(0.5)
    before = outputs(network.clone(), x).astype(np.float64)
    graph.rewrite(network)
    after = outputs(network, x)
    assert after.shape == before.shape
    assert np.square(after - before).sum() < 1e-10 * np.square(before).sum()


@pytest.mark.parametrize(("shape", "piece", "counts"), [p[1:] for p in PIECES], ids=[p[0] for p in PIECES])
def test_what_is_recognised_computes_the_same(shape: list[int], piece: Piece, counts: tuple[int, ...]) -> None:
    network = model(shape, piece)
    assert tuple(step(network) for step in STEPS) == counts
    check_same(model(shape, piece), shape)


@pytest.mark.parametrize(("changes", "shape", "piece"), OTHER)
def test_what_is_only_like_it_stays(changes: dict[str, Any], shape: list[int], piece: Piece) -> None:
    network = model(shape, piece, **changes)
    assert graph.inner_branches(network) == 0
    operations = [n.get_type_name() for n in network.get_ordered_ops()]
    assert [step(network) for step in STEPS[2:]] == [0, 0, 0, 0]
    assert [n.get_type_name() for n in network.get_ordered_ops()] == operations
    check_same(network, shape)


def test_a_stride_is_no_dconv() -> None:
    x = ops.parameter(PLAIN, np.float32)
    network = ov.Model([Export(stride=2).conv(x, 8, 1)], [x])
    assert [step(network) for step in STEPS] == [0] * 6


def test_a_network_of_open_shape_stays_as_it_is() -> None:
    x = ops.parameter([-1, CHANNELS, -1], np.float32)
    made = ops.convolution(x, np.ones((8, CHANNELS, 1), np.float32), [1], [0], [0], [1])
    network = ov.Model([ops.add(made, np.float32(1))], [x])
    count = len(network.get_ops())
    graph.rewrite(network)
    assert len(network.get_ops()) == count


def test_silence_stays_a_number() -> None:
    """The variance of silence is that of the offsets alone, or none at all: never below 0."""
    network = model(BANDED, Export.folded_dconv)
    graph.rewrite(network)
    assert np.isfinite(outputs(network, np.zeros(BANDED, np.float32))).all()


@pytest.mark.model
@pytest.mark.slow
def test_the_real_network_holds_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = stored.context(tmp_path, "htdemucs").model("htdemucs")
    network = ov.Core().read_model(path)
    counts: dict[str, int] = {}
    for step in STEPS:
        name = step.__name__
        monkeypatch.setattr(graph, name, lambda m, step=step, name=name: counts.setdefault(name, step(m)))
    graph.rewrite(network)
    assert list(counts.values()) == [16, 16, 8, 1, 9, 1]
    assert [list(o.shape) for o in network.outputs] == [[1, 4, 4, 2048, 348], [1, 4, 2, 356_268]]
