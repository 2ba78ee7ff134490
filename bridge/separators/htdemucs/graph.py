"""HTDemucs' graph, rewritten for OpenVINO's processor plugin.

The same numbers in a fifth less time, and longer.

The plugin already runs each attention as one fused kernel near the multiplying speed of the core (the operator
ScaledDotProductAttention took as long), and so the matrix products and convolutions; what could be taken was what it
moved in between. One segment on one AVX-512 core, both graphs in turn in one process: 4.28 s of processor time
before, 3.40 s after, 92 dB and 102 dB between the outputs; in bf16 on a Zen 5 core 1.31 s and 1.07 s. Tried without
gain: transposed convolutions in time as two-dimensional ones (43 ms became 75 ms) or as convolutions (61 ms), and
matrix products with an activation that changes nothing, for which the plugin takes another kernel (10 % faster with
AVX-512, 70 % slower with AVX2).

Each step below replaces what it recognises exactly and leaves the rest, so that another export still works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bridge.inference.graph_rewrite import Rewrite
from bridge.separators.htdemucs.dconv import branches, computed
from bridge.separators.htdemucs.length import lengthen
from bridge.separators.htdemucs.patterns import (
    constant,
    convolved,
    gated,
    integers,
    kind,
    nodes_of,
    normed,
    order,
    replace_value,
    shape,
    with_constant,
)

if TYPE_CHECKING:
    from openvino import Model

LARGE = 1 << 20
"""Elements from which moving a tensor is worth a step: 4 MB; weights of norms and biases are a thousandth of it."""
MORE_FRAMES = 12
"""Frames by which a segment is longer than in training: 8.08 s, so that a loop of four bars at 120 BPM (8 s), which
would need two segments of 7.8 s, takes one. On ten recordings of the evaluation set the notes stayed what they were
(drums 0.804 before, 0.803 after; bass 0.840, 0.837; other 0.685, 0.686; with note ends 0.513, 0.514), and so they did
on 39 loops of 8 s (0.797, 0.798; 0.835, 0.830; 0.668, 0.674; 0.519, 0.517)."""
FEW = 16
"""Channels for which the product with the identity was measured; its cost grows with their square."""


def rewrite(model: Model) -> None:
    """Change the graph in place; see the steps."""
    from openvino.passes import ConstantFolding, Manager

    if model.is_dynamic():
        return
    lengthen(model, MORE_FRAMES)
    # The exporter's arithmetic on shapes hides the patterns.
    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(model)
    for step in (inner_branches, gates, transposed_convolutions, planar_ends, norms, stretched_constants):
        step(model)
    model.validate_nodes_and_infer_types()


REWRITE = Rewrite("htdemucs-3", rewrite)
"""The number counts the versions of what is written by :func:`rewrite`: raise it with every change of the result."""


def inner_branches(model: Model) -> int:
    """Compute each DConv where it stands.

    See there. Returns how many (16 in HTDemucs).
    """
    found = branches(model)
    for branch in found:
        replace_value(branch.end, computed(branch))
    return len(found)


def gates(model: Model) -> int:
    """A GLU behind a convolution as two convolutions of half the channels each (16 in HTDemucs).

    The plugin splits channels-last tensors element by element, and fuses the sigmoid into its own convolution.
    """
    from openvino import opset13 as ops

    count = 0
    for node in nodes_of(model, "Multiply"):
        whole = gated(node.output(0))
        found = None if whole is None else convolved(whole)
        if found is None:
            continue
        half, ones = len(found.kernel) // 2, [1] * (found.kernel.ndim - 2)
        halves = []
        for part in (slice(0, half), slice(half, None)):
            kernel = ops.constant(np.ascontiguousarray(found.kernel[part]))
            sides = found.strides, found.pads_begin, found.pads_end, found.dilations
            made = ops.convolution(found.input, kernel, *sides)
            halves.append(ops.add(made, ops.constant(found.bias[part].reshape(1, -1, *ones))))
        replace_value(node.output(0), ops.multiply(halves[0], ops.sigmoid(halves[1])).output(0))
        count += 1
    return count


def transposed_convolutions(model: Model) -> int:
    """Drop the samples that a slice cuts from a transposed convolution: it is not computed at all (8 in HTDemucs)."""
    from openvino import opset13 as ops

    count = 0
    for node in nodes_of(model, "Slice"):
        biased = with_constant(node.input_value(0), "Add")
        numbers = [integers(node.input_value(i)) for i in range(1, len(node.inputs()))]
        if biased is None or kind(biased[0]) != "ConvolutionBackpropData" or len(numbers) != 4:
            continue
        if any(n is None or len(n) != 1 for n in numbers):
            continue
        start, stop, step, axis = (n[0] for n in numbers if n is not None)
        full = biased[0].get_node()
        length, spatial = shape(biased[0])[axis], len(shape(biased[0])) - 2
        stop = min(stop + length if stop < 0 else stop, length)
        set_to = full.get_attributes()
        plain = not any([*set_to["pads_begin"], *set_to["pads_end"], *set_to["output_padding"]])
        if len(full.inputs()) != 2 or not plain or step != 1 or axis < 2 or not 0 <= start < stop:
            continue
        begin, end = [0] * spatial, [0] * spatial
        begin[axis - 2], end[axis - 2] = start, length - stop
        sides = set_to["strides"], None, begin, end, set_to["dilations"], "EXPLICIT"
        made = ops.convolution_backprop_data(full.input_value(0), full.input_value(1), *sides)
        replace_value(node.output(0), ops.add(made, ops.constant(biased[1])).output(0))
        count += 1
    return count


def planar_ends(model: Model) -> int:
    """Few channels put first by a product with the identity where they are reshaped (1 in HTDemucs).

    The plugin's own reordering of 16 channels over 688 128 points took 73 ms alone, the product takes 25 ms.
    """
    from openvino import opset13 as ops

    count = 0
    for node in nodes_of(model, "Reshape"):
        value = node.input_value(0)
        whole = with_constant(value, "Add")
        if whole is None or kind(whole[0]) != "ConvolutionBackpropData" or len(shape(value)) != 4:
            continue
        batch, channels, *points = shape(value)
        if batch != 1 or channels > FEW or channels * np.prod(points) < LARGE:
            continue
        # In this order the values lie in memory, so that neither of the two moves anything.
        rows = ops.reshape(ops.transpose(value, [0, 2, 3, 1]), [-1, channels], False)
        planes = ops.matmul(np.eye(channels, dtype=np.float32), rows, False, True)
        replace_value(node.output(0), ops.reshape(planes, shape(node.output(0)), False).output(0))
        count += 1
    return count


def norms(model: Model) -> int:
    """A norm over everything between two transpositions without them: the order does not matter (9 in HTDemucs)."""
    from openvino import opset13 as ops

    count = 0
    for node in nodes_of(model, "Transpose"):
        found = normed(node.input_value(0)) if order(node.output(0)) == [0, 2, 1] else None
        if found is None or order(found.input) != [0, 2, 1]:
            continue
        axes = ops.constant(np.array([1, 2], np.int64))
        whole = ops.mvn(found.input.get_node().input_value(0), axes, True, found.eps, "INSIDE_SQRT")
        gained = ops.multiply(whole, ops.constant(found.gain.reshape(1, 1, -1)))
        replace_value(node.output(0), ops.add(gained, ops.constant(found.offset.reshape(1, 1, -1))).output(0))
        count += 1
    return count


def stretched_constants(model: Model) -> int:
    """A large constant added that is the same all along its last axis as one column of it (1 in HTDemucs: 33 MB)."""
    from openvino import opset13 as ops

    count = 0
    for node in nodes_of(model, "Add"):
        for place in (0, 1):
            value, other = node.input_value(place), node.input_value(1 - place)
            if kind(value) != "Constant" or np.prod(shape(value)) < LARGE or shape(other) != shape(node.output(0)):
                continue
            whole = constant(value)
            if (
                whole is None
                or whole.shape[-1] == 1
                or not np.array_equal(whole, whole[..., :1].repeat(whole.shape[-1], -1))
            ):
                continue
            node.input(place).replace_source_output(ops.constant(np.ascontiguousarray(whole[..., :1])).output(0))
            count += 1
    return count
