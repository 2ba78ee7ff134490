"""From a pitch track to notes.

The best path over keys and time (Viterbi).

At every frame the voice rests or sounds one key. A new note, on another key or on the same, costs something,
and an attack pays for it: so a repeated note needs an attack, a new pitch needs to last, vibrato and glides
stay in their note, and a note starts at its attack even where a drum covers its pitch for a while.
The idea of a note model over a pitch track is Mauch et al., "Computer-aided melody note transcription using the
Tony software" (TENOR 2015); here attacks are heard too, and a note has one state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.audio.spectra import Array

STAYS = -1
"""Where a path came from: its own state."""
STOP = 1.0
"""Cost of a note's end in nats, so that a single unsure frame is not one."""
MAX_ATTACK = 0.25
"""Attack strength beyond which an attack tells no more: it is one for sure."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs that decide between notes, in nats."""

    frame: float
    """Weight of a frame's evidence: neighbouring frames say nearly the same, so each counts little."""
    doubt: float
    """Probability that the tracker misses the key that sounds."""
    rest: float
    """Probability that an unpitched frame is a rest, against a note that is covered."""
    start: float
    """Cost of a new note."""
    attack: float
    """Worth of an attack of strength 1."""
    steady: float = 0.0
    """Times by which a frame counts more where the pitch rests on a key, when a note is heard again; see legato.py."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A note in frames: ``start`` included, ``end`` not."""

    start: int
    end: int
    key: int
    """Column of the track."""


class Path:
    """Collects blocks and then tells the notes.

    Keeps one byte per frame and key.
    """

    def __init__(self, keys: int, costs: Costs) -> None:
        self._costs, self._keys = costs, keys
        self._score = np.full(keys + 1, -np.inf)
        self._score[keys] = 0.0
        self._came: list[npt.NDArray[np.int8]] = []

    def feed(self, evidence: Array, attacks: Array, steady: Array | None = None) -> None:
        """Take a block.

        (frames, keys) probabilities, (frames,) attack strengths and how steady the pitch is, 0..1.
        """
        costs, rest = self._costs, self._keys
        unpitched = np.clip(1 - evidence.sum(1, keepdims=True), 0, 1)
        chances = np.concatenate([evidence, costs.rest * unpitched], axis=1)
        weight = costs.frame * (1 + costs.steady * (steady if steady is not None else np.zeros(len(evidence))))
        gain = weight[:, None] * np.log(costs.doubt + chances)
        begin = costs.attack * np.minimum(attacks, MAX_ATTACK) - costs.start
        came = np.full((len(evidence), self._keys + 1), STAYS, np.int8)
        score = self._score
        for frame in range(len(evidence)):
            best, sounding = int(score.argmax()), int(score[:rest].argmax())
            fresh, stopped = score[best] + begin[frame], score[sounding] - STOP
            starts = score < fresh
            starts[rest] = False
            came[frame, starts] = best
            stops = score[rest] < stopped
            score = np.where(starts, fresh, score)
            if stops:
                score[rest], came[frame, rest] = stopped, sounding
            score += gain[frame]
        self._score = score
        self._came.append(came)

    def segments(self) -> list[Segment]:
        """The notes of the best path through all blocks, in order."""
        came = np.concatenate(self._came)
        state, end = int(self._score.argmax()), len(came)
        found = []
        for frame in range(len(came) - 1, -1, -1):
            before = int(came[frame, state])
            if before != STAYS:
                if state != self._keys:
                    found.append(Segment(frame, end, state))
                state, end = before, frame
        return found[::-1]
