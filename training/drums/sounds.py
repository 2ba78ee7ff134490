"""One-shots of sampled kits: read from Hydrogen kits, GUS patches and soundfonts, cut at their attack.

    python -m training.drums.sounds BANK_DIR [--soundfont NAME=FILE ...]

writes one `.npz` per kit. Each sound is mono at 44.1 kHz, peak 1, starts `PRE` samples before its
acoustic attack and carries the velocity it stands for, so that the truth of a rendered clip is the
attack that one hears and not the moment a sampler was told to play.
"""

from __future__ import annotations

import argparse
import importlib
import re
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from training.plan import SAMPLE_RATE

HYDROGEN_DIR = Path("/usr/share/hydrogen/data/drumkits")
NOT_A_DRUM_KIT = ("circAfrique v4",)
FREEPATS_DIR = Path("/usr/share/midi/freepats/Drum_000")
PRE = 220
"""Samples kept before the attack (5 ms): a stick's noise before the peak belongs to the sound."""
MAX_LENGTH_S = 4.0

# First match wins. None means: leave it out, its name does not say what it is.
NAMES: list[tuple[str, str | None]] = [
    (r"redo|snare roll|drum [12]$|^drum|zap|fx|hat low|hat ring|hat free|hat choke|splash choke|flink", None),
    (r"tambour", "tambourine"),
    (r"cow ?bell", "cowbell"),
    (r"maraca|shaker|cabasa", "shaker"),
    (r"conga|bongo|clave|block|whistle|agogo|glass|cajon|snap", "percussion"),
    (r"crash/ride|ride-crash", None),
    (r"clap", "clap"),
    (r"rim ?click|stick|side ?stick", "side_stick"),
    (r"rimshot", "rimshot"),
    (r"kick|bass ?drum", "kick"),
    (r"snare", "snare"),
    (r"china", "china"),
    (r"splash", "splash"),
    (r"tom (low|floor)|floor tom|low tom", "tom_low"),
    (r"tomhi|tom hi|high tom|tom 1", "tom_high"),
    (r"tom mid|middle tom|tom 2|^tom$", "tom_mid"),
    (r"semi|half", "hat_half"),
    (r"pedal|hat.*pd", "hat_pedal"),
    (r"swish|(hat|hh|hi-hat).*op|op(en)? (hat|hh)|open hh", "hat_open"),
    (r"closed|hat.*cl|hh", "hat_closed"),
    (r"bell|cup", "ride_bell"),
    (r"ride", "ride"),
    (r"crash", "crash"),
]
GM_KEYS = {
    35: "kick", 36: "kick", 37: "side_stick", 38: "snare", 39: "clap", 40: "snare", 41: "tom_low",
    42: "hat_closed", 43: "tom_low", 44: "hat_pedal", 45: "tom_mid", 46: "hat_open", 47: "tom_mid",
    48: "tom_high", 49: "crash", 50: "tom_high", 51: "ride", 52: "china", 53: "ride_bell", 54: "tambourine",
    55: "splash", 56: "cowbell", 57: "crash", 59: "ride", 60: "percussion", 62: "percussion",
    64: "percussion", 69: "shaker", 70: "shaker", 75: "percussion", 76: "percussion", 82: "shaker",
}  # fmt: skip
"""General MIDI percussion key -> articulation."""
BRUSH_PROGRAM = 40
"""The brush set, whose keys 39 and 40 are a slap and a swirl instead of a clap and a second snare."""
AVL_KEYS = {
    36: "kick", 37: "side_stick", 38: "snare", 39: "clap", 40: "rimshot", 41: "tom_low", 42: "hat_closed",
    43: "tom_low", 44: "hat_pedal", 45: "tom_mid", 46: "hat_half", 47: "tom_mid", 48: "hat_open",
    49: "crash", 51: "ride", 53: "ride_bell", 54: "tambourine", 55: "splash", 56: "cowbell",
    57: "crash", 59: "ride", 64: "shaker",
}  # fmt: skip
"""Keys of the AVL drum kits, which deviate from General MIDI (read from their sample names)."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A hit: what, how hard (0..1), and how it sounds from `PRE` samples before its attack on."""

    articulation: str
    velocity: float
    wave: np.ndarray


