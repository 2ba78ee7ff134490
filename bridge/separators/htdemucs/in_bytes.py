"""HTDemucs with its matrix products and its decoders' large convolutions in bytes.

On processors with AVX2 alone the runtime multiplies bytes twice as fast as floats in a convolution, and no faster in a
matrix product: so the products of the transformer are written as convolutions over single tokens, whose tensors lie
in memory as they did. Attention stays in floats, for which the runtime has no kernel in bytes there.

What goes in has both signs, and some channels are thirty times as loud as the median one. Each is divided by a scale
of its own before it is rounded to one of 256 steps, and its weights are multiplied by it (Xiao et al. 2023,
"SmoothQuant"). The scales and the ends of the steps were measured once, by ``training/htdemucs_ranges.py``.

The last decoder of the spectrogram stays in floats: some of its inputs are eighty times as loud as most of them, and
in bytes it alone cost 10 dB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bridge.inference.graph_rewrite import Rewrite
from bridge.inference.in_bytes import STEPS, bytes_pay, rounded_weights
from bridge.separators.htdemucs.graph import REWRITE, rewrite
from bridge.separators.htdemucs.patterns import constant, replace_value, shape
from bridge.separators.htdemucs.phases import transposed_in_phases

if TYPE_CHECKING:
    from openvino import Model, Node, Output

Array = npt.NDArray[np.float32]

ROUNDINGS = Path(__file__).parents[2] / "data" / "htdemucs_bytes.npz"
FEWEST = 48
"""Channels of a convolution that is worth it; the residual branches have fewer."""
WIDTH = 512
"""Channels of the transformer."""
OCTAVE = 8
"""Steps of a scale by a factor of two: it is kept as a whole number."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """Steps to which the input of a layer is rounded."""

    low: float
    high: float
    """Ends of the steps, of an input that is divided by its scale."""
    octaves: npt.NDArray[np.int8]
    """Logarithm of each channel's scale."""

    @property
    def scale(self) -> Array:
        """The scale of each channel."""
        return np.asarray(2.0 ** (self.octaves / OCTAVE), np.float32)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that may be computed in bytes."""

    name: str
    node: Node

    @property
    def source(self) -> Output:
        """The value that it reads."""
        return self.node.input_value(0)

    @property
    def is_product(self) -> bool:
        """A matrix product, whose channels come last."""
        return bool(self.node.get_type_name() == "MatMul")


def layers(model: Model) -> Iterator[Layer]:
    """Yield the transformer's products and the decoders' convolutions, those that share an input by one name."""
    for node in model.get_ordered_ops():
        weights = constant(node.input_value(1)) if node.get_type_name() in ("MatMul", "Convolution") else None
        if weights is None:
            continue
        if node.get_type_name() == "MatMul":
            if min(weights.shape) >= WIDTH:
                yield Layer(node.get_friendly_name(), node)
        elif weights.shape[0] == weights.shape[1] >= FEWEST and max(weights.shape[2:]) > 1:
            yield Layer(f"decoder/{weights.ndim - 2}d/{len(weights)}", node)


def put_in_bytes(model: Model, roundings: Mapping[str, Rounding]) -> int:
    """Round the inputs and weights of layers that have a rounding, in place; return how many."""
    found = [layer for layer in layers(model) if _fits(layer, roundings.get(layer.name))]
    rounded: dict[str, Output] = {}
    for layer in found:
        rounding = roundings[layer.name]
        if layer.name not in rounded:
            rounded[layer.name] = _rounded(layer, rounding)
        made = (_product if layer.is_product else _convolution)(layer.node, rounded[layer.name], rounding.scale)
        replace_value(layer.node.output(0), made)
    model.validate_nodes_and_infer_types()
    return len(found)


def load_roundings(path: Path = ROUNDINGS) -> dict[str, Rounding]:
    """Return the rounding of each layer by its name."""
    with np.load(path) as kept:
        ends = np.cumsum(kept["channels"])[:-1]
        rows = zip(kept["names"], kept["low"], kept["high"], np.split(kept["octaves"], ends), strict=True)
        return {str(name): Rounding(float(low), float(high), octaves) for name, low, high, octaves in rows}


def save_roundings(roundings: Mapping[str, Rounding], path: Path = ROUNDINGS) -> None:
    """Write what :func:`load_roundings` reads."""
    rows = roundings.values()
    np.savez_compressed(
        path,
        names=np.array(list(roundings)),
        low=np.array([row.low for row in rows], np.float32),
        high=np.array([row.high for row in rows], np.float32),
        channels=np.array([len(row.octaves) for row in rows], np.int32),
        octaves=np.concatenate([row.octaves for row in rows]).astype(np.int8),
    )


def _apply(model: Model) -> None:
    rewrite(model)
    transposed_in_phases(model)
    put_in_bytes(model, load_roundings())


IN_BYTES = Rewrite("htdemucs-b2", _apply)
"""Of the same family as the form in floats: the one that was made last is kept, for each takes 180 MB."""


def rewrite_for(precision: str, device: str) -> Rewrite:
    """Return the change of the graph that is fastest here; a precision that is asked for is kept to."""
    # On a graphics processor half floats are fast, and bytes are not measured.
    return IN_BYTES if precision == "auto" and device in ("auto", "cpu") and bytes_pay() else REWRITE


def _fits(layer: Layer, rounding: Rounding | None) -> bool:
    axis = -1 if layer.is_product else 1
    return rounding is not None and shape(layer.source)[axis] == len(rounding.octaves)


def _rounded(layer: Layer, rounding: Rounding) -> Output:
    """The input of a layer, divided by its scale and rounded."""
    from openvino import opset13 as ops

    ones = [1] * len(shape(layer.source))
    ones[-1 if layer.is_product else 1] = -1
    scale = rounding.scale.reshape(ones)
    ends = np.float32(rounding.low), np.float32(rounding.high)
    inside = (ops.constant(np.ascontiguousarray(scale * end)) for end in ends)
    made: Output = ops.fake_quantize(layer.source, *inside, *map(ops.constant, ends), STEPS).output(0)
    return made


def _convolution(node: Node, source: Output, scale: Array) -> Output:
    """A convolution of the rounded input."""
    from openvino import opset13 as ops

    weights = np.asarray(constant(node.input_value(1)), np.float32)
    weights = weights * scale.reshape(1, -1, *[1] * (weights.ndim - 2))
    set_to = node.get_attributes()
    sides = (set_to[name] for name in ("strides", "pads_begin", "pads_end", "dilations"))
    made: Output = ops.convolution(source, rounded_weights(weights), *sides).output(0)
    return made


def _product(node: Node, source: Output, scale: Array) -> Output:
    """A matrix product of the rounded input, as a convolution over single tokens."""
    from openvino import opset13 as ops

    weights = np.asarray(constant(node.input_value(1)), np.float32)
    rows = weights if node.get_attributes()["transpose_b"] else weights.T
    tokens = ops.reshape(source, [1, -1, rows.shape[1]], False)
    kernel = rounded_weights((rows * scale)[:, :, None])
    made = ops.convolution(ops.transpose(tokens, [0, 2, 1]), kernel, [1], [0], [0], [1])
    back: Output = ops.reshape(ops.transpose(made, [0, 2, 1]), shape(node.output(0)), False).output(0)
    return back
