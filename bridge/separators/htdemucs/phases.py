"""Transposed convolutions in time as plain ones.

The runtime has no good kernel for the former with AVX2: the four of HTDemucs reach 14 GFLOP/s of the 60 that its plain
convolutions do, and take 0.35 s of a core for a segment. One with a stride of s and a kernel of 2 s is a plain one
of two frames with s times the channels, one for each sample of a step. Where channels lie last in memory, as they
do for convolutions there, that is the answer already, and neither transposition moves anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bridge.separators.htdemucs.patterns import constant, nodes_of, replace_value, shape

if TYPE_CHECKING:
    from openvino import Model, Node, Output


def transposed_in_phases(model: Model) -> int:
    """Replace transposed convolutions over time alone, in place; return how many (4 in HTDemucs)."""
    count = 0
    for node in nodes_of(model, "ConvolutionBackpropData"):
        made = _in_phases(node)
        if made is not None:
            replace_value(node.output(0), made)
            count += 1
    return count


def _in_phases(node: Node) -> Output | None:
    """The answer of a transposed convolution; None where it is not made like HTDemucs'."""
    from openvino import opset13 as ops

    weights = constant(node.input_value(1))
    set_to = node.get_attributes()
    if weights is None or weights.ndim != 3 or len(node.inputs()) != 2:
        return None
    (inputs, outputs, size), (stride,) = weights.shape, set_to["strides"]
    if size != 2 * stride or [*set_to["dilations"], *set_to["output_padding"]] != [1, 0]:
        return None
    # Two halves of the kernel: what a frame adds to its own step, and what it adds to the next one.
    halves = weights.reshape(inputs, outputs, 2, stride)[:, :, ::-1]
    kernel = ops.constant(np.ascontiguousarray(halves.transpose(3, 1, 0, 2).reshape(stride * outputs, inputs, 2)))
    steps = ops.convolution(node.input_value(0), kernel, [1], [1], [1], [1])
    samples = ops.reshape(ops.transpose(steps, [0, 2, 1]), [1, -1, outputs], False)
    first = int(set_to["pads_begin"][0])
    bounds = ([first], [first + shape(node.output(0))[2]], [1], [1])
    inside = ops.slice(samples, *(ops.constant(np.array(bound, np.int64)) for bound in bounds))
    answer: Output = ops.transpose(inside, [0, 2, 1]).output(0)
    return answer
