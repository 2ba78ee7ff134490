"""The pulse of music made to a click.

One tempo that fits from the first bar to the last.

Onsets on a grid add up in the spectrum of the onset strength: at the beat's frequency, and more so at those of its
halves, thirds and quarters, where nearly every onset counts. The longer the recording, the sharper the line, so a
tempo is found to a hundredth of a BPM, and a performance that strays shows none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SLOWEST_BPM, FASTEST_BPM = 48.0, 212.0
"""Tempi looked for: two octaves and a little, so that each pulse has one or two readings."""
PREFERRED_BPM, PRIOR_OCTAVES = 118.0, 0.85
"""Log-normal prior: people tap near 120 (McKinney and Moelants, ICMPC 2004); wide, so that evidence decides."""
THRESHOLD = 0.5
"""Onset strength, in deviations, under which it is taken for noise."""
MIN_COHERENCE = 0.35
"""Of the onsets' weight, what must add up at the grid's frequency; live playing over a minute shows under 0.3."""
CHANCE = 1.5
"""The coherence must also exceed by this factor what the best of all frequencies reaches with onsets at random."""
WINDOW_S = 6.0
"""Piece in which the grid is checked: some bars."""
HOLD_SHARE, HOLD_MOST = 0.5, 0.8
"""In pieces that hold this much of all onsets, the coherence with the grid must be half of the whole's or more;
the rest may be breaks, held chords and free endings."""
ONSET_S = 0.08
"""Onsets closer than this are counted as one in that estimate."""


@dataclass(frozen=True, slots=True)
class SteadyBeat:
    """A constant tempo."""

    start_s: float
    """Time of beat 0, at most a beat after 0 s."""
    period_s: float
    """Seconds from beat to beat."""

    def beats(self, length_s: float, early: float = 0.0) -> Array:
        """All beats of a recording in seconds, the first at most ``early`` beats before its start."""
        first = int(np.ceil(-self.start_s / self.period_s - early))
        last = int((length_s - self.start_s) / self.period_s)
        return self.start_s + self.period_s * np.arange(first, last + 1, dtype=np.float64)


def find_steady_beat(strength: Array, accents: Array, rate_hz: float) -> SteadyBeat | None:
    """The pulse that holds all through, None where there is none.

    Args:
        strength: (frames,) onset strength.
        accents: (frames,) what is strong on beats rather than between them.
        rate_hz: frames per second.
    """
    onsets = np.maximum(0.0, strength - THRESHOLD)
    total = float(onsets.sum())
    if total <= 0 or len(onsets) < 4 * rate_hz:
        return None
    size = 1 << int(np.ceil(np.log2(4 * len(onsets))))
    spectrum = np.abs(np.fft.rfft(onsets, size)) / total
    beats_hz: Array = np.arange(SLOWEST_BPM, FASTEST_BPM, 15.0 * rate_hz / size) / 60.0
    one, two, three, four = (_at(spectrum, beats_hz * m * size / rate_hz) for m in (1, 2, 3, 4))
    prior = np.exp(-0.5 * (np.log2(beats_hz * 60.0 / PREFERRED_BPM) / PRIOR_OCTAVES) ** 2)
    grid = np.maximum(four, 0.8 * three)
    periods: Array = np.asarray(rate_hz / beats_hz, dtype=np.float64)
    again, after_next = _recurrence(accents, periods), _recurrence(accents, periods * 2)
    # A beat that is silent every second time is no beat: what comes again after one must not be far less.
    filled = 0.4 + 0.6 * again / np.maximum(np.maximum(again, after_next), 1e-9)
    best = int(((one + two + grid + again) * filled * prior).argmax())
    coherence = max(two[best], three[best], four[best])
    if coherence < max(MIN_COHERENCE, CHANCE * _by_chance(onsets, rate_hz)):
        return None
    multiple = 2 + int(np.argmax([two[best], three[best], four[best]]))
    if not _holds(onsets, beats_hz[best] * multiple / rate_hz, rate_hz):
        return None
    period = float(rate_hz / beats_hz[best])
    return SteadyBeat(_phase(accents, period) / rate_hz, period / rate_hz)


def _at(values: Array, places: Array) -> Array:
    """``values`` between their places, linearly."""
    result: Array = np.interp(places, np.arange(len(values)), values)
    return result


def _holds(onsets: Array, cycles_per_frame: float, rate_hz: float) -> bool:
    """Return whether the grid fits nearly everywhere: two tempi in one recording make a line in the spectrum, too."""
    window = int(WINDOW_S * rate_hz)
    turned = onsets * np.exp(-2j * np.pi * cycles_per_frame * np.arange(len(onsets)))
    starts = np.arange(0, len(onsets), window)
    weight = np.add.reduceat(onsets, starts)
    sums = np.add.reduceat(turned, starts)
    whole = sums.sum()
    along = (sums * np.conj(whole)).real / abs(whole)
    fits = along > HOLD_SHARE * abs(whole) / weight.sum() * weight
    return float(weight[fits].sum()) >= HOLD_MOST * float(weight.sum())


def _recurrence(accents: Array, lags: Array) -> Array:
    """(lags,) 0..1, how much of the accents comes again so many frames later."""
    smeared = np.convolve(accents, np.hanning(9), "same")
    smeared = smeared - smeared.mean()
    spectrum = np.fft.rfft(smeared, 2 * len(smeared))
    products: Array = np.fft.irfft(spectrum * spectrum.conj()).astype(np.float64)
    again: Array = _at(products / max(float(products[0]), 1e-9), lags)
    return again.clip(0.0)


def _by_chance(onsets: Array, rate_hz: float) -> float:
    """The greatest coherence to expect of that many onsets at random (Rayleigh's distribution)."""
    apart = int(ONSET_S * rate_hz)
    peaks = [o for o in (onsets[i : i + apart].max() for i in range(0, len(onsets), apart)) if o > 0]
    effective = sum(peaks) ** 2 / sum(p * p for p in peaks)
    frequencies = len(onsets) / rate_hz * FASTEST_BPM / 60.0 * 4.0
    return float(np.sqrt(np.log(frequencies) / effective))


def _phase(accents: Array, period: float) -> float:
    """Frames to the first beat: where the accents, folded at the period, are strongest."""
    phases = np.arange(0.0, period, 0.5)
    beats = np.arange(int((len(accents) - 1) / period), dtype=np.float64)
    smeared = np.convolve(accents, np.hanning(7), "same")
    folded = [float(_at(smeared, p + beats * period).mean()) for p in phases]
    return float(phases[int(np.argmax(folded))])
