"""The key, with its changes.

Profiles of how often each scale degree sounds, along the song.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bridge.music.harmony import Chord, Key
from bridge.score.best_path import any_change, best_path
from bridge.score.harmony.evidence import chroma

Array = npt.NDArray[np.float64]

MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
"""Shares of the scale degrees after J. Albrecht and D. Shanahan, "The use of large corpora to train a new type of
key-finding algorithm" (Music Perception, 2013)."""
WINDOW_BEATS = 32
"""Eight bars of four: a key is what a listener has in the ear over a phrase or two."""
CHANGE_COST = 9.0
"""Log odds that a new key must gain; a passing chord gains 2 to 4, a chorus a tone higher 15 and more."""
WEIGHT = 24.0
"""Number of independent notes that a window of sound counts for."""
TONIC_CHORD, FIRST_LAST = 0.9, 2.0
"""Worth of the share of the tonic's own chord, in log odds a window, and the first and last chord in the song's."""
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
"""Of major and of natural minor: the notes of their signature."""
OUTSIDE, WHOLE_SONG = 0.02, 48.0
"""Share of the notes that lie outside the signature's seven, and number of independent notes that a song counts for.
Profiles tell a tonic; songs in other modes and of chance chords are told by what they leave out."""
MIN_BEATS = 16
"""A key that holds for less is a passing one."""


def find_keys(notes: Array, beats: Array, chords: list[Chord]) -> list[Key]:
    """The keys from the first beat to the last; none where nothing pitched sounds.

    Args:
        notes: pitched notes as of :func:`bridge.score.harmony.evidence.note_array`.
        beats: (beats,) times in seconds.
        chords: of the same song: the tonic's chord tells a key from its relative.
    """
    if len(beats) < 2 or not len(notes):
        return []
    amounts = chroma(notes, beats)
    if amounts.sum() <= 0:
        return []
    starts = np.arange(0, len(amounts), WINDOW_BEATS // 2)
    odds = np.stack([_odds(amounts[max(0, s - WINDOW_BEATS // 4) : s + 3 * WINDOW_BEATS // 4].sum(0)) for s in starts])
    # Half of each window is shared with the next one.
    odds = 0.5 * odds + _of_chords(chords, beats, starts)
    odds += (_of_ends(chords) + _of_signatures(amounts.sum(0))) / len(odds)
    path = best_path(odds, any_change(np.full(len(odds), CHANGE_COST)))
    share = np.exp(odds - odds.max(1, keepdims=True))
    share /= share.sum(1, keepdims=True)
    keys: list[Key] = []
    first = 0
    for i in range(1, len(path) + 1):
        if i < len(path) and path[i] == path[first]:
            continue
        start, end = beats[starts[first]], beats[starts[i]] if i < len(path) else beats[-1]
        tonic, minor = divmod(int(path[first]), 2)
        keys.append(Key(float(start), float(end), tonic, bool(minor), float(share[first:i, path[first]].mean())))
        first = i
    return keys


def _odds(amounts: Array) -> Array:
    """(24,) log likelihood of each key, C major, C minor, C sharp major ...; 0 for the best."""
    total = float(amounts.sum())
    if total <= 0:
        return np.zeros(24)
    shares = amounts / total
    odds = np.array([WEIGHT * float(shares @ np.log(np.roll(p, tonic))) for tonic in range(12) for p in (MAJOR, MINOR)])
    result: Array = odds - odds.max()
    return result


def _of_chords(chords: list[Chord], beats: Array, starts: npt.NDArray[np.int64]) -> Array:
    """(windows, 24) what the tonic's chord speaks for its keys."""
    result = np.zeros((len(starts), 24))
    for w, start in enumerate(starts):
        a, b = beats[start], beats[min(len(beats) - 1, start + WINDOW_BEATS // 2)]
        for chord in chords:
            shared = min(b, chord.offset_s) - max(a, chord.onset_s)
            column = _tonic_of(chord)
            if shared > 0 and column is not None:
                result[w, column] += TONIC_CHORD * shared / (b - a) * 4.0
    return result


def _of_ends(chords: list[Chord]) -> Array:
    result = np.zeros(24)
    named = [c for c in chords if c.root is not None]
    for chord in (named[:1] + named[-1:]) if named else []:
        column = _tonic_of(chord)
        if column is not None:
            result[column] += FIRST_LAST
    return result


def _of_signatures(amounts: Array) -> Array:
    """(24,) how well the notes of the whole song keep to each key's signature; 0 for the best."""
    inside, outside = (1.0 - OUTSIDE) / 7, OUTSIDE / 5
    scales = [np.where(np.isin(np.arange(12), scale), inside, outside) for scale in SCALES]
    odds = np.array([amounts @ np.log(np.roll(scale, tonic)) for tonic in range(12) for scale in scales])
    result: Array = WHOLE_SONG / float(amounts.sum()) * (odds - odds.max())
    return result


def _tonic_of(chord: Chord) -> int | None:
    """The key whose tonic chord this may be."""
    if chord.root is None or chord.quality in ("7", "dim", "dim7", "hdim7", "aug", "sus2", "sus4"):
        return None
    return chord.root * 2 + chord.quality.startswith("min")
