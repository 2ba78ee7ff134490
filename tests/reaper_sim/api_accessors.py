"""Audio accessors and arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.reaper_sim import audio
from tests.reaper_sim.api_track_info import GetMediaTrackInfo_Value
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.model import Handle, Take, Track
from tests.reaper_sim.reaper_array import ReaperArray
from tests.reaper_sim.registry import api
from tests.reaper_sim.undo import fingerprint

HEARD = ("D_STARTOFFS", "D_PLAYRATE", "D_PITCH", "B_PPITCH", "I_CHANMODE")
"""Values of a take that its samples depend on; volumes are in none of them."""


@dataclass(eq=False, kw_only=True)
class Accessor(Handle):
    """Reads a take (item time) or a track (project time)."""

    target: Any = None
    script: Any = None
    """The script that has to destroy it."""
    known: str = ""
    """The hash when the state was last looked at."""


def _hash(target: Any) -> str:
    """Changes with what the take or the track plays."""
    takes = [i.active_take for i in target.items] if isinstance(target, Track) else [target]
    heard = [
        (
            fingerprint(take.source),
            fingerprint(take.stretch),
            [take.values[key] for key in HEARD],
            take.item.length,
            take.item.values["B_LOOPSRC"],
        )
        for take in takes
        if take is not None
    ]
    return hashlib.sha256(repr(heard).encode()).hexdigest()


def _checked(accessor: Any) -> Accessor:
    if not isinstance(accessor, Accessor) or not accessor.alive:
        raise ApiError("bad argument #1 (AudioAccessor expected)")
    return accessor


@api
def CreateTakeAudioAccessor(r: Reaper, take: Take) -> Accessor | None:
    if take.source is None or audio.root(take.source).midi is not None:
        return None
    return Accessor(target=take, script=r.current, known=_hash(take))


@api
def CreateTrackAudioAccessor(r: Reaper, track: Track) -> Accessor:
    return Accessor(target=track, script=r.current, known=_hash(track))


@api
def DestroyAudioAccessor(r: Reaper, accessor: Any) -> None:
    if r.is_quitting:
        r.violations.append("an audio accessor is destroyed while REAPER quits: an access violation")
    _checked(accessor).alive = False


@api
def GetAudioAccessorStartTime(r: Reaper, accessor: Any) -> float:
    target = _checked(accessor).target
    if isinstance(target, Track):
        return min((item.start for item in target.items), default=0.0)
    return 0.0


@api
def GetAudioAccessorEndTime(r: Reaper, accessor: Any) -> float:
    target = _checked(accessor).target
    if isinstance(target, Track):
        return max((item.start + item.length for item in target.items), default=0.0)
    return float(target.item.length)


@api
def AudioAccessorStateChanged(r: Reaper, accessor: Any) -> bool:
    checked = _checked(accessor)
    return not checked.target.alive or _hash(checked.target) != checked.known


@api
def AudioAccessorValidateState(r: Reaper, accessor: Any) -> bool:
    changed = AudioAccessorStateChanged(r, accessor)
    accessor.known = _hash(accessor.target)
    return changed


@api
def AudioAccessorUpdate(r: Reaper, accessor: Any) -> None:
    AudioAccessorValidateState(r, accessor)


@api
def GetAudioAccessorHash(r: Reaper, accessor: Any, needed: str) -> str:
    return _hash(_checked(accessor).target)


@api
def GetAudioAccessorSamples(
    r: Reaper, accessor: Any, rate: int, channels: int, start: float, frames: int, buffer: ReaperArray
) -> int:
    target = _checked(accessor).target
    if frames * channels > len(buffer.data):
        raise ApiError("bad argument #6 to 'GetAudioAccessorSamples' (reaper.array is too small)")
    if not target.alive:
        return -1
    if isinstance(target, Track):
        return _mix(r, target, rate, channels, start, frames, buffer)
    samples = audio.render(target, rate, channels, start, frames)
    if samples is None and target.source is not None and audio.root(target.source).offline:
        return r.offline_answer
    if samples is None or not len(samples):
        return 0
    buffer.data[: samples.size] = samples.ravel()
    return 1


def _mix(r: Reaper, track: Track, rate: int, channels: int, start: float, frames: int, buffer: ReaperArray) -> int:
    mixed, heard = np.zeros((frames, channels)), 0
    for item in track.items:
        take = item.active_take
        if take is None or item.values["B_MUTE"] or GetMediaTrackInfo_Value(r, track, "B_MUTE"):
            continue
        first = max(0, round((item.start - start) * rate))
        inside = max(0.0, start - item.start)
        if first >= frames:
            continue
        samples = audio.render(take, rate, channels, inside, frames - first)
        if samples is not None and len(samples):
            gain = item.values["D_VOL"] * take.values["D_VOL"] * _fades(item, inside, rate, len(samples))
            mixed[first : first + len(samples)] += samples * gain
            heard = 1
        elif take.source is not None and audio.root(take.source).offline:
            heard = heard or r.offline_answer
    buffer.data[: mixed.size] = mixed.ravel()
    return heard


def _fades(item: Any, start: float, rate: int, frames: int) -> Any:
    """(frames, 1): straight fades, as a track plays them."""
    at = start + np.arange(frames)[:, None] / rate
    gain = np.ones((frames, 1))
    for key, distance in (("D_FADEINLEN", at), ("D_FADEOUTLEN", item.length - at)):
        length = max(item.values[key], item.values[f"{key}_AUTO"])
        if length > 0:
            gain *= np.clip(distance / length, 0.0, 1.0)
    return gain


@api
def new_array(r: Reaper, table_or_size: Any, size: int | None) -> ReaperArray:
    assert r.current is not None
    if isinstance(table_or_size, (int, float)):
        return r.current.new_array(int(table_or_size))
    values = [table_or_size[i + 1] for i in range(len(table_or_size))]
    array = r.current.new_array(size or max(1, len(values)))
    array.data[: len(values)] = values[: len(array.data)]
    return array
