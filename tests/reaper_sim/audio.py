"""What a take sounds like before its volume, fades and FX: the samples of an audio accessor."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.reaper_sim.model import Source, Take

Samples = NDArray[np.float64]

GRAIN_S = 0.08
"""Length of the overlapping grains that stand for REAPER's time stretching; long enough for low notes."""


@lru_cache(maxsize=16)
def _read(path: str, changed: int) -> tuple[Samples, int]:
    data, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return data, rate


def root(source: Source) -> Source:
    """The file at the end of a chain of sections."""
    while source.parent is not None:
        source = source.parent
    return source


def file_of(source: Source) -> tuple[Samples, int] | None:
    """(frames, channels) and rate of the source's file, None where there is no sound."""
    source = root(source)
    path = Path(source.path)
    if source.offline or not source.path or not path.is_file():
        return None
    try:
        return _read(str(path), path.stat().st_mtime_ns)
    except soundfile.LibsndfileError:
        return None


def length_of(source: Source) -> float:
    """Seconds of one pass through the source."""
    if source.parent is not None:
        rest = length_of(source.parent) - source.section_start_s
        return source.section_length_s if source.section_length_s > 0 else rest
    found = file_of(source)
    return 0.0 if found is None else len(found[0]) / found[1]


def _content(source: Source, at: Samples, loop: bool) -> Samples:
    """(times, channels): the source at times in seconds from its own start."""
    length = length_of(source)
    inside = np.ones(len(at), dtype=bool) if loop else (at >= -1e-9) & (at < length)
    at = np.mod(at, length) if loop and length > 0 else at
    if source.parent is not None:
        if source.reverse:
            at = length - at
        samples = _content(source.parent, source.section_start_s + at, False)
    else:
        found = file_of(source)
        if found is None:
            return np.zeros((len(at), 1))
        samples = _interpolate(found[0], at * found[1])
    samples[~inside] = 0.0
    return samples


def _interpolate(data: Samples, position: Samples) -> Samples:
    nearest = np.round(position)
    position = np.where(np.abs(position - nearest) < 1e-4, nearest, position)
    low = np.floor(position).astype(np.int64)
    part = (position - low)[:, None]
    valid = ((low >= 0) & (low < len(data)))[:, None]
    first = data[np.clip(low, 0, len(data) - 1)]
    second = data[np.clip(low + 1, 0, len(data) - 1)]
    return np.asarray(np.where(valid, first * (1 - part) + second * part, 0.0))


def _source_times(take: Take, at: Samples) -> Samples:
    """Where in the source the item's times lie: offset, rate and stretch markers."""
    rate, offset = take.values["D_PLAYRATE"], take.values["D_STARTOFFS"]
    inside = at * rate
    if not take.stretch:
        return offset + inside
    places = np.array([m[0] for m in take.stretch])
    sources = np.array([m[1] for m in take.stretch])
    mapped = np.interp(inside, places, sources)
    mapped = np.where(inside < places[0], sources[0] + inside - places[0], mapped)
    return np.asarray(np.where(inside > places[-1], sources[-1] + inside - places[-1], mapped))


def _grains(take: Take, at: Samples, speed: float, loop: bool) -> Samples:
    """Overlapping grains: each reads the source at its own speed, where the middle of the grain belongs."""
    assert take.source is not None
    hop = GRAIN_S / 2
    total: Samples | None = None
    weight = np.zeros(len(at))
    index = np.floor(at / hop)
    for shift in (0, 1):
        middle = (index + shift) * hop
        inside = at - middle
        window = 0.5 + 0.5 * np.cos(np.clip(np.pi * inside / hop, -np.pi, np.pi))
        part = _content(take.source, _source_times(take, middle) + inside * speed, loop) * window[:, None]
        total = part if total is None else total + part
        weight += window
    assert total is not None
    return np.asarray(total / np.maximum(weight, 1e-9)[:, None])


def _channels(take: Take, data: Samples) -> Samples:
    mode = int(take.values["I_CHANMODE"])
    count = data.shape[1]
    if mode == 1 and count > 1:
        return data[:, [1, 0, *range(2, count)]]
    if mode == 2:
        return np.asarray(data.mean(axis=1, keepdims=True))
    if 3 <= mode <= 66:
        return data[:, [min(mode - 3, count - 1)]]
    if 67 <= mode <= 130:
        return data[:, [min(mode - 67, count - 1), min(mode - 66, count - 1)]]
    return data


def render(take: Take, rate: int, channels: int, start: float, frames: int) -> Samples | None:
    """(frames, channels) from ``start`` seconds in the item; None where the take has no sound.

    Frames past the item's end stay untouched in the caller's buffer: fewer rows come back.
    """
    if take.source is None or file_of(take.source) is None:
        return None
    wanted = min(frames, round((take.item.length - start) * rate))
    if wanted <= 0:
        return np.zeros((0, channels))
    at = start + np.arange(wanted) / rate
    loop = bool(take.item.values["B_LOOPSRC"])
    keeps_pitch = bool(take.values["B_PPITCH"])
    pitch = 2.0 ** (take.values["D_PITCH"] / 12.0)
    speed = pitch * (1.0 if keeps_pitch else take.values["D_PLAYRATE"])
    natural = pitch == 1.0 and (not keeps_pitch or take.values["D_PLAYRATE"] == 1.0)
    if natural and not take.stretch:
        data = _content(take.source, _source_times(take, at), loop)
    else:
        data = _grains(take, at, speed, loop)
    data = _channels(take, data)
    columns = [min(c, data.shape[1] - 1) for c in range(channels)]
    return data[:, columns]
