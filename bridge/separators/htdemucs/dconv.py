"""DConv, the dilated residual branch of HTDemucs (Défossez 2021, "Hybrid spectrogram and waveform separation").

One layer is x + scale * GLU(norm(conv1x1(GELU(norm(conv3(x)))))), each norm over all channels and the time of one row.
The export folds the bands of a spectrogram into the batch for it and flattens the rows for each norm, so that the
runtime moved every tensor from channels-last (where its convolutions are fast) to channels-first and back: that took
0.7 s of the 4.0 s of one segment on one core.

Here the layer stays in the shape of its surroundings. The second norm, over twice the channels of the input, is never
applied as such. Its mean and variance follow from the hidden tensor h before the 1x1 convolution W h + b, which has
a sixteenth of the channels: with m the mean of h over time, v = W m + b and R a root of W'W (R'R = W'W),

    mean = mean_c(v),  variance = mean_t(|R (h - m)|^2) / channels + var_c(v),

both sums of squares, so that nothing cancels. Normalising is then part of the same convolution: h / deviation with two
channels more, 1 / deviation and mean / deviation, by which its kernel holds the bias and the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bridge.separators.htdemucs.patterns import (
    Convolved,
    Normed,
    convolved,
    gated,
    gelu,
    kind,
    normed,
    order,
    same,
    shape,
    source,
    with_constant,
)

if TYPE_CHECKING:
    from openvino import Model, Output

Array = npt.NDArray[np.float32]
SWAPPED = [0, 2, 1, 3]
"""The order of axes by which the export makes rows of the bands, and undoes it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The nodes of one layer of a DConv."""

    squeeze: Convolved
    first: Normed
    expand: Convolved
    second: Normed
    scale: Array


@dataclass(frozen=True, slots=True)
class Branch:
    """The layers of a DConv, and the two values of the graph between which they stand."""

    start: Output
    layers: tuple[Layer, ...]
    end: Output


def branches(model: Model) -> list[Branch]:
    """Every DConv of a graph.

    With the folding of bands into rows where it has one.
    """
    layers_by_name = {}
    for node in model.get_ordered_ops():
        layer = _layer(node.output(0)) if node.get_type_name() == "Add" else None
        if layer is not None:
            layers_by_name[node.get_friendly_name()] = (node.output(0), layer)
    inner = {layer.squeeze.input.get_node().get_friendly_name() for _, layer in layers_by_name.values()}
    chains = []
    for name, (end, layer) in layers_by_name.items():
        if name in inner:
            continue
        layers = [layer]
        while (before := layers_by_name.get(layers[0].squeeze.input.get_node().get_friendly_name())) is not None:
            layers.insert(0, before[1])
        chains.append(_unfolded(Branch(layers[0].squeeze.input, tuple(layers), end)))
    return chains


def computed(branch: Branch) -> Output:
    """The value of a branch, computed anew.

    (batch, channels, time) or (batch, channels, bands, time).
    """
    value = branch.start
    for layer in branch.layers:
        value = _computed(value, layer)
    return value


def _layer(value: Output) -> Layer | None:
    """The layer whose sum with its input is ``value``."""
    node = value.get_node()
    for x, added in ((node.input_value(0), node.input_value(1)), (node.input_value(1), node.input_value(0))):
        scaled = with_constant(added, "Multiply")
        both = None if scaled is None else gated(scaled[0])
        second = None if both is None else normed(both)
        expand = None if second is None else convolved(second.input)
        active = None if expand is None else gelu(expand.input)
        first = None if active is None else normed(active)
        squeeze = None if first is None else convolved(first.input)
        if scaled is None or second is None or expand is None or first is None or squeeze is None:
            continue
        if same(squeeze.input, x) and _keeps_time(squeeze) and _keeps_time(expand) and expand.kernel.shape[2] == 1:
            return Layer(squeeze, first, expand, second, scaled[1].reshape(-1))
    return None


def _keeps_time(found: Convolved) -> bool:
    """Return whether a convolution over time alone gives as many frames as it takes."""
    if found.kernel.ndim != 3 or found.strides != [1]:
        return False
    pad = (found.kernel.shape[2] - 1) * found.dilations[0]
    return found.pads_begin == found.pads_end == [pad // 2] and pad % 2 == 0


def _unfolded(branch: Branch) -> Branch:
    """The branch from before its bands became rows to after they are bands again, where it has them."""
    swapped = source(branch.start, "Reshape")
    after = list(branch.end.get_target_inputs())
    if swapped is None or order(swapped) != SWAPPED or len(after) != 1:
        return branch
    restored = after[0].get_node().output(0)
    last = list(restored.get_target_inputs())
    if kind(restored) != "Reshape" or len(last) != 1 or order(last[0].get_node().output(0)) != SWAPPED:
        return branch
    start, end = swapped.get_node().input_value(0), last[0].get_node().output(0)
    return Branch(start, branch.layers, end) if shape(start) == shape(end) else branch


def _computed(x: Output, layer: Layer) -> Output:
    """One layer; see the head of this module."""
    from openvino import opset13 as ops

    tensor = _Tensors(len(shape(x)))
    hidden = tensor.conv(x, layer.squeeze.kernel, layer.squeeze.bias, layer.squeeze.dilations[0])
    centred = ops.subtract(hidden, tensor.mean(hidden, tensor.row))
    variance = tensor.mean(ops.multiply(centred, centred), tensor.row)
    hidden = ops.multiply(ops.multiply(centred, tensor.inverse(variance, layer.first.eps)), tensor.of(layer.first.gain))
    hidden = ops.gelu(ops.add(hidden, tensor.of(layer.first.offset)), "ERF")

    kernel = layer.expand.kernel[:, :, 0]
    channels = len(kernel)
    still = tensor.mean(hidden, tensor.time)
    shifted = tensor.conv(still, layer.expand.kernel, layer.expand.bias)
    mean = tensor.mean(shifted, (1,))
    between = ops.subtract(shifted, mean)
    within = tensor.conv(ops.subtract(hidden, still), _last(_root(kernel)))
    variance = ops.add(
        tensor.mean(ops.multiply(within, within), tensor.row), tensor.mean(ops.multiply(between, between), (1,))
    )
    inverse = tensor.inverse(variance, layer.second.eps)
    frames = [*shape(hidden.output(0))]
    frames[1] = 1
    columns = (ops.broadcast(value, np.array(frames)) for value in (inverse, ops.multiply(mean, inverse)))
    scaled = ops.concat([ops.multiply(hidden, inverse), *columns], 1)

    full = np.column_stack([kernel, layer.expand.bias, -np.ones(channels)]) * layer.second.gain[:, None]
    half = channels // 2
    kept = tensor.conv(scaled, _last(full[:half] * layer.scale[:, None]), layer.second.offset[:half] * layer.scale)
    gate = tensor.conv(scaled, _last(full[half:]), layer.second.offset[half:])
    added: Output = ops.add(x, ops.multiply(kept, ops.sigmoid(gate))).output(0)
    return added


def _root(kernel: Array) -> npt.NDArray[np.float64]:
    """R of the head of this module, so scaled that the mean square over its outputs is that over the kernel's."""
    double = kernel.astype(np.float64)
    # Not by QR of the kernel: on busy cores its threads waited 0.16 s for each other, 32 times.
    powers, vectors = np.linalg.eigh(double.T @ double)
    return np.asarray(np.sqrt(np.maximum(powers, 0) * len(powers) / len(kernel))[:, None] * vectors.T)


