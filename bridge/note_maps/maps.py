"""Keep the network's output for a stem small.

An hour takes 15 to 40 MB, where half floats would take 220 MB.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from bridge.music.notes import Note

Array = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

LOW = 21
"""MIDI pitch of the network's first key, a piano's A0."""
KINDS = 4
"""Activations of each key: onset, frame, offset and velocity."""
LEVELS = np.arange(256, dtype=np.uint8)
"""Every byte that a probability may be kept as."""
CLIP = 4.0
"""Log-odds beyond this count no more: one very sure frame must not outweigh three doubtful ones."""
LEVEL = 1
"""zlib's fastest: most of the bytes are 0, and a second of work would save little more."""


class KeyActivations:
    """The network's output for one key, each (frames,).

    Probabilities 0..1, velocity 0..1.

    Args:
        packed: (KINDS, frames) bytes.
    """

    def __init__(self, packed: Bytes) -> None:
        self._frame_bytes = packed[1]
        self.onset, self.frame, self.offset, self.velocity = _probabilities(packed)
        self._sounding: dict[float, Array] = {}
        self.notes: dict[tuple[int, int, float, float], Note] = {}
        """Notes made of it already, by what shapes a note: its onset, its limit and the thresholds of its end."""

    def sounding(self, threshold: float) -> Array:
        """Return (frames,) the evidence that the key sounds, as of :func:`evidence_by_byte`."""
        if threshold not in self._sounding:
            self._sounding[threshold] = evidence_by_byte(threshold)[self._frame_bytes]
        return self._sounding[threshold]


class NoteActivations:
    """The network's output between two keys, in pieces as it comes.

    A probability is kept as a byte, to 0.002, and the bytes of a key are compressed.

    Args:
        lowest: MIDI pitch of the lowest key that is kept.
        highest: the same of the highest.
    """

    def __init__(self, lowest: int = LOW, highest: int = LOW + 87) -> None:
        self.keys = range(lowest, highest + 1)
        self.frames = 0
        self._pieces: list[list[bytes]] = []
        """By piece and key."""
        self._curves: dict[int, KeyActivations] | None = None

    def add(self, heard: Array) -> None:
        """Append (KINDS, frames, 88), probabilities 0..1."""
        kept = heard[:, :, self.keys.start - LOW : self.keys.stop - LOW]
        small = np.ascontiguousarray(_bytes(kept).transpose(2, 0, 1))
        self._pieces.append([_packed(key) for key in small])
        self.frames += heard.shape[1]

    def extend(self, more: NoteActivations) -> None:
        """Append what other maps of the same keys hold."""
        self._pieces += more._pieces
        self.frames += more.frames

    def with_onsets(self, pitches: Sequence[int], change: Callable[[Array], Array]) -> NoteActivations:
        """Return the maps with other onsets of some keys; all else stays packed as it is.

        Args:
            pitches: of the keys, each once.
            change: takes their onsets (frames, pitches) and returns the new ones.
        """
        kept = [[_unpacked(piece[pitch - self.keys.start]) for pitch in pitches] for piece in self._pieces]
        out = NoteActivations(self.keys.start, self.keys.stop - 1)
        out.extend(self)
        if not len(pitches) or not kept:
            return out
        onsets = np.concatenate([np.stack([key[0] for key in piece], 1) for piece in kept])
        edges = np.cumsum([piece[0].shape[1] for piece in kept])[:-1]
        changed = np.split(_bytes(change(_probabilities(onsets))), edges)
        for number, (piece, new) in enumerate(zip(kept, changed, strict=True)):
            out._pieces[number] = list(self._pieces[number])
            for pitch, key, onset in zip(pitches, piece, new.T, strict=True):
                out._pieces[number][pitch - self.keys.start] = _packed(np.stack([onset, *key[1:]]))
        return out

    def packed(self) -> tuple[list[list[int]], bytes]:
        """Return the lengths of the packed keys by piece, and all of them in one: the form for a file."""
        return [[len(key) for key in piece] for piece in self._pieces], b"".join(b"".join(p) for p in self._pieces)

    @classmethod
    def unpacked(cls, lowest: int, highest: int, lengths: Sequence[Sequence[int]], data: bytes) -> NoteActivations:
        """Return the maps that :meth:`packed` gave.

        Raises:
            ValueError: it cannot have.
        """
        maps, place = cls(lowest, highest), 0
        for row in lengths:
            ends = [place + end for end in accumulate(row)]
            maps._pieces.append([data[end - length : end] for end, length in zip(ends, row, strict=True)])
            place = ends[-1]
            if len(row) != len(maps.keys):
                raise ValueError("maps of another range")
            maps.frames += _unpacked(maps._pieces[-1][0]).shape[1]
        return maps

    def keep_curves(self) -> None:
        """Keep every key that is read, with the notes made of it: 40 MB for four minutes, to decode over and over."""
        self._curves = self._curves or {}

    def key(self, pitch: int) -> KeyActivations:
        """All frames of one key."""
        if self._curves is not None and pitch in self._curves:
            return self._curves[pitch]
        packed = (piece[pitch - self.keys.start] for piece in self._pieces)
        curves = KeyActivations(np.concatenate([_unpacked(p) for p in packed], 1))
        if self._curves is not None:
            self._curves[pitch] = curves
        return curves

    def pieces(self) -> Iterator[Bytes]:
        """Yield (KINDS, frames, keys) bytes of one piece after the other."""
        for piece in self._pieces:
            yield np.stack([_unpacked(p) for p in piece], 2)


def _packed(key: Bytes) -> bytes:
    return zlib.compress(key.tobytes(), LEVEL)


def _unpacked(packed: bytes) -> Bytes:
    return np.frombuffer(zlib.decompress(packed), np.uint8).reshape(KINDS, -1)


def _bytes(probabilities: Array) -> Bytes:
    return np.rint(probabilities * 255).astype(np.uint8)


def _probabilities(small: Bytes) -> Array:
    return np.asarray(small / np.float32(255), np.float32)


def log_odds(p: Array | float) -> Array:
    """ln(p / (1 - p)), finite."""
    q = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(q / (1 - q)), np.float32)


def probability(odds: Array) -> Array:
    """The inverse of :func:`log_odds`."""
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def evidence_by_byte(threshold: float) -> Array:
    """Return (256,) by how much the log-odds of each byte exceed those of ``threshold``, from -CLIP to CLIP."""
    excess = log_odds(_probabilities(LEVELS)) - log_odds(threshold)
    return np.asarray(np.clip(excess, -CLIP, CLIP), np.float32)
