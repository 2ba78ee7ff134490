"""HTDemucs for a longer segment than the one its file was exported for.

The network is convolutions and attention, which take any length; what fixes it are numbers that the exporter wrote
down (lengths in the shapes of reshaping) and the positions of the frequency branch, constants that rise along time.
The positions of the time branch are computed in the graph from the length it meets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bridge.separators.htdemucs.patterns import nodes_of, replace_value

if TYPE_CHECKING:
    from openvino import Model, Node

TRAINED = 343_980
"""Samples of a segment as HTDemucs was trained on them and exported for: 7.8 s."""
HOP = 1024
"""Samples of a frame of the spectrogram; four strided convolutions by 4 make 4 tokens of it."""
TOLERANCE = 1e-3
"""By which a constant may differ from a straight line: positions up to 336 as f32."""


def lengthen(model: Model, frames: int) -> bool:
    """Let the network take ``frames`` frames more, in place; False where it is not made like HTDemucs' export.

    Whole frames keep what is left over in each strided convolution, so that its padding stays right.
    """
    from openvino import PartialShape
    from openvino import opset13 as ops

    old = -(-TRAINED // HOP)
    if [p.get_output_shape(0)[-1] for p in model.get_parameters()] != [TRAINED, old]:
        return False
    lengths = _lengths(old, frames)
    changed: list[tuple[Node, npt.NDArray[np.generic]]] = []
    for node in nodes_of(model, "Constant"):
        value = np.asarray(node.get_data())
        if old in value.shape and value.dtype.kind in "fi":
            longer = _continued(value, value.shape.index(old), frames)
            if longer is None:
                return False
            changed.append((node, longer))
        elif value.dtype.kind == "i" and not {int(n) for n in value.flat}.isdisjoint(lengths):
            numbers = [lengths.get(int(n), int(n)) for n in value.flat]
            changed.append((node, np.array(numbers, value.dtype).reshape(value.shape)))
    for node, value in changed:
        replace_value(node.output(0), ops.constant(value).output(0))
    for parameter in model.get_parameters():
        shape = list(parameter.get_output_shape(0))
        shape[-1] += frames if shape[-1] == old else frames * HOP
        parameter.set_partial_shape(PartialShape(shape))
    model.validate_nodes_and_infer_types()
    return True


def _lengths(old: int, frames: int) -> dict[int, int]:
    """Every length that the export writes down, and what it becomes."""
    lengths = {old: old + frames}
    # Samples of the waveform and of what its strided convolutions make of it, also with the two of padding.
    for stride in (1, 4, 16, 64, 256):
        size = -(-TRAINED // stride)
        lengths |= {n: n + frames * HOP // stride for n in (size, size + 2)}
    # Tokens of the frequency branch: eight bands a frame.
    lengths[8 * old] = 8 * (old + frames)
    return lengths


def _continued(value: npt.NDArray[np.generic], axis: int, frames: int) -> npt.NDArray[np.generic] | None:
    """A constant that rises evenly along an axis, continued; None where it does not."""
    along = np.moveaxis(value.astype(np.float64), axis, 0)
    positions = np.arange(len(along) + frames).reshape(-1, *[1] * (along.ndim - 1))
    line = along[0] + positions * (along[1] - along[0])
    if not np.allclose(line[: len(along)], along, rtol=0, atol=TOLERANCE):
        return None
    return np.ascontiguousarray(np.moveaxis(line, 0, axis)).astype(value.dtype)