def articulation_of(name: str) -> str | None:
    """The articulation that an instrument's name stands for, None when it cannot be told."""
    for pattern, articulation in NAMES:
        if re.search(pattern, name.lower()):
            return articulation
    return None


def trimmed(wave: np.ndarray) -> np.ndarray | None:
    """`wave` (frames,) from `PRE` samples before the attack to its end, peak 1; None if silent."""
    peak = float(np.abs(wave).max(initial=0.0))
    if peak < 1e-3:
        return None
    loud = np.abs(wave) / peak
    # The attack: the first time the sound passes a quarter of what it reaches in its first 30 ms.
    start = int(np.flatnonzero(loud > 0.05)[0])
    early = loud[start : start + int(0.03 * SAMPLE_RATE)]
    attack = start + int(np.flatnonzero(early > 0.25 * early.max())[0])
    cut = np.concatenate([np.zeros(PRE), wave])[attack:] if attack < PRE else wave[attack - PRE :]
    cut = cut[: int(MAX_LENGTH_S * SAMPLE_RATE)] / peak
    ends = np.flatnonzero(np.abs(cut) > 1e-3)
    cut = cut[: ends[-1] + 1].copy()
    fade = min(len(cut) // 4, 441)
    cut[-fade:] *= np.linspace(1, 0, fade)
    return np.asarray(cut, np.float32)


def _mono(path: Path) -> np.ndarray:
    wave, rate = soundfile.read(path, dtype="float64", always_2d=True)
    # The louder side: adding spaced microphones up would comb the attack.
    wave = wave[:, int(np.argmax((wave**2).sum(0)))]
    return np.asarray(wave if rate == SAMPLE_RATE else soxr.resample(wave, rate, SAMPLE_RATE))


def hydrogen_sounds(folder: Path) -> Iterator[Sound]:
    """The sounds of one Hydrogen kit folder."""
    text = re.sub(r'\sxmlns="[^"]*"', "", (folder / "drumkit.xml").read_text(errors="replace"))
    for instrument in ElementTree.fromstring(text).iter("instrument"):
        articulation = articulation_of((instrument.findtext("name") or "").strip())
        if articulation is None:
            continue
        layers = [
            (layer.findtext("filename"), float(layer.findtext("max") or 1)) for layer in instrument.iter("layer")
        ] or [(instrument.findtext("filename"), 1.0)]
        for filename, velocity in layers:
            if filename and (folder / filename).exists():
                wave = trimmed(_mono(folder / filename))
                if wave is not None:
                    yield Sound(articulation, velocity, wave)


def patch_sounds(folder: Path) -> Iterator[Sound]:
    """The sounds of a folder of GUS patches named `<key>_<name>.pat`."""
    for path in sorted(folder.glob("*.pat")):
        articulation = GM_KEYS.get(int(path.name[:3]))
        if articulation is None:
            continue
        data = path.read_bytes()
        header = 129 + 63 + 47  # file, instrument and layer headers come before the first sample's
        size, _, _, rate = struct.unpack_from("<IIIH", data, header + 8)
        modes = data[header + 55]
        raw = data[header + 96 : header + 96 + size]
        if modes & 1:
            wave = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2" if modes & 2 else "<i2").astype(float)
            wave = (wave - 32768 if modes & 2 else wave) / 32768
        else:
            wave = np.frombuffer(raw, np.uint8 if modes & 2 else np.int8).astype(float)
            wave = (wave - 128 if modes & 2 else wave) / 128
        cut = trimmed(soxr.resample(wave, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else wave)
        if cut is not None:
            yield Sound(articulation, 1.0, cut)


def soundfont_sounds(file: Path, bank: int, program: int, keys: dict[int, str]) -> Iterator[Sound]:
    """The sounds of one drum preset, played at four velocities; none if the file lacks the preset."""
    fluidsynth: Any = importlib.import_module("fluidsynth")
    synth = fluidsynth.Synth(samplerate=float(SAMPLE_RATE), gain=0.6)
    synth.setting("synth.reverb.active", 0)
    synth.setting("synth.chorus.active", 0)
    font = synth.sfload(str(file))
    if synth.program_select(9, font, bank, program) == 0:
        for key, articulation in keys.items():
            for velocity in (28, 64, 98, 124):
                synth.system_reset()
                synth.program_select(9, font, bank, program)
                synth.noteon(9, key, velocity)
                seconds = MAX_LENGTH_S if ARTICULATION_IS_LONG.search(articulation) else 1.5
                wave = synth.get_samples(int(seconds * SAMPLE_RATE)).reshape(-1, 2)[:, 0] / 32768
                cut = trimmed(wave)
                if cut is not None:
                    yield Sound(articulation, velocity / 127, cut)
    synth.delete()


ARTICULATION_IS_LONG = re.compile("crash|china|splash|ride|hat_open")


def save(bank: Path, name: str, sounds: list[Sound]) -> None:
    """Write a kit as int16 waves end to end; says what it holds."""
    if not sounds:
        return
    bank.mkdir(parents=True, exist_ok=True)
    np.savez(
        bank / (name.replace("/", "__") + ".npz"),
        waves=np.concatenate([(s.wave * 32767).astype(np.int16) for s in sounds]),
        lengths=np.array([len(s.wave) for s in sounds]),
        articulations=np.array([s.articulation for s in sounds]),
        velocities=np.array([s.velocity for s in sounds], np.float32),
    )
    counts = {a: sum(s.articulation == a for s in sounds) for a in dict.fromkeys(s.articulation for s in sounds)}
    print(name, counts, flush=True)


def load(path: Path) -> dict[str, list[Sound]]:
    """A kit written by :func:`save`: sounds by articulation, softest first."""
    with np.load(path) as z:
        ends = np.cumsum(z["lengths"])
        waves = np.split(z["waves"], ends[:-1])
        kit: dict[str, list[Sound]] = {}
        for wave, name, velocity in zip(waves, z["articulations"], z["velocities"], strict=True):
            sound = Sound(str(name), float(velocity), wave.astype(np.float32) / 32767)
            kit.setdefault(sound.articulation, []).append(sound)
    return {a: sorted(sounds, key=lambda s: s.velocity) for a, sounds in kit.items()}


def main() -> None:
    """Build the bank."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bank", type=Path)
    parser.add_argument("--soundfont", action="append", default=[], help="NAME=FILE of a General MIDI font")
    parser.add_argument("--avl", action="append", default=[], help="NAME=FILE of an AVL kit")
    args = parser.parse_args()
    for folder in sorted(p for p in HYDROGEN_DIR.iterdir() if (p / "drumkit.xml").exists()):
        if folder.name in NOT_A_DRUM_KIT:
            continue
        save(args.bank, f"hydrogen/{folder.name}", list(hydrogen_sounds(folder)))
    save(args.bank, "freepats", list(patch_sounds(FREEPATS_DIR)))
    for entry in args.avl:
        name, file = entry.split("=", 1)
        save(args.bank, f"sf/{name}", list(soundfont_sounds(Path(file), 0, 0, AVL_KEYS)))
    for entry in args.soundfont:
        name, file = entry.split("=", 1)
        for program in (0, 8, 16, 24, 25, 32, 40):
            keys = GM_KEYS if program != BRUSH_PROGRAM else {k: a for k, a in GM_KEYS.items() if k not in (39, 40)}
            save(args.bank, f"sf/{name}/{program}", list(soundfont_sounds(Path(file), 128, program, keys)))


if __name__ == "__main__":
    main()
