"""Spleeter's U-Nets (Hennequin et al. 2020, after Jansson et al. 2017), built for the embedded runtime.

One U-Net a stem looks at the magnitudes of the mix: 512 frames of 1024 bins of both channels. Six convolutions halve
both sides each time, six transposed ones double them again, with what the first ones found beside them. The last layer
says how much of each bin belongs to the stem. What a stem gets is its share of the sum of all stems' squares.

Known differences from Deezer's code: none in the numbers; layers that change nothing at inference are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bridge.separators.spleeter.checkpoint import Checkpoint

if TYPE_CHECKING:
    from openvino import Model, Output

Array = npt.NDArray[np.float32]

FRAMES, BINS, CHANNELS = 512, 1024, 2
"""Frames that a network sees at a time."""
FILTERS = (16, 32, 64, 128, 256, 512)
"""Channels of the six halving layers."""
KERNEL = 5
END_KERNEL = 4
NORM_EPS = 1e-3
"""Keras' own, which the networks were trained with."""
EPS = 1e-10
"""Keeps the shares of a silent bin finite."""
LEAK = 0.2


@dataclass(frozen=True, slots=True)
class Configuration:
    """One of the published networks, as Deezer's configuration files describe it."""

    instruments: tuple[str, ...]
    """In the order in which the networks were made, and so numbered."""
    elu: bool = True
    """Return whether its activations are exponential (ELU), else leaky on the way down and ReLU on the way up."""
    softmax: bool = False
    """Return whether the stems of a bin compete by a softmax, else each has a mask of its own."""


CONFIGURATIONS = {
    2: Configuration(("vocals", "accompaniment"), elu=False),
    4: Configuration(("vocals", "drums", "bass", "other")),
    5: Configuration(("vocals", "piano", "drums", "bass", "other"), softmax=True),
}
"""Number of stems -> network."""


def build(checkpoint: Checkpoint, configuration: Configuration) -> Model:
    """The network: magnitudes (1, 2, 512, 1024) -> masks (stems, 2, 512, 1024) that sum to 1.

    Raises:
        ValueError: the checkpoint lacks a variable or has one of another shape.
    """
    from openvino import Model
    from openvino import opset13 as ops

    mix = ops.parameter([1, CHANNELS, FRAMES, BINS], np.float32, "magnitudes")
    ends = [
        _UNet(checkpoint, configuration, number).end(mix.output(0)) for number in range(len(configuration.instruments))
    ]
    joined = ops.concat(ends, 0)
    shares = ops.softmax(joined, 0) if configuration.softmax else ops.sigmoid(joined)
    heard = ops.multiply(shares, mix)
    squares = ops.multiply(heard, heard)
    total = ops.add(ops.reduce_sum(squares, np.array([0]), keep_dims=True), np.float32(EPS))
    masks = ops.divide(ops.add(squares, np.float32(EPS / len(configuration.instruments))), total)
    return Model([masks], [mix], "spleeter")


class _UNet:
    """The layers of one stem's network; Keras numbered all networks' layers on."""

    def __init__(self, checkpoint: Checkpoint, configuration: Configuration, number: int) -> None:
        self._checkpoint, self._configuration = checkpoint, configuration
        self._first = {
            "conv2d": number * (len(FILTERS) + 1),
            "conv2d_transpose": number * len(FILTERS),
            "batch_normalization": number * 2 * len(FILTERS),
        }

    def end(self, mix: Output) -> Output:
        """Return the network's output for each bin, (1, 2, 512, 1024), before it becomes a share."""
        skipped, value = [], mix
        for depth, filters in enumerate(FILTERS):
            size = CHANNELS if depth == 0 else FILTERS[depth - 1]
            raw = self._halved(value, depth, (KERNEL, KERNEL, size, filters))
            skipped.append(raw)
            if depth + 1 < len(FILTERS):
                value = self._down(self._normed(raw, depth, filters))
        value = skipped.pop()
        ways = (*reversed(FILTERS[:-1]), 1)
        for step, filters in enumerate(ways):
            size = FILTERS[-1] if step == 0 else 2 * ways[step - 1]
            value = self._up(self._doubled(value, step, (KERNEL, KERNEL, filters, size)))
            value = self._normed(value, len(FILTERS) + step, filters)
            if skipped:
                value = _concat([skipped.pop(), value])
        return self._last(value)

    def _halved(self, value: Output, layer: int, shape: tuple[int, int, int, int]) -> Output:
        from openvino import opset13 as ops

        kernel = self._read("conv2d", layer, "kernel", shape).transpose(3, 2, 0, 1)
        made = ops.convolution(value, _constant(kernel), [2, 2], [1, 1], [2, 2], [1, 1])
        return self._biased(made.output(0), "conv2d", layer, shape[3])

    def _doubled(self, value: Output, layer: int, shape: tuple[int, int, int, int]) -> Output:
        from openvino import opset13 as ops

        kernel = self._read("conv2d_transpose", layer, "kernel", shape).transpose(3, 2, 0, 1)
        made = ops.convolution_backprop_data(
            value, _constant(kernel), strides=[2, 2], pads_begin=[1, 1], pads_end=[2, 2], dilations=[1, 1]
        )
        return self._biased(made.output(0), "conv2d_transpose", layer, shape[2])

    def _last(self, value: Output) -> Output:
        from openvino import opset13 as ops

        shape = (END_KERNEL, END_KERNEL, 1, CHANNELS)
        kernel = self._read("conv2d", len(FILTERS), "kernel", shape).transpose(3, 2, 0, 1)
        made = ops.convolution(value, _constant(kernel), [1, 1], [3, 3], [3, 3], [2, 2])
        return self._biased(made.output(0), "conv2d", len(FILTERS), CHANNELS)

    def _biased(self, value: Output, kind: str, layer: int, channels: int) -> Output:
        from openvino import opset13 as ops

        return ops.add(value, _per_channel(self._read(kind, layer, "bias", (channels,)))).output(0)

    def _normed(self, value: Output, layer: int, channels: int) -> Output:
        from openvino import opset13 as ops

        gamma, beta, mean, variance = (
            self._read("batch_normalization", layer, name, (channels,)).astype(np.float64)
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        gain = gamma / np.sqrt(variance + NORM_EPS)
        return ops.add(ops.multiply(value, _per_channel(gain)), _per_channel(beta - mean * gain)).output(0)

    def _down(self, value: Output) -> Output:
        from openvino import opset13 as ops

        made = ops.elu(value, 1.0) if self._configuration.elu else ops.prelu(value, np.array([LEAK], np.float32))
        return made.output(0)

    def _up(self, value: Output) -> Output:
        from openvino import opset13 as ops

        return (ops.elu(value, 1.0) if self._configuration.elu else ops.relu(value)).output(0)

    def _read(self, kind: str, layer: int, name: str, shape: tuple[int, ...]) -> Array:
        number = self._first[kind] + layer
        return self._checkpoint.read(f"{kind}{f'_{number}' if number else ''}/{name}", shape)


def _concat(values: list[Output]) -> Output:
    from openvino import opset13 as ops

    return ops.concat(values, 1).output(0)


def _per_channel(values: npt.NDArray[Any]) -> Output:
    return _constant(values.reshape(1, -1, 1, 1))


def _constant(values: npt.NDArray[Any]) -> Output:
    from openvino import opset13 as ops

    return ops.constant(np.ascontiguousarray(values, np.float32)).output(0)
