"""The pulses of a recording, and their readings.

One that holds all through, one of the onsets that may stray, and those of the network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bridge.score.beat.choice import Candidate
from bridge.score.beat.constant_tempo import SteadyBeat, find_steady_beat
from bridge.score.beat.net_pulses import STEP, STEPS_HZ, likely_tempi
from bridge.score.beat.onset_strength import RATE_HZ
from bridge.score.beat.onsets import CLEAR_ONSET
from bridge.score.beat.pointer import pointed_beats
from bridge.score.beat.pulse_net import Heard
from bridge.score.beat.reading import NET_RATIOS, RATIOS, readings
from bridge.score.beat.tempo_map import fitted_beat
from bridge.score.beat.variable_tempo import beat_frames, between_frames, local_tempo

Array = npt.NDArray[np.float64]

MIN_BEATS = 8
"""Two bars of four: fewer beats are a figure, not a tempo."""
NEAR_FRAMES = 4
"""Onsets within 40 ms of an expected beat measure it; a 32nd at 190 BPM is as far."""
MIN_EVEN = 0.06
"""Median change of a beat's length from beat to beat, above which nobody taps along; random onsets give 0.1."""
MIN_SALIENCE, SHORT_SALIENCE_S = 0.25, 1.0
"""Share of the onsets that must come again a beat later; the second over the length in seconds is added. Onsets at
random and noise reach 0.1 in 40 s and 0.4 in 4 s, a song sung to a guitar 0.3, a rock band 0.4 to 0.7."""
CLICK_S, MOST_S = 0.014, 0.035
"""Half, and nine tenths, of the network's beats lie so near to a constant tempo where the music was made to a click.
Of 186 training excerpts that were, all but five show it, and of 69 that stray six."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """Beats, with their constant tempo or none."""

    beats: Array
    constant: SteadyBeat | None
    kind: str
    """Of :data:`bridge.score.beat.choice.KINDS`."""

    @property
    def period_s(self) -> float | None:
        """Seconds from beat to beat, if constant."""
        return None if self.constant is None else self.constant.period_s


def pulses_of_onsets(onsets: Array, accents: Array, length_s: float) -> list[Pulse]:
    """The pulses that the onsets have.

    Args:
        onsets: (frames,) onset strength.
        accents: (frames,) what is strong on beats rather than between them.
        length_s: of the recording.
    """
    click, found = find_steady_beat(onsets, accents, RATE_HZ), list[Pulse]()
    if click is not None:
        click = refined(click, length_s, onsets)
        beats = sounding(click.beats(length_s), onsets)
        found += [Pulse(beats, click, "click")] if len(beats) >= 4 else []
    tempo = local_tempo(accents, RATE_HZ)
    if tempo.salience < MIN_SALIENCE + SHORT_SALIENCE_S * RATE_HZ / len(accents):
        return found
    period = 60.0 * RATE_HZ / np.interp(np.arange(len(accents)) / RATE_HZ, tempo.times_s, tempo.bpm)
    beats = sounding(beat_frames(accents, period) / RATE_HZ, onsets)
    return [*found, Pulse(beats, None, "strays")] if len(beats) >= MIN_BEATS and _is_even(beats) else found


def pulses_of_net(heard: Heard, onsets: Array, length_s: float) -> list[Pulse]:
    """The pulses at the tempi that the network hears."""
    curve = heard.beat[::STEP]
    found = []
    for bpm in likely_tempi(heard):
        steps = pointed_beats(curve, 60.0 * STEPS_HZ / bpm)
        beats = sounding(between_frames(curve, steps) / STEPS_HZ, onsets)
        if len(beats) < 4:
            continue
        click = _constant(beats)
        if click is None:
            found.append(Pulse(beats, None, "net"))
        else:
            click = refined(click, length_s, onsets)
            found.append(Pulse(sounding(click.beats(length_s), onsets), click, "net's click"))
    return [p for p in found if len(p.beats) >= 4]


def candidates_of(pulses: list[Pulse]) -> list[Candidate]:
    """All readings of all pulses."""
    found = []
    for pulse in pulses:
        for reading in readings(pulse.beats, NET_RATIOS if pulse.kind.startswith("net") else RATIOS):
            own = None if pulse.period_s is None else pulse.period_s * reading.ratio
            beats = reading.beats(pulse.beats)
            found += [Candidate(beats, pulse.kind, reading.ratio, own)] if len(beats) >= 4 else []
    return found


def refined(pulse: SteadyBeat, length_s: float, strength: Array) -> SteadyBeat:
    """The pulse through the onsets at its beats."""
    numbers = np.arange(int((length_s - pulse.start_s) / pulse.period_s) + 1, dtype=np.float64)
    expected_at = (pulse.start_s + pulse.period_s * numbers) * RATE_HZ
    return fitted_beat(pulse, _heard_near(expected_at, strength) / RATE_HZ, length_s)


def sounding(beats: Array, strength: Array) -> Array:
    """The beats from first to last onset.

    Silence before and after has none.
    """
    loud = np.flatnonzero(strength > 0.5) / RATE_HZ
    if not len(loud):
        return beats[:0]
    # An eighth after the last beat is half a beat before one that is not played.
    near = np.median(np.diff(beats)) / 4.0 if len(beats) > 1 else 0.0
    kept: Array = beats[(beats >= loud[0] - near) & (beats <= loud[-1] + near)]
    return kept


def _constant(beats: Array) -> SteadyBeat | None:
    """The constant tempo through beats; None where they stray."""
    if len(beats) < MIN_BEATS:
        return None
    numbers = np.arange(len(beats), dtype=np.float64)
    period_s, start_s = np.polyfit(numbers, beats, 1)
    off = np.abs(beats - start_s - period_s * numbers)
    if np.median(off) > CLICK_S or np.quantile(off, 0.9) > MOST_S:
        return None
    return SteadyBeat(float(start_s), float(period_s))


def _heard_near(expected_at: Array, strength: Array) -> Array:
    """Find peaks of the strength near the expected frames, to a fraction of a frame; where nothing does, none."""
    offsets = np.arange(-NEAR_FRAMES, NEAR_FRAMES + 1)
    around = np.round(expected_at).astype(np.int64)[:, None] + offsets
    values = np.take(strength, around, mode="clip")
    best = values.argmax(1)
    # A peak at the edge of what is looked at belongs to something else.
    clear = (values.max(1) > CLEAR_ONSET) & (best > 0) & (best < len(offsets) - 1)
    peaks = around[np.arange(len(around)), best][clear]
    return between_frames(strength, peaks.clip(0, len(strength) - 1))


def _is_even(beats: Array) -> bool:
    """Return whether beats are as even as people tap."""
    gaps = np.diff(beats)
    return float(np.median(np.abs(np.diff(gaps))) / np.median(gaps)) <= MIN_EVEN
