"""Guitars, basses and electric pianos through amplifiers, cabinets and pedals (guitarix' LV2 plugins) as one-shots.

python -m training.band.amp_bank OUT PLUGINS NAME=FONT.sf2 [NAME=FONT.sf2 ...] [BANK/<family>/FILE.npz ...]

The clean sounds are those of soundfonts and of one-shots that are there already.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.signal
import soxr

from bridge.note_maps.features import RATE as BANK_RATE
from training.band.lv2 import BLOCK, RATE, Plugin
from training.band.oneshots import HOLD_S, TOTAL_S, Sounds, pitches_of, save

Rng = np.random.Generator

PROGRAMS = {
    26: "jazz",
    27: "clean",
    28: "muted",
    4: "rhodes",
    5: "fmpiano",
    33: "finger",
    34: "pick",
    16: "drawbars",
    18: "rock",
}
"""Programs of soundfonts that are played through amplifiers."""

TOP = 80
"""Highest pitch of a guitar through an amplifier."""

LEVEL = (0.3, 0.9)
"""Range of the peak that goes into each stage: from single coils to hot pickups."""

BRIGHT, BRIGHT_HZ = (0.0, 3.0), 900.0
"""How much more of what lies above is played: the pickup at the bridge, and new strings."""

TAKES = {"guitar": 2}
"""Chains of each kind for one clean sound, where not one."""

ON = {"BYPASS": 1.0, "WET_DRY": 100.0}
"""Guitarix' switches: a plugin plays where BYPASS is 1."""


@dataclass(frozen=True, slots=True)
class Pedal:
    """A plugin of a chain: its bundle, library and description, and the range from which each port's value is drawn."""

    bundle: str
    ports: dict[str, tuple[float, float]]

    def drawn(self, rng: Rng) -> dict[str, float]:
        """Port values."""
        return ON | {k: float(rng.uniform(*span)) for k, span in self.ports.items()}


def amp(gain: tuple[float, float], drive: tuple[float, float]) -> Pedal:
    """The amplifier with its stages turned up so far; valves, tone stack and cabinet are drawn as whole numbers."""
    tone = {"Middle": (0.3, 0.8), "Bass": (0.3, 0.6), "Treble": (0.4, 0.8), "Presence": (2.0, 8.0)}
    models = {"model": (0.0, 17.0), "t_model": (1.0, 25.0), "c_model": (0.0, 13.0)}
    stages = {"PreGain": gain, "Drive": drive, "Distortion": (20.0, 60.0), "MasterGain": (0.0, 6.0)}
    return Pedal("gx_amp", stages | tone | models)


WHOLE = ("model", "t_model", "c_model")
"""Ports that take whole numbers."""

CABINET = Pedal("gx_cabinet", {"c_model": (0, 13), "CLevel": (1.0, 1.0)})
LOUD_CABINET = Pedal("gx_cabinet", {"c_model": (5, 8), "CLevel": (1.0, 1.0)})

PEDALS = {
    "scream": Pedal("gx_scream", {"SCREAM": (0.4, 0.9)}),
    "ts9": Pedal("gxts9", {"fslider0_": (-10.0, -2.0), "fslider1_": (300.0, 900.0), "fslider2_": (0.4, 0.9)}),
    "ds1": Pedal("gx_bossds1", {"LEVEL": (-4.0, 4.0), "TONE": (0.3, 0.7), "DRIVE": (0.4, 0.9)}),
    "mxr": Pedal("gx_mxrdist", {"VOLUME": (0.4, 0.7), "DRIVE": (0.4, 0.9)}),
    "clipper": Pedal("gx_aclipper", {"DRIVE": (0.4, 0.9), "LEVEL": (-7.0, 0.0), "TONE": (0.3, 0.7)}),
    "muff": Pedal("gx_muff", {"TONE": (0.3, 0.7), "VOLUME": (0.4, 0.7)}),
    "fuzzface": Pedal("gx_fuzzface", {"FUZZ": (0.4, 0.9), "LEVEL": (0.4, 0.7)}),
    "hornet": Pedal("gx_hornet", {"FUZZ": (0.4, 0.8), "SUSTAIN": (0.4, 0.8), "VOLUME": (0.5, 0.8)}),
    "chorus": Pedal("gx_chorus", {"level": (0.4, 0.7), "depth": (0.01, 0.03), "freq": (0.5, 3.0)}),
    "phaser": Pedal("gx_phaser", {"dry_wet": (50.0, 50.0), "speed": (0.3, 1.5)}),
    "tremolo": Pedal("gx_tremolo", {"dry_wet": (70.0, 100.0), "depth": (0.4, 0.8), "freq": (3.0, 7.0)}),
    "metal": Pedal("gxmetal_amp", {"TONE": (0.3, 0.7), "DRIVE": (6.0, 16.0), "PREGAIN": (0.0, 10.0)}),
    "head": Pedal("gxmetal_head", {"TONE": (0.3, 0.7), "DRIVE": (0.3, 0.8), "PREGAIN": (0.0, 10.0)}),
    "jcm": Pedal("gx_jcm800pre", {"P6v": (0.5, 0.9), "Middle": (0.4, 0.8), "Bass": (0.3, 0.6), "Treble": (0.4, 0.7)}),
    "chump": Pedal("gx_redeye", {"Gain": (0.5, 1.0), "Tone": (0.4, 0.8), "Volume": (0.3, 0.6)}),
    "clean": amp((-6.0, 2.0), (0.0, 0.2)),
    "crunch": amp((4.0, 12.0), (0.3, 0.6)),
    "hot": amp((10.0, 18.0), (0.5, 0.9)),
}  # fmt: skip

