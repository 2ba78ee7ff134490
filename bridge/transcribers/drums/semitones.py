"""Hear drums in the spectrogram of the note nets: a second opinion.

The semitone net was taught whole mixes, and it alone tells claps, pedal hats, tambourines, shakers and cowbells from
what sounds like them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.inference.network import Network
from bridge.note_maps.features import FFT, FPS, HOP, PER_SEMITONE, RATE, Vqt, reference_gain
from bridge.note_maps.maps import log_odds, probability
from bridge.plugins.interfaces import AudioSource
from bridge.transcribers.drums.features import FRAMES_PER_S
from bridge.transcribers.drums.peaks import CLASSES, SHARED
from bridge.transcribers.drums.presence import played
from bridge.transcribers.drums.settings import damaged, read_settings

Array = npt.NDArray[np.float32]

MARGIN = 70
"""Frames of the spectrogram at either end whose answer is not used: the net looks 66 to each side."""
EDGE_S = FFT / 2 / RATE
"""Sound that a frame's longest window needs from before it and behind it, seconds."""
MISTAKEN: Mapping[str, tuple[str, ...]] = {
    "tambourine": ("hat_closed", "hat_open"),
    "shaker": ("hat_closed", "hat_open"),
    "cowbell": ("side_stick",),
}
"""The classes that the other nets take percussion for: where it is heard rather than those, they are not asked."""
SHARP = 8
"""Power of their probabilities: the more probable of the two is taken nearly alone."""
PAIRS = tuple((CLASSES.index(a), CLASSES.index(b)) for a, b in (("side_stick", "clap"), ("hat_closed", "hat_pedal")))
"""A class of all nets, and the one that only this net tells from it; in its answer the first
holds the second, and is at least as likely."""
UNHEARD = 0.03
"""Least that this net must hear of the first: below it, what the others hear is none of the second."""


@dataclass(frozen=True, slots=True)
class Joining:
    """The semitone net's say beside the others, kept beside its weights."""

    shares: Mapping[str, float]
    """Of the log-odds of a class that all nets know, by role; "" for any other."""
    faint: Mapping[str, float]
    """Percussion fainter than this leaves the others their say about hats; by role, too."""
    late_s: float
    """Delay of its peaks against the others', seconds."""

    def joined(self, others: Array, own: Array, role: str) -> Array:
        """Join what all nets say of a source of a role; see :func:`joined`."""
        share, faint = (by.get(role, by[""]) for by in (self.shares, self.faint))
        return joined(others, played(own), share, faint)


@lru_cache(maxsize=1)
def load_joining(path: Path) -> Joining:
    """The settings that belong to the semitone net.

    Raises:
        PluginError: the file is missing or not of this sort.
    """
    values = read_settings(path)
    try:
        shares, faint = (
            {str(role): float(v) for role, v in {"": values[name][""], **values[name]}.items()}
            for name in ("shares", "faint")
        )
        return Joining(shares, faint, float(values["later_s"]))
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise damaged(path) from e


def pooled(spectrogram: Array) -> Array:
    """(frames, semitones) dB, the loudest bin of each, of (frames, bins)."""
    return np.asarray(spectrogram.reshape(len(spectrogram), -1, PER_SEMITONE).max(2), np.float32)


class SemitoneNet:
    """The net and its spectrogram, loaded once."""

    def __init__(self, folder: Path, cache: Path | None, device: str) -> None:
        """Load ``folder``/semitones.onnx; PluginError where it cannot be."""
        self._network = Network(folder / "semitones.onnx", device=device, precision="f32", cache=cache, threads=1)
        self._vqt = Vqt()
        self._late_s = load_joining(folder / "semitones.json").late_s

    def answers(self, source: AudioSource, start: int, count: int) -> Array:
        """(count, 2, classes), 0..1, at the drum nets' frames from ``start`` on."""
        when = (start + np.arange(count)) / FRAMES_PER_S + self._late_s
        first = int(when[0] * FPS) - MARGIN
        frames = int(when[-1] * FPS) + MARGIN + 2 - first
        begun_s = first * HOP / RATE - EDGE_S
        samples = source.audio.mono(RATE, begun_s, (frames * HOP + FFT) / RATE)
        heard = self._vqt(samples * np.float32(reference_gain(source.mix_rms)))
        edge = FFT // 2 // HOP
        answer = self._network(pooled(heard[edge : edge + frames])[None])[0][0]
        return between(answer, when * FPS - first)


def between(answer: Array, at: npt.NDArray[np.float64]) -> Array:
    """(places, ...) of (frames, ...) at places between its frames, on a line in log-odds."""
    low = np.clip(at.astype(int), 0, len(answer) - 2)
    odds, share = log_odds(answer), (at - low)[:, None, None].astype(np.float32)
    return probability(odds[low] * (1 - share) + odds[low + 1] * share)


def joined(others: Array, own: Array, share: float, faint: float) -> Array:
    """(frames, 2, all classes) of (frames, 2, shared classes) of the other nets and (frames, 2, all) of this one."""
    own = own.copy()
    for whole, part in PAIRS:
        own[:, 0, whole] = np.maximum(own[:, 0, whole], own[:, 0, part])
    out = own.copy()
    weight = np.full((len(own), 1, SHARED), share, np.float32)
    for name, taken in MISTAKEN.items():
        columns = [CLASSES.index(other) for other in taken]
        heard, beside = own[:, 0, CLASSES.index(name)], own[:, 0, columns].max(1)
        alone = heard**SHARP / (heard**SHARP + beside**SHARP + faint**SHARP)
        weight[:, 0, columns] = np.maximum(weight[:, 0, columns], share + (1 - share) * alone[:, None])
    known = slice(0, SHARED)
    out[:, :, known] = probability((1 - weight) * log_odds(others) + weight * log_odds(own[:, :, known]))
    for whole, part in PAIRS:
        share_of_part = np.minimum(1, own[:, 0, part] / (own[:, 0, whole] + UNHEARD))
        out[:, 0, part] = out[:, 0, whole] * share_of_part
        out[:, 0, whole] *= 1 - share_of_part
    return out
