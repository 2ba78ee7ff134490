"""The pulse of music that strays.

Local tempo by autocorrelation, beats by dynamic programming.

Tempo: autocorrelation in windows, a comb over its multiples and a log-normal prior on the tempo, then the smoothest
path through time. Beats: D. Ellis, "Beat Tracking by Dynamic Programming" (Journal of New Music Research, 2007); here
the period may change along the path, and beats are placed between frames by a parabola.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.audio.peaks import parabola
from bridge.score.best_path import best_path, priced

Array = npt.NDArray[np.float64]

SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0
"""Tempi looked for; slower and faster music is felt at twice or half its tempo."""
PREFERRED_BPM = 118.0
"""Centre of the prior: tempi that people tap cluster here (McKinney and Moelants, ICMPC 2004: about 120)."""
PRIOR_OCTAVES = 0.85
"""Width of the prior, wide enough that a plain pulse of 60 or 190 BPM keeps its own tempo."""
STEPS_PER_OCTAVE = 60
"""Tempo resolution, 1.2 %; finer than the comb's peaks are wide."""
TEMPI: Array = SLOWEST_BPM * 2.0 ** np.linspace(
    0.0, float(np.log2(FASTEST_BPM / SLOWEST_BPM)), int(np.log2(FASTEST_BPM / SLOWEST_BPM) * STEPS_PER_OCTAVE) + 1
)
"""In BPM."""
WINDOW_S, HOP_S = 8.0, 1.0
"""Window and step of the tempo path: four bars at 120 BPM are seen at once."""
SMEAR = (0.06, 0.24, 0.4, 0.24, 0.06)
"""Frames over which an onset is spread before autocorrelation: a period of 37.5 frames is 37 and 38 by turns."""
CHANGE_COST, LEAP_COST = 15.0, 4.0
"""Cost of a tempo change of one octave a step, and of any change; a ritardando of 2 % a second costs 0.4, a new
tempo pays off after about ten seconds."""
TIGHTNESS = 300.0
"""Ellis' alpha, on envelopes of deviation 1: a beat may stray 5 % before an average onset is lost."""


@dataclass(frozen=True, slots=True)
class TempoPath:
    """The tempo along a recording."""

    times_s: Array
    """(windows,) their centres."""
    bpm: Array
    """(windows,)"""
    salience: float
    """0..1, how periodic the recording is along the path, on average."""