RIGS: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "guitar": {
        "ampclean": (("clean",), ("chorus", "clean"), ("clean", "tremolo"), ("phaser", "clean")),
        "ampcrunch": (("crunch",), ("chump", "cabinet"), ("ts9", "crunch"), ("scream", "crunch")),
        "amplead": (("scream", "hot"), ("ds1", "crunch"), ("mxr", "hot"), ("jcm", "cabinet"), ("clipper", "hot")),
        "ampmetal": (("metal", "loud"), ("head", "loud"), ("ts9", "head", "loud"), ("ts9", "jcm", "loud")),
        "ampfuzz": (("muff", "crunch"), ("fuzzface", "crunch"), ("hornet", "clean")),
    },
    "bass": {"ampbass": (("clean",), ("crunch",), ("muff", "clean"), ("scream", "clean"), ("chorus", "clean"))},
    "keys": {"ampkeys": (("clean", "tremolo"), ("crunch",), ("phaser", "clean"), ("chorus", "clean"))},
    "organ": {"amporgan": (("crunch", "tremolo"), ("hot",), ("chorus", "crunch"))},
}  # fmt: skip
"""Chains by family and source; ``cabinet`` and ``loud`` are cabinets alone."""


def opened(plugins: Path, pedal: Pedal) -> Plugin:
    """The plugin of a pedal."""
    bundle = plugins / f"{pedal.bundle}.lv2"
    return Plugin(bundle, f"{pedal.bundle}.so", f"{pedal.bundle}.ttl")


def through(plugin: Plugin, x: np.ndarray) -> np.ndarray:
    """A sound through a plugin, after half a second of silence in which it settles."""
    for _ in range(RATE // 2 // BLOCK):
        plugin.run(sound=np.zeros(BLOCK))
    padded = np.pad(x, (0, -len(x) % BLOCK))
    return np.concatenate([plugin.run(sound=piece) for piece in padded.reshape(-1, BLOCK)])


def levelled(sounds: Sounds, rng: Rng) -> Sounds:
    """The sounds as loud as the next stage wants them."""
    loudest = max(float(np.abs(x).max()) for x in sounds.values()) + 1e-9
    level = rng.uniform(*LEVEL)
    return {p: x / loudest * level for p, x in sounds.items()}


def amplified(sounds: Sounds, chain: tuple[str, ...], plugins: Path, rng: Rng) -> Sounds:
    """The sounds (at RATE) through a chain whose settings are drawn once."""
    above, more = scipy.signal.butter(1, BRIGHT_HZ, "high", fs=RATE), rng.uniform(*BRIGHT)
    out = levelled({p: x + more * scipy.signal.lfilter(*above, x) for p, x in sounds.items()}, rng)
    for name in chain:
        pedal = {"cabinet": CABINET, "loud": LOUD_CABINET}.get(name) or PEDALS[name]
        plugin, values = opened(plugins, pedal), pedal.drawn(rng)
        plugin.set({k: float(round(v)) if k in WHOLE else v for k, v in values.items()})
        out = {p: through(plugin, x) for p, x in out.items()}
        plugin.close()
        out = levelled(out, rng)
    return {p: soxr.resample(x, RATE, BANK_RATE) for p, x in out.items()}


def of_font(path: Path, program: int, family: str) -> Sounds:
    """A soundfont's program by pitch at RATE, one side."""
    import fluidsynth

    synth = fluidsynth.Synth(samplerate=float(RATE), gain=0.4)
    synth.setting("synth.reverb.active", 0)
    synth.setting("synth.chorus.active", 0)
    synth.program_select(0, synth.sfload(str(path)), 0, program)
    out = {}
    for pitch in pitches_of(family):
        if family == "guitar" and pitch > TOP:
            continue
        synth.noteon(0, pitch, 105)
        held = synth.get_samples(int(HOLD_S * RATE))
        synth.noteoff(0, pitch)
        x = np.concatenate([held, synth.get_samples(int((TOTAL_S - HOLD_S) * RATE))])
        out[pitch] = x.reshape(-1, 2).mean(1) / 32768
        synth.all_sounds_off(0)
    synth.delete()
    return out


def of_file(path: Path) -> Sounds:
    """A bank's one-shots by pitch at RATE."""
    kept = np.load(path)
    return {
        int(p): soxr.resample(x / 32768, BANK_RATE, RATE) for p, x in zip(kept["pitches"], kept["sounds"], strict=True)
    }


def clean(arguments: list[str]) -> Iterator[tuple[str, str, Sounds]]:
    """Family, name and sounds of what goes into the amplifiers."""
    for argument in arguments:
        if "=" in argument:
            name, font = argument.split("=", 1)
            for program, called in PROGRAMS.items():
                family = "keys" if program < 8 else "organ" if program < 24 else "guitar" if program < 32 else "bass"
                yield family, f"{name}-{called}", of_font(Path(font), program, family)
        else:
            yield Path(argument).parent.name, Path(argument).stem.replace("_", "-"), of_file(Path(argument))


def main() -> None:
    """Command line: OUT PLUGINS FONTS FILES."""
    out, plugins, rng = Path(sys.argv[1]), Path(sys.argv[2]), np.random.default_rng(0)
    start, made = time.process_time(), 0
    for family, name, sounds in clean(sys.argv[3:]):
        for source, chains in RIGS[family].items():
            for i in rng.permutation(len(chains))[: TAKES.get(family, 1)]:
                called = f"{source}_{name}_{'-'.join(chains[i])}"
                wrong = save(out, family, called, amplified(sounds, chains[i], plugins, rng))
                made += not wrong
                print(wrong or "made", family, called, round(time.process_time() - start, 1), flush=True)
    print(made, "instruments,", round(time.process_time() - start, 1), "s of CPU", flush=True)


if __name__ == "__main__":
    main()
