"""From the net's activations to hits.

Peaks with a time between the frames, one for what excludes another.

The net is trained on triangles of :data:`HALF_WIDTH` frames around each hit, so the two frames
beside a peak tell where between them the hit lies.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.audio.peaks import local_maxima
from bridge.transcribers.drums.features import FRAMES_PER_S

Array = npt.NDArray[np.float32]

CLASSES = (
    "kick",
    "snare",
    "side_stick",
    "hat_closed",
    "hat_open",
    "tom_low",
    "tom_mid",
    "tom_high",
    "crash",
    "ride",
    "clap",
    "hat_pedal",
    "tambourine",
    "shaker",
    "cowbell",
)
"""The strokes told apart, in the order of the nets' outputs."""
SHARED = 10
"""The first so many are known to all nets; to those that know no more, a clap is a side stick, a pedal hat a closed
one, and the rest is nothing or a hat."""
HALF_WIDTH = 1.5
"""Frames from the top of a target triangle to its foot: hits of a flam (18 ms and more) stay two."""


@dataclass(frozen=True, slots=True, order=True)
class DrumHit:
    """One hit as heard."""

    onset_s: float
    drum: str
    """One of :data:`CLASSES`."""
    velocity: float
    """0..1."""
    confidence: float
    """0..1, the height of the peak."""


def peak_frames(activation: Array, threshold: float) -> npt.NDArray[np.intp]:
    """Frames where ``activation`` (frames,) has a local maximum of at least ``threshold``."""
    return np.flatnonzero(local_maxima(activation) & (activation >= threshold))


def between_frames(activation: Array, frames: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Place hits within their frames, in frames from -0.5 to 0.5.

    On a triangle of half width w with its top d frames to the right, r = (right - left) / here is
    (2 d / w) / (1 - d / w), solved for d.
    """
    left, here, right = np.pad(activation.astype(np.float64), 1)[frames + np.arange(3)[:, None]]
    ratio = (right - left) / np.maximum(1e-6, here)
    return np.asarray(np.clip(HALF_WIDTH * ratio / (2 + np.abs(ratio)), -0.5, 0.5))


NAMED_BEFORE = {"hat_open": 1.8, "hat_pedal": 1.75, "clap": 1.5}
"""Factors on a class where the sounds of one limb compete: these are struck seldom, the others far more often. The nets
learn from what is played how often, and a rare sound is played all through a song that has it. Tuned on held-out kits;
they move no stroke from one limb to another."""


def group_hits(
    drums: tuple[str, ...], onset: Array, velocity: Array, threshold: float, apart_s: float
) -> list[DrumHit]:
    """The hits of classes of which one sounds at a time, in time order.

    Their activations are added up, so that a tom which might be the low or the middle one is still a
    tom; what it is most like then gives its name. Of two hits closer than ``apart_s`` the surer stays.

    Args:
        drums: names out of :data:`CLASSES`, one a column.
        onset: activations (frames, drums), 0 to 1.
        velocity: velocities (frames, drums), 0 to 1.
        threshold: lowest sum that counts.
        apart_s: shortest time between two hits, seconds.
    """
    together = np.minimum(1.0, onset.sum(1))
    likely = onset * np.array([NAMED_BEFORE.get(drum, 1.0) for drum in drums], np.float32)
    frames = peak_frames(together, threshold)
    times_s = np.maximum(0.0, (frames + between_frames(together, frames)) / FRAMES_PER_S)
    around = np.pad(likely, ((1, 1), (0, 0)))
    named = (around[frames] + around[frames + 1] + around[frames + 2]).argmax(1)
    hits: list[DrumHit] = []
    for time_s, k, hard, sure in zip(
        times_s.tolist(), named.tolist(), velocity[frames, named].tolist(), together[frames].tolist(), strict=True
    ):
        if not hits or time_s - hits[-1].onset_s >= apart_s:
            hits.append(DrumHit(time_s, drums[k], hard, sure))
        elif sure > hits[-1].confidence:
            hits[-1] = DrumHit(time_s, drums[k], hard, sure)
    return hits
