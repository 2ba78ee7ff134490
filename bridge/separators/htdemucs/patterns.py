"""Match patterns of a graph, upwards from one of its values, and put other values in their place.

Each matcher answers None where the graph holds anything else than exactly its pattern, so that what is rewritten
by them computes what was there, and another export of the network merely stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from openvino import Model, Node, Output

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Convolved:
    """A convolution with its bias."""

    input: Output
    kernel: Array
    """(channels out, channels in, ...)."""
    bias: Array
    """(channels out,)."""
    strides: list[int]
    pads_begin: list[int]
    pads_end: list[int]
    dilations: list[int]


@dataclass(frozen=True, slots=True)
class Normed:
    """A group norm of one group over channels and time; gain and offset per channel."""

    input: Output
    gain: Array
    offset: Array
    eps: float


def nodes_of(model: Model, operation: str) -> list[Node]:
    """The nodes of one type, in the order in which they are computed."""
    return [node for node in model.get_ordered_ops() if node.get_type_name() == operation]


def replace_value(old: Output, new: Output) -> None:
    """Let everything that took ``old`` take ``new``."""
    for target in list(old.get_target_inputs()):
        target.replace_source_output(new)


def kind(value: Output) -> str:
    """The type of the operation that makes a value, such as "Add"."""
    return str(value.get_node().get_type_name())


def same(one: Output, other: Output) -> bool:
    """Return whether both are one value of the graph."""
    names = one.get_node().get_friendly_name(), other.get_node().get_friendly_name()
    return names[0] == names[1] and bool(one.get_index() == other.get_index())


def shape(value: Output) -> list[int]:
    """The shape of a value.

    The graph is static.
    """
    return [int(n) for n in value.get_shape()]


def constant(value: Output) -> npt.NDArray[np.generic] | None:
    """The value where it is written in the graph."""
    return np.asarray(value.get_node().get_data()) if kind(value) == "Constant" else None


def integers(value: Output) -> list[int] | None:
    """The numbers of a small constant, such as axes."""
    found = constant(value)
    return None if found is None else [int(n) for n in found.reshape(-1)]


def source(value: Output, operation: str) -> Output | None:
    """The first input of the operation that makes ``value``, if it is of this type."""
    return value.get_node().input_value(0) if kind(value) == operation else None


def with_constant(value: Output, operation: str) -> tuple[Output, Array] | None:
    """The other operand and the constant of an operation of two, whichever comes first."""
    if kind(value) != operation:
        return None
    for one, other in _operands(value.get_node()):
        if kind(other) == "Constant" and kind(one) != "Constant":
            return one, np.asarray(constant(other), np.float32)
    return None


def order(value: Output) -> list[int] | None:
    """The order of axes in which a Transpose makes the value."""
    return integers(value.get_node().input_value(1)) if kind(value) == "Transpose" else None


def convolved(value: Output) -> Convolved | None:
    """A convolution of constant kernel with a constant bias."""
    found = with_constant(value, "Add")
    if found is None or kind(found[0]) != "Convolution":
        return None
    node = found[0].get_node()
    kernel = constant(node.input_value(1))
    set_to = node.get_attributes()
    if kernel is None or found[1].size != len(kernel) or set_to["auto_pad"] != "explicit":
        return None
    sides = (list(set_to[name]) for name in ("strides", "pads_begin", "pads_end", "dilations"))
    return Convolved(node.input_value(0), np.asarray(kernel, np.float32), found[1].reshape(-1), *sides)


def normed(value: Output) -> Normed | None:
    """GroupNorm(1) as the exporter writes it.

    Rows flattened, MVN, rows restored, gain and offset per channel.
    """
    with_offset = with_constant(value, "Add")
    with_gain = None if with_offset is None else with_constant(with_offset[0], "Multiply")
    if with_offset is None or with_gain is None:
        return None
    channels = shape(value)[1]
    flat = source(with_gain[0], "Reshape")
    if flat is None or {with_gain[1].size, with_offset[1].size} != {channels}:
        return None
    gain, offset = with_gain[1].reshape(-1), with_offset[1].reshape(-1)
    # The instance norm's own gain and offset, 1 and 0 in every export seen.
    for operation in ("Add", "Multiply"):
        own = with_constant(flat, operation)
        if own is not None and own[1].size == 1:
            flat = own[0]
            offset = offset + gain * own[1].reshape(-1) if operation == "Add" else offset
            gain = gain * own[1].reshape(-1) if operation == "Multiply" else gain
    node = flat.get_node()
    if kind(flat) != "MVN" or integers(node.input_value(1)) != [2]:
        return None
    set_to = node.get_attributes()
    rows = source(node.input_value(0), "Reshape")
    if rows is None or not set_to["normalize_variance"] or set_to["eps_mode"].upper() != "INSIDE_SQRT":
        return None
    whole = shape(rows)
    if len(whole) != 3 or shape(value) != whole or shape(flat) != [whole[0], 1, whole[1] * whole[2]]:
        return None
    return Normed(rows, gain, offset, float(set_to["eps"]))


def gelu(value: Output) -> Output | None:
    """The input of x (1 + erf(x / sqrt 2)) / 2."""
    half = with_constant(value, "Multiply")
    if half is None or not _is(half[1], 0.5) or kind(half[0]) != "Multiply":
        return None
    for x, factor in _operands(half[0].get_node()):
        one = with_constant(factor, "Add")
        erf = None if one is None or not _is(one[1], 1.0) else source(one[0], "Erf")
        scaled = None if erf is None else with_constant(erf, "Divide")
        if scaled is not None and _is(scaled[1], 2**0.5) and same(scaled[0], x):
            return x
    return None


def gated(value: Output) -> Output | None:
    """The input of a GLU.

    Its first half of channels, times the sigmoid of its second.
    """
    if kind(value) != "Multiply":
        return None
    for kept, gate in _operands(value.get_node()):
        half = source(gate, "Sigmoid")
        if half is None or kind(kept) != "Split":
            continue
        node = kept.get_node()
        axis = integers(node.input_value(1))
        whole = same(half.get_node().input_value(0), node.input_value(0)) if kind(half) == "Split" else False
        if whole and axis == [1] and (kept.get_index(), half.get_index(), len(node.outputs())) == (0, 1, 2):
            return node.input_value(0)
    return None


def _operands(node: Node) -> tuple[tuple[Output, Output], tuple[Output, Output]]:
    first, second = node.input_value(0), node.input_value(1)
    return (first, second), (second, first)


def _is(array: Array, number: float) -> bool:
    return array.size == 1 and bool(np.isclose(array.reshape(())[()], number, rtol=1e-6))
