"""Tell whether an onset is a note by the onsets around it.

Two layers of attention (Vaswani et al. 2017) over the onsets of a passage: what each sounds like, and how far two are
apart in time, pitch and place. They were trained on rendered bands (training/band/net.py, class Together).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bridge.note_maps.maps import log_odds, probability
from bridge.score.instruments.evidence import Evidence
from bridge.score.perceptron import DATA, load_weights, perceptron

Array = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Weights = Mapping[str, Array]

WEIGHTS = DATA / "company.npz"
VIEW = 96
"""Length of what the second net hands on of an onset, beside its answers."""
STEP_S, AROUND_S = 6.0, 3.0
"""Notes of so many seconds are told at a time, by those up to so much before and after: 12 s as in training."""
MOST = 800
"""Onsets of these 12 s that are told, the likeliest: music has some 300, and of noise's thousands all pairs would take
memory without end. The others stay as they are."""
HEADS, BETWEEN = 4, 10
"""Of the attention; and what sets two notes apart."""
TINY = 1e-5
"""Added to a variance, as PyTorch's LayerNorm does."""
BLOCK = 32
"""Notes that look at the others at a time: what is between them stays in the processor's second cache."""
MAX_INTERVAL = 127
"""Semitones, of MIDI pitches."""


def in_company(who: Evidence, view: Array) -> Array:
    """Return the (n,) probability that each onset is a note.

    Args:
        who: of each onset alone, in any order.
        view: (n, VIEW) of the same.
    """
    weights, real = load_weights(WEIGHTS, np.float32), who.real.copy()
    for start_s in np.unique(who.onset_s // STEP_S) * STEP_S:
        since_s = who.onset_s - start_s
        rows = np.flatnonzero((since_s >= -AROUND_S) & (since_s < STEP_S + AROUND_S))
        rows = rows[np.argsort(-who.real[rows], kind="stable")[:MOST]]
        mine = (since_s[rows] >= 0) & (since_s[rows] < STEP_S)
        real[rows[mine]] = passage(who.rows(rows), view[rows], weights, np.flatnonzero(mine))
    return real


def passage(who: Evidence, view: Array, weights: Weights, mine: Rows) -> Array:
    """(mine,) of some onsets of those that all look at each other."""
    layers = sum(name.endswith("qkv_weight") for name in weights)
    # A doubtful note counts less.
    bias = pull(who, weights).reshape(layers, HEADS, len(who), len(who))
    bias += np.log(np.maximum(who.real, 1e-6))
    number = (who.pitch - 64) / 20
    columns = np.column_stack([view, who.family / 3, number, who.balance, who.width]).astype(np.float32)
    y = perceptron(columns, weights, ("enter",))
    for k in range(layers):
        # Of the last layer only what is told is wanted.
        rows = mine if k == layers - 1 else np.arange(len(who))
        y = y[rows] + attention(normed(y, weights, f"layers.{k}.first"), bias[k][:, rows], weights, f"layers.{k}", rows)
        inner = f"layers.{k}.perceptron.0", f"layers.{k}.perceptron.2"
        y = y + perceptron(normed(y, weights, f"layers.{k}.second"), weights, inner)
    odds = perceptron(normed(y, weights, "norm"), weights, ("real",))[:, 0]
    return probability(odds + log_odds(who.real[mine]))


def pull(who: Evidence, weights: Weights) -> Array:
    """(layers * HEADS, n, n) how much each note looks at each for what sets them apart: a small perceptron."""
    first, second = (weights[f"between.{k}_bias"][:, None] for k in (0, 2))
    out = np.empty((len(second), len(who), len(who)), np.float32)
    for start in range(0, len(who), BLOCK):
        mine = slice(start, start + BLOCK)
        inner = weights["between.0_weight"] @ between(who, mine).reshape(BETWEEN, -1)
        inner += first
        out[:, mine] = (weights["between.2_weight"] @ np.maximum(inner, 0, out=inner) + second).reshape(
            len(second), -1, len(who)
        )
    return out


def between(who: Evidence, mine: slice) -> Array:
    """(BETWEEN, some, n) what sets some notes and all apart: time, pitch, place."""
    times = (who.onset_s - who.onset_s[0]).astype(np.float32)
    away = np.abs(times[None] - times[mine, None])
    at_once = np.exp(away / np.float32(-0.05))
    upwards, near, nearer, octave = INTERVALS[:, who.pitch[None] - who.pitch[mine, None] + MAX_INTERVAL]
    out = np.empty((BETWEEN, *away.shape), np.float32)
    out[0] = at_once
    out[1] = np.exp(away / np.float32(-0.5))
    out[2] = np.exp(away / np.float32(-4))
    out[3] = upwards
    out[4] = nearer
    out[5] = near
    out[6] = octave * at_once
    out[7] = upwards * at_once
    out[8] = np.abs(who.balance[None] - who.balance[mine, None])
    out[9] = np.abs(who.width[None] - who.width[mine, None])
    return out


def _intervals() -> Array:
    """(4, 2 MAX_INTERVAL + 1): of each interval its direction, nearness by octaves and by two semitones, period."""
    octaves = np.arange(-MAX_INTERVAL, MAX_INTERVAL + 1) / 12
    away = np.abs(octaves)
    return np.array([np.tanh(octaves), np.exp(-away), np.exp(-6 * away), np.cos(2 * math.pi * octaves)], np.float32)


def attention(y: Array, bias: Array, weights: Weights, name: str, rows: Rows) -> Array:
    """(rows, width) what some notes take from all; bias (HEADS, rows, n)."""
    n, width = y.shape
    q, k, v = perceptron(y, weights, (f"{name}.qkv",)).reshape(n, 3, HEADS, -1).transpose(1, 2, 0, 3)
    share = softmax(q[:, rows] @ k.transpose(0, 2, 1) * np.float32((width // HEADS) ** -0.5) + bias)
    return perceptron((share @ v).transpose(1, 0, 2).reshape(len(rows), width), weights, (f"{name}.out",))


def normed(y: Array, weights: Weights, name: str) -> Array:
    """Rows of mean 0 and variance 1, then scaled and moved."""
    y = y - y.mean(-1, keepdims=True)
    spread = np.sqrt((y**2).mean(-1, keepdims=True) + np.float32(TINY))
    result: Array = y / spread * weights[f"{name}_weight"] + weights[f"{name}_bias"]
    return result


def softmax(x: Array) -> Array:
    """Rows that add up to 1."""
    e: Any = np.exp(x - x.max(-1, keepdims=True))
    result: Array = e / e.sum(-1, keepdims=True)
    return result


INTERVALS = _intervals()