def periodicity(strength: Array, rate_hz: float) -> Array:
    """(windows, TEMPI) strength of each tempo.

    Args:
        strength: (frames,) onset strength.
        rate_hz: frames per second.
    """
    lags = 60.0 * rate_hz / TEMPI
    window = int(WINDOW_S * rate_hz)
    padded = np.pad(np.convolve(strength, SMEAR, "same"), (window // 2, window))
    starts = np.arange(0, max(1, len(strength)), int(HOP_S * rate_hz))
    return _salience(padded[starts[:, None] + np.arange(window)], lags)


def local_tempo(strength: Array, rate_hz: float) -> TempoPath:
    """The smoothest tempo along the recording.

    Args:
        strength: (frames,) onset strength.
        rate_hz: frames per second.
    """
    salience = periodicity(strength, rate_hz)
    # The whole recording's view steadies passages without onsets.
    steadied = salience + 0.5 * salience.mean(0)
    prior = np.exp(-0.5 * (np.log2(TEMPI / PREFERRED_BPM) / PRIOR_OCTAVES) ** 2)
    path = best_path(steadied * prior, priced(_tempo_changes(len(TEMPI))))
    times_s = HOP_S * np.arange(len(path), dtype=np.float64)
    return TempoPath(times_s, TEMPI[path], float(salience[np.arange(len(path)), path].mean()))


def _salience(pieces: Array, lags: Array) -> Array:
    """(windows, lags) 0..about 1: the comb of the autocorrelation of each window."""
    centred, length = pieces - pieces.mean(1, keepdims=True), pieces.shape[1]
    spectra = np.fft.rfft(centred, 1 << int(np.ceil(np.log2(2 * length))))
    full = np.fft.irfft(spectra * spectra.conj())[:, :length]
    # Unbiased: a lag of half the window has half the products.
    full = full / (length - np.arange(length)).clip(length / 4) * length
    # A beat's period and its multiples; the bar's multiples count, so that half a beat does not win by itself.
    comb = np.zeros((len(pieces), len(lags)))
    for multiple, weight in ((1, 1.0), (2, 0.6), (3, 0.2), (4, 0.6)):
        comb += weight * _peaks_near(full, lags * multiple)
    power = full[:, :1]
    result: Array = np.where(power > 0, np.maximum(0.0, comb) / (2.4 * np.where(power > 0, power, 1.0)), 0.0)
    return result


def _peaks_near(values: Array, places: Array) -> Array:
    """(rows, places) the largest of each row within a frame of each place; 0 beyond the end."""
    index, last = np.round(places).astype(int), values.shape[1] - 1
    near = np.maximum.reduce([values[:, (index + d).clip(0, last)] for d in (-1, 0, 1)])
    result: Array = np.where(index < last, near, 0.0)
    return result


def _tempo_changes(tempi: int) -> Array:
    """(tempi, tempi) cost of a change from one to another."""
    steps = np.abs(np.arange(tempi)[:, None] - np.arange(tempi)[None, :])
    costs: Array = np.minimum(CHANGE_COST / STEPS_PER_OCTAVE * steps, LEAP_COST)
    return costs


def beat_frames(strength: Array, period: Array) -> Array:
    """Beats by dynamic programming, in frames with fractions.

    Args:
        strength: (frames,) onset strength.
        period: (frames,) frames from beat to beat, expected at each frame.
    """
    shortest, longest, count = max(1, int(period.min() / 2)), int(np.ceil(period.max() * 2)), len(strength)
    gaps = np.arange(shortest, longest + 1)
    log_gap, log_period = np.log(gaps), np.log(period)
    near, far = (period / 2).astype(np.int64), (period * 2).astype(np.int64)
    # Before the recording nothing can be.
    score = np.concatenate([np.full(longest, -np.inf), strength])
    back = np.full(count, -1, dtype=np.int64)
    # Frames within the shortest gap do not depend on each other.
    for low in range(shortest, count, shortest):
        frames = np.arange(low, min(count, low + shortest))
        reached = score[longest + frames[:, None] - gaps] - TIGHTNESS * (log_gap - log_period[frames, None]) ** 2
        reached[(gaps < near[frames, None]) | (gaps > far[frames, None])] = -np.inf
        best = reached.argmax(1)
        worth = reached[np.arange(len(frames)), best]
        more = worth > 0
        score[longest + frames[more]] += worth[more]
        back[frames[more]] = frames[more] - gaps[best[more]]
    return between_frames(strength, traced_back(score[longest:], back, period[-1]))


def traced_back(score: Array, back: npt.NDArray[np.int64], period: float) -> npt.NDArray[np.int64]:
    """The frames of the beats that end best within the last period.

    Args:
        score: (frames,) worth of the best beats that end there.
        back: (frames,) the beat before; -1 where there is none.
        period: frames from beat to beat at the end.
    """
    tail = score[-max(1, int(period)) :]
    beats = [len(score) - len(tail) + int(tail.argmax())]
    while back[beats[-1]] >= 0:
        beats.append(int(back[beats[-1]]))
    return np.array(beats[::-1], np.int64)


def between_frames(strength: Array, frames: npt.NDArray[np.int64]) -> Array:
    """Frames of peaks, with fractions.

    Moved by a parabola through their neighbours, at most half a frame; beyond the edges the curve goes on level.
    """
    around = np.take(strength, frames[:, None] + np.arange(-1, 2), mode="clip")
    shifts: Array = np.array([parabola(*three) for three in around.tolist()], np.float64)
    return np.asarray(frames + shifts)
