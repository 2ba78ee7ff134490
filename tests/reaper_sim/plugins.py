"""The plug-ins this REAPER has: its stock ones, plus what a test adds to ``CATALOGUE``."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tests.reaper_sim.model import Fx, new_guid


@dataclass(frozen=True)
class Plugin:
    """One installed plug-in: display name as TrackFX_GetFXName gives it, file, parameters."""

    name: str
    file: str
    params: tuple[tuple[str, float], ...]
    instrument: bool = False
    ident: str = ""


def _row(name: str, file: str, params: str, instrument: bool = False, ident: str = "") -> Plugin:
    pairs = tuple((part.split("=")[0], float(part.split("=")[1]) if "=" in part else 0.0) for part in params.split("|"))
    return Plugin(name, file, (*pairs, ("Bypass", 0.0), ("Wet", 1.0), ("Delta", 0.0)), instrument, ident)


CATALOGUE: list[Plugin] = [
    _row(
        "VSTi: ReaSynth (Cockos)", "reasynth.vst.so",
        "Attack=0.003|Release=0.02|Square mix|Saw mix|Triangle mix|Volume=0.2506|Decay=0.6|Extra sine mix"
        "|Extra sine tuning|Sustain=0.5|Pulse width=0.5|Tuning=0.5|Portamento", True, "1919251321",
    ),
    _row(
        "VSTi: ReaSamplOmatic5000 (Cockos)", "reasamplomatic.vst.so",
        "Volume=0.5|Pan=0.5|Gain for minimum velocity=0.25|Note range start|Note range end=1"
        "|Pitch for start note=0.5|Pitch for end note=0.5|MIDI channel|Max voices=0.0625|Attack=0.0015|Release"
        "|Obey note-offs|Loop|Sample start offset|Sample end offset=1|Pitch adjust=0.5|Pitch bend range=0.1667"
        "|Minimum velocity|Maximum velocity=1|Probability of hitting=1|Round-robin",
        True, "1920167789",
    ),
    _row("VSTi: ReaSynDr (Cockos) (4 out)", "reasyndr.vst.so", "Kick=0.5|Snare=0.5|Hat=0.5", True, "1919251314"),
    _row("VST: ReaControlMIDI (Cockos)", "reacontrolmidi.vst.so", "Program|Bank", False, "1919118692"),
    _row("VST: ReaEQ (Cockos)", "reaeq.vst.so", "Freq 1=0.1|Gain 1=0.5|Q 1=0.5|Global Gain=0.5", ident="1919247729"),
    _row("VST: ReaComp (Cockos)", "reacomp.vst.so",
    "Thresh=1|Ratio=0.05|Attack=0.006|Release=0.02", ident="1919247213"),
    _row("VST: ReaDelay (Cockos)", "readelay.vst.so", "Wet=0.5|Dry=1|Length=0.1|Feedback", ident="1919247468"),
    _row("VST: ReaVerbate (Cockos)", "reaverbate.vst.so", "Wet=0.2|Dry=1|Room size=0.5", ident="1920361016"),
    _row("VST: ReaLimit (Cockos)", "realimit.vst.so", "Threshold=1|Brickwall Ceiling=1", ident="1919708532"),
    _row("VST: ReaGate (Cockos)", "reagate.vst.so", "Thresh|Attack=0.006|Release=0.02", ident="1919248244"),
    _row("VST: ReaPitch (Cockos)", "reapitch.vst.so", "Wet=1|Dry|Shift (full range)=0.5", ident="1919250531"),
    _row("JS: Volume Adjustment", "utility/volume", "Adjustment (dB)=0.5|Max Volume (dB)=0.5"),
    _row("JS: Volume/Pan Smoother v5", "utility/volume_pan", "Volume (dB)=0.5|Pan=0.5"),
    _row("JS: MIDI Note Filter", "MIDI/midi_note_filter", "Lowest Key|Highest Key=1"),
]  # fmt: skip


def shown(fx_name: str, param: str, value: float) -> str:
    """A parameter's value as the plug-in writes it: levels in decibels, keys and velocities as numbers."""
    level = {
        "5000": ("Volume", "Gain for minimum velocity"),
        "ReaSynth": ("Volume", "Sustain", "Square mix", "Saw mix", "Triangle mix", "Extra sine mix"),
    }
    names = next((names for key, names in level.items() if key in fx_name), ())
    if param in names:
        # Volumes and sustains reach to 2, +6 dB; mixes are shares of 1.
        gain = value * (1.0 if param.endswith("mix") else 2.0)
        return f"{20 * math.log10(gain):+.1f}" if gain > 1e-6 else "-inf"
    if "5000" in fx_name and param in ("Note range start", "Note range end", "Minimum velocity", "Maximum velocity"):
        return str(round(value * 127))
    if "5000" in fx_name and param == "Max voices":
        return str(round(value * 63) + 1)
    return f"{value:.3f}"


def find(name: str) -> Plugin | None:
    """By name, without case, as a part of the display name; a format prefix such as "VST3:" must fit."""
    wanted = name.lower().strip()
    prefix, _, rest = wanted.partition(":")
    has_prefix = bool(rest) and prefix in {"vst", "vsti", "vst3", "vst3i", "vst2", "au", "aui", "js",
        "clap", "clapi", "dx", "dxi", "lv2"}  # fmt: skip
    for plugin in CATALOGUE:
        kind, _, title = plugin.name.lower().partition(": ")
        if has_prefix and prefix.rstrip("i").rstrip("2") != kind.rstrip("i"):
            continue
        text = rest.strip() if has_prefix else wanted
        if text and (text in title or text in plugin.file.lower() or text == plugin.name.lower()):
            return plugin
    return None


def instance(plugin: Plugin) -> Fx:
    """A fresh instance."""
    config = {"MODE": "1", "RSMODE": "0"} if "5000" in plugin.name else {}
    params = [[name, value, 0.0, 1.0] for name, value in plugin.params]
    return Fx(
        name=plugin.name, ident=plugin.file, params=params, config=config, instrument=plugin.instrument,
        guid=new_guid(),
    )  # fmt: skip