def _last(kernel: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """A matrix as the kernel of a convolution over single frames."""
    return kernel[:, :, None]


class _Tensors:
    """Operations on tensors of one rank: channels second, time last, bands between where there are four axes."""

    def __init__(self, rank: int) -> None:
        self._inner = [1] * (rank - 2)
        self.time = (rank - 1,)
        self.row = (1, rank - 1)

    def of(self, channels: npt.NDArray[np.generic]) -> Output:
        """A constant, one number per channel."""
        from openvino import opset13 as ops

        return ops.constant(np.ascontiguousarray(channels.reshape(1, -1, *self._inner), np.float32))

    def conv(
        self, x: Output, kernel: npt.NDArray[np.generic], bias: npt.NDArray[np.generic] | None = None, dilation: int = 1
    ) -> Output:
        """A convolution over time; ``kernel`` is (out, in, frames)."""
        from openvino import opset13 as ops

        pads, dilations = [0] * len(self._inner), [1] * len(self._inner)
        pads[-1], dilations[-1] = (kernel.shape[2] - 1) * dilation // 2, dilation
        placed = kernel.reshape(*kernel.shape[:2], *self._inner[1:], kernel.shape[2])
        weights = ops.constant(np.ascontiguousarray(placed, np.float32))
        found = ops.convolution(x, weights, self._inner, pads, pads, dilations)
        return found if bias is None else ops.add(found, self.of(bias))

    def mean(self, x: Output, axes: Sequence[int]) -> Output:
        """Mean over axes, which stay with length 1."""
        from openvino import opset13 as ops

        return ops.reduce_mean(x, np.array(axes, np.int64), True)

    def inverse(self, variance: Output, eps: float) -> Output:
        """1 / standard deviation."""
        from openvino import opset13 as ops

        return ops.divide(np.float32(1), ops.sqrt(ops.add(variance, np.float32(eps))))
