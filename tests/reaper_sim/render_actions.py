"""Actions that write sound: render takes, apply FX, glue. FX are silent here, their presence is what counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.reaper_sim import audio
from tests.reaper_sim.api_envelopes import value_at
from tests.reaper_sim.api_project import GetProjectPathEx
from tests.reaper_sim.api_selection import selected_items
from tests.reaper_sim.api_sources import GetMediaSourceNumChannels, GetMediaSourceSampleRate, GetPeakFileName
from tests.reaper_sim.api_tracks import owner
from tests.reaper_sim.defaults import new_item, new_take
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.errors import ApiError
from tests.reaper_sim.model import Item, Source, Take

_numbers = itertools.count(1)

STEP = 64
"""Samples between two looks at an envelope."""


def fx_gain(take: Take) -> float:
    """What the take's FX do to the level: only JS volume adjustments are heard (0.5 is 0 dB, 1 is +6 dB)."""
    gain = 1.0
    for fx in take.fx:
        if fx.enabled and fx.name == "JS: Volume Adjustment":
            gain *= 10 ** ((fx.params[0][1] - 0.5) * 12 / 20)
    return gain


def envelope_gain(r: Reaper, take: Take, rate: int, frames: int) -> NDArray[np.float64]:
    """(frames, 1): what the take's envelopes do to the level; those that do something else are reported."""
    gain = np.ones((frames, 1))
    for envelope in take.envelopes:
        if not envelope.active:
            continue
        if envelope.name in ("Volume", "Mute"):
            curve = np.array([value_at(envelope, t / rate) for t in range(0, frames, STEP)])
            curve = curve if envelope.name == "Volume" else curve >= 0.5
            gain *= np.repeat(curve, STEP)[:frames, None]
        elif any(point.value != envelope.default for point in envelope.points):
            r.warnings.append(f'the take envelope "{envelope.name}" is not simulated: the render sounds without it')
    return gain


def _rendered(r: Reaper, item: Item, take: Take, channels: int) -> Path | None:
    assert take.source is not None
    rate = GetMediaSourceSampleRate(r, take.source) or 44100
    samples = audio.render(take, rate, channels, 0.0, round(item.length * rate))
    if samples is None:
        return None
    gain: Any = take.values["D_VOL"] * fx_gain(take) * envelope_gain(r, take, rate, len(samples))
    folder = Path(GetProjectPathEx(r, owner(r, item.track)))
    folder.mkdir(parents=True, exist_ok=True)
    # The project's setting wins where it asks for a plain WAV.
    plain = r.apply_format == "wav" or owner(r, item.track).info.get("OPENCOPY_CFGIDX", 1.0) == 0.0
    path = folder / f"{Path(take.name).stem or 'untitled'}-render-{next(_numbers):03d}.{'wav' if plain else 'wv'}"
    if plain:
        soundfile.write(path, samples * gain, rate, subtype="FLOAT")
    else:
        path.write_bytes(b"wvpk not for libsndfile")
    peaks = Path(GetPeakFileName(r, str(path)))
    peaks.parent.mkdir(parents=True, exist_ok=True)
    peaks.touch()
    return path


def _new_take_from(r: Reaper, item: Item, channels: int | None) -> None:
    take = item.active_take
    if take is None or take.source is None:
        return
    count = channels or GetMediaSourceNumChannels(r, take.source) or 2
    path = _rendered(r, item, take, count)
    if path is not None:
        new_take(item, Source(type="WAVE", path=str(path)), path.name)
        item.values["I_CURTAKE"] = float(len(item.takes) - 1)


def render_take(r: Reaper) -> None:
    """41999: take FX, no track FX, a new active take."""
    for item in selected_items(r.project):
        _new_take_from(r, item, None)


def apply_fx(channels: int) -> Callable[[Reaper], None]:
    """40209 and its relatives: track and take FX, a new active take."""

    def run(r: Reaper) -> None:
        for item in selected_items(r.project):
            _new_take_from(r, item, channels)

    return run


def _format(r: Reaper, takes: list[Take]) -> tuple[int, int]:
    """Sample rate and channels of a glued file: the first source's rate, as many channels as the widest has."""
    sources = [take.source for take in takes if take.source is not None]
    if any(source.midi is not None for source in sources):
        raise ApiError("gluing MIDI items is not simulated")
    rates = [GetMediaSourceSampleRate(r, source) for source in sources]
    return next(filter(None, rates), 44100), max((GetMediaSourceNumChannels(r, s) for s in sources), default=2)


def glue(r: Reaper) -> None:
    """Selected items of each track become one item with a new file; an empty item is silence like any other."""
    for track in r.project.tracks:
        items = [i for i in track.items if i.values["B_UISEL"]]
        if not items:
            continue
        start, end = min(i.start for i in items), max(i.start + i.length for i in items)
        rate, channels = _format(r, [i.active_take for i in items if i.active_take])
        mix = np.zeros((round((end - start) * rate), channels))
        for item in items:
            take = item.active_take
            part = audio.render(take, rate, channels, 0.0, round(item.length * rate)) if take else None
            if take and part is not None:
                first = round((item.start - start) * rate)
                part = part[: len(mix) - first] * item.values["D_VOL"] * take.values["D_VOL"]
                mix[first : first + len(part)] += part
        folder = Path(GetProjectPathEx(r, r.project))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"glued-{next(_numbers):03d}.wav"
        soundfile.write(path, mix, rate, subtype="FLOAT")
        for item in items:
            track.items.remove(item)
            item.alive = False
        glued = new_item(track, start, end - start)
        glued.values["B_UISEL"] = 1.0
        new_take(glued, Source(type="WAVE", path=str(path)), path.name)
