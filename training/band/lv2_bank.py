"""Instruments of synthesisers with LV2 plugins as one-shots, offline.

python -m training.band.lv2_bank OUT OUT_HELD yoshimi BUNDLE BANKS
python -m training.band.lv2_bank OUT OUT_HELD mda BUNDLE
python -m training.band.lv2_bank OUT OUT_HELD setbfree BUNDLE
"""

import gzip
import itertools
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr

from bridge.note_maps.features import RATE as BANK_RATE
from training.band.lv2 import BLOCK, RATE, Plugin
from training.band.names import family_of
from training.band.oneshots import HOLD_S, TOTAL_S, Sounds, pitches_of, save

FOLDERS = {
    "Bass": "bass",
    "Brass": "brass",
    "Guitar": "guitar",
    "Organ": "organ",
    "Reed_and_Wind": "winds",
    "Rhodes": "keys",
    "Strings": "strings",
    "Choir_and_Voice": "voice",
    "Synth": "synth",
    "Pads": "synth",
    "chip": "synth",
    "SynthPiano": "keys",
}
"""Yoshimi's banks whose name tells the family."""

HELD = ("yoshimi_Cormi_Sound", "yoshimi_Will_Godfrey_Companion", "mdadx10", "mdajx10")
"""What only the held-out set plays."""

MDA = ("EPiano", "Piano", "DX10", "JX10")

DRAWBARS = {
    "jazz": "888000000", "gospel": "888800008", "full": "888888888", "soft": "008530000", "rock": "888600000",
    "theatre": "807000000", "reggae": "008888888", "flutey": "008400000", "bright": "800000888", "ballad": "806000004",
    "whistle": "800000008",
    "mellow": "868600000", "clarinet": "006070540", "strings": "345554321", "swell": "688600040",
    "octaves": "080808008",
}  # fmt: skip
"""Registrations of a tonewheel organ, from players' lists: 16', 5 1/3', 8', 4', 2 2/3', 2', 1 3/5', 1 1/3', 1'."""


def one_shots(plugin, family: str) -> Sounds:
    """A sound by pitch, held for HOLD_S; ``plugin`` is anything with run(messages) -> BLOCK of sound."""
    sounds = {}
    total, off = int(TOTAL_S * RATE / BLOCK) + 1, int(HOLD_S * RATE / BLOCK)
    for pitch in pitches_of(family):
        x = [
            plugin.run([bytes([0x90, pitch, 100])] if i == 0 else [bytes([0x80, pitch, 0])] if i == off else [])
            for i in range(total)
        ]
        sounds[pitch] = soxr.resample(np.concatenate(x), RATE, BANK_RATE)
        plugin.run([bytes([0xB0, 120, 0]), bytes([0xB0, 123, 0])])
        for _ in range(30):
            plugin.run()
    return sounds


def instrument_of(path: Path) -> str:
    """The <INSTRUMENT> block of a .xiz, which is gzipped or plain XML."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
    return text[text.index("<INSTRUMENT") : text.index("</INSTRUMENT>") + 13]


def yoshimi(bundle: Path, banks: Path) -> Iterator[tuple[str, str, Plugin]]:
    """Each instrument of the banks: its family, its name and the plugin set to it."""
    plugin = Plugin(bundle, "yoshimi_lv2.so", "yoshimi.ttl", "lv2_plugin")
    for _ in range(10):
        plugin.run()
    kept = plugin.save()
    key = next(iter(kept))
    text, kind, flags = kept[key][0].decode("utf-8", "replace"), kept[key][1], kept[key][2]
    a, b = text.index("<INSTRUMENT"), text.index("</INSTRUMENT>") + 13
    for path in sorted(banks.glob("*/*.xiz")):
        family = FOLDERS.get(path.parent.name) or family_of(path.stem.split("-", 1)[1])
        if family:
            plugin.restore({key: ((text[:a] + instrument_of(path) + text[b:]).encode(), kind, flags)})
            yield family, f"yoshimi_{path.parent.name}_{path.stem}", plugin


def presets_of(text: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Names and port values of the presets in a Turtle text."""
    for block in re.split(r"a\s+pset:Preset", text)[1:]:
        label = re.search(r'rdfs:label\s+"([^"]+)"', block)
        pairs = re.findall(r'lv2:symbol\s+"([^"]+)"\s*;\s*pset:value\s+(-?[\d.eE+-]+)', block)
        if label is not None:
            yield label[1], {symbol: float(value) for symbol, value in pairs}


def mda(bundle: Path) -> Iterator[tuple[str, str, Plugin]]:
    """The presets of mda's pianos and synthesisers."""
    for name in MDA:
        plugin = Plugin(bundle, f"{name}.so", f"{name}.ttl")
        for label, values in presets_of((bundle / f"{name}-presets.ttl").read_text()):
            family = "keys" if "Piano" in name else family_of(label)
            if family != "":
                plugin.set(values)
                yield family or "synth", f"mda{name.lower()}_{label}", plugin


def setbfree(bundle: Path) -> Iterator[tuple[str, str, Plugin]]:
    """Registrations of the tonewheel organ, each with the rotor slow, fast and through its preamplifier overdriven."""
    for (name, bars), (way, controls) in itertools.product(
        DRAWBARS.items(), {"slow": {1: 63}, "fast": {1: 127}, "driven": {1: 127, 65: 127, 93: 90}}.items()
    ):
        plugin = Plugin(bundle, "b_synth.so", "b_synth.ttl")
        for _ in range(30):
            plugin.run()
        settings = {70 + i: 127 - round(int(bar) * 127 / 8) for i, bar in enumerate(bars)} | controls
        for controller, value in settings.items():
            plugin.run([bytes([0xB0, controller, value])])
        for _ in range(300):
            plugin.run()
        yield "organ", f"setbfree_{name}_{way}", plugin
        plugin.close()


SOURCES = {"yoshimi": yoshimi, "mda": mda, "setbfree": setbfree}


def main() -> None:
    """Command line: OUT OUT_HELD SOURCE PATHS."""
    out, held, source, *paths = sys.argv[1:]
    start, made = time.process_time(), 0
    for family, name, plugin in SOURCES[source](*map(Path, paths)):
        folder = Path(held if name.startswith(HELD) else out)
        name = re.sub(r"[^\w .,-]", "", name)
        if (folder / family / f"{name}.npz").exists():
            continue
        for _ in range(20):
            plugin.run()
        wrong = save(folder, family, name, one_shots(plugin, family))
        made += not wrong
        if wrong:
            print(wrong, family, name)
    print(made, "instruments,", round(time.process_time() - start, 1), "s of CPU", flush=True)


if __name__ == "__main__":
    main()
