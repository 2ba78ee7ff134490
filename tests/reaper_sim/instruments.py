"""How loud REAPER's own instruments are: the sampler plays its file, the synthesiser is reckoned by its peak."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.reaper_sim.model import Fx, Track

Samples = NDArray[np.float64]


def _value(fx: Fx, name: str) -> float:
    return float(next(row[1] for row in fx.params if row[0] == name))


def _answers(fx: Fx, pitch: int, velocity: int) -> bool:
    low, high = _value(fx, "Note range start") * 127, _value(fx, "Note range end") * 127
    softest, loudest = _value(fx, "Minimum velocity") * 127, _value(fx, "Maximum velocity") * 127
    return "FILE0" in fx.config and round(low) <= pitch <= round(high) and round(softest) <= velocity <= round(loudest)


def sampler(track: Track, pitch: int, velocity: int) -> Samples:
    """What the track's ReaSamplOmatic5000s play for a key, (frames,), full scale 1.

    The gain goes in a straight line from "Gain for minimum velocity" to the volume at velocity 127.
    """
    voices = []
    for fx in track.fx:
        if fx.enabled and "5000" in fx.name and _answers(fx, pitch, velocity):
            data, _ = soundfile.read(fx.config["FILE0"], always_2d=True)
            least = 2 * _value(fx, "Gain for minimum velocity")
            gain = 2 * _value(fx, "Volume") * (least + (1 - least) * velocity / 127)
            voices.append(data.mean(axis=1) * gain)
    total = np.zeros(max((len(v) for v in voices), default=0))
    for voice in voices:
        total[: len(voice)] += voice
    return total


def synth_peak_db(track: Track, notes: Sequence[tuple[int, int]]) -> float:
    """Highest level of a chord on the track's ReaSynth in dBFS, were all its waves to meet.

    Args:
        track: with a ReaSynth first in its chain.
        notes: (pitch, velocity) of each key that is down.
    """
    (fx,) = [fx for fx in track.fx if "ReaSynth" in fx.name]
    waves = 1.0 + sum(_value(fx, f"{wave} mix") for wave in ("Square", "Saw", "Triangle", "Extra sine"))
    held = max(1.0, 2 * _value(fx, "Sustain"))
    keys = sum(velocity / 127 for _, velocity in notes)
    gain = 2 * _value(fx, "Volume") * waves * held * keys * track.values["D_VOL"]
    return 20 * math.log10(max(gain, 1e-9))
