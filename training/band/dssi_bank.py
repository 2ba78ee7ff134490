"""Patches of synthesisers with DSSI plugins as one-shots, offline: a host by ctypes.

python -m training.band.dssi_bank OUT hexter hexter.so FILE.dx7 [FILE.dx7 ...]
python -m training.band.dssi_bank OUT whysynth whysynth.so FILE.WhySynth
python -m training.band.dssi_bank OUT amsynth amsynth_dssi.so BANK [BANK ...]
"""

import ctypes as C  # noqa: N812 - every second word is of it
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from training.band.lv2 import BLOCK, RATE
from training.band.lv2_bank import one_shots
from training.band.names import family_of
from training.band.oneshots import save

NOTE_ON, NOTE_OFF, CONTROL = 6, 7, 10
"""Kinds of ALSA's sequencer events."""

MOST = {
    "hexter": {"any": 40},
    "whysynth": {"any": 14, "synth": 40},
    "amsynth": {"any": 10, "synth": 50, "bass": 25},
}
"""Patches that a source gives a family: an analogue synthesiser's pianos are none, its basses are."""

HINT = 0x3C0
"""Bits of a port's hint that tell its default (ladspa.h)."""


class Range(C.Structure):
    """What a port takes (LADSPA_PortRangeHint)."""

    _fields_ = [("hint", C.c_int), ("low", C.c_float), ("high", C.c_float)]


class Ladspa(C.Structure):
    """The functions of a plugin (LADSPA_Descriptor)."""

    _fields_ = [
        ("id", C.c_ulong),
        ("label", C.c_char_p),
        ("properties", C.c_int),
        ("name", C.c_char_p),
        ("maker", C.c_char_p),
        ("copyright", C.c_char_p),
        ("ports", C.c_ulong),
        ("kinds", C.POINTER(C.c_int)),
        ("names", C.POINTER(C.c_char_p)),
        ("ranges", C.POINTER(Range)),
        ("data", C.c_void_p),
        ("instantiate", C.CFUNCTYPE(C.c_void_p, C.c_void_p, C.c_ulong)),
        ("connect", C.CFUNCTYPE(None, C.c_void_p, C.c_ulong, C.c_void_p)),
        ("activate", C.CFUNCTYPE(None, C.c_void_p)),
        ("run", C.CFUNCTYPE(None, C.c_void_p, C.c_ulong)),
        ("run_adding", C.c_void_p),
        ("set_gain", C.c_void_p),
        ("deactivate", C.CFUNCTYPE(None, C.c_void_p)),
        ("cleanup", C.CFUNCTYPE(None, C.c_void_p)),
    ]


class Program(C.Structure):
    """A patch's place and name (DSSI_Program_Descriptor)."""

    _fields_ = [("bank", C.c_ulong), ("program", C.c_ulong), ("name", C.c_char_p)]


class Event(C.Structure):
    """An event of ALSA's sequencer (snd_seq_event_t)."""

    _fields_ = [("kind", C.c_uint8), ("head", C.c_uint8 * 15), ("data", C.c_uint8 * 12)]


class Dssi(C.Structure):
    """The functions of a synthesiser (DSSI_Descriptor)."""

    _fields_ = [
        ("version", C.c_int),
        ("ladspa", C.POINTER(Ladspa)),
        ("configure", C.CFUNCTYPE(C.c_void_p, C.c_void_p, C.c_char_p, C.c_char_p)),
        ("get_program", C.CFUNCTYPE(C.POINTER(Program), C.c_void_p, C.c_ulong)),
        ("select_program", C.CFUNCTYPE(None, C.c_void_p, C.c_ulong, C.c_ulong)),
        ("get_controller", C.c_void_p),
        ("run_synth", C.CFUNCTYPE(None, C.c_void_p, C.c_ulong, C.POINTER(Event), C.c_ulong)),
    ]


class Synth:
    """One instance of the first synthesiser of a library."""

    def __init__(self, library: Path) -> None:
        """Open it with its ports at their defaults."""
        lib = C.CDLL(str(library))
        lib.dssi_descriptor.restype = C.POINTER(Dssi)
        lib.dssi_descriptor.argtypes = [C.c_ulong]
        self._d = lib.dssi_descriptor(0).contents
        self._l = self._d.ladspa.contents
        self._h = self._l.instantiate(C.addressof(self._l), RATE)
        self._values: dict[str, C.c_float] = {}
        self._outs = []
        for i in range(self._l.ports):
            if self._l.kinds[i] & 8:
                buffer = (C.c_float * BLOCK)()
                self._outs.append(buffer)
                self._l.connect(self._h, i, C.cast(buffer, C.c_void_p))
            else:
                value = self._values[self._l.names[i].decode()] = C.c_float(usual(self._l.ranges[i]))
                self._l.connect(self._h, i, C.cast(C.pointer(value), C.c_void_p))
        if self._l.activate:
            self._l.activate(self._h)

    def configure(self, key: str, value: str) -> None:
        """Send a setting, such as a file to load."""
        self._d.configure(self._h, key.encode(), value.encode())

    def programs(self) -> list[tuple[int, int, str]]:
        """Bank, number and name of the patches that are loaded."""
        out = []
        while found := self._d.get_program(self._h, len(out)):
            p = found.contents
            out.append((p.bank, p.program, p.name.decode("latin-1")))
        return out

    def select(self, bank: int, program: int) -> None:
        """Play a patch from now on."""
        self._d.select_program(self._h, bank, program)

    def set(self, values: dict[str, float]) -> None:
        """Set ports by name."""
        for name, value in values.items():
            if name in self._values:
                self._values[name].value = value

    def run(self, messages: Sequence[bytes] = ()) -> np.ndarray:
        """The next BLOCK, both sides added, with MIDI messages at its start."""
        events = (Event * max(1, len(messages)))()
        for event, (status, first, second) in zip(events, messages, strict=False):
            if status & 0xF0 == 0xB0:
                event.kind = CONTROL
                event.data[4:8], event.data[8:12] = list(np.uint32(first).tobytes()), list(np.uint32(second).tobytes())
            else:
                event.kind = NOTE_ON if status & 0xF0 == 0x90 else NOTE_OFF
                event.data[1], event.data[2] = first, second
        self._d.run_synth(self._h, BLOCK, events, len(messages))
        return np.sum([np.frombuffer(p, np.float32) for p in self._outs[:2]], 0)


def usual(span: Range) -> float:
    """A port's default by its hint."""
    way = (span.hint & HINT) >> 6
    part = {1: 0.0, 2: 0.25, 3: 0.5, 4: 0.75, 5: 1.0}.get(way)
    if part is not None:
        return span.low + part * (span.high - span.low)
    return {8: 0.0, 9: 1.0, 10: 100.0, 11: 440.0}.get(way, 0.0)


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def encoded(data: bytes) -> str:
    """Seven-bit data in six-bit letters, with its length and sum, as hexter's interface sends it."""
    bits = "".join(f"{byte & 0x7F:07b}" for byte in data)
    bits += "0" * (-len(bits) % 6)
    letters = "".join(LETTERS[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6))
    return f"{len(data)} {letters} {sum(data)}"


Patch = tuple[str, Callable[[], None]]
"""A patch's name and what sets it."""


def hexter(synth: Synth, files: list[Path]) -> Iterator[Patch]:
    """The voices of DX7 cartridges, raw or as system exclusive."""
    for file in files:
        raw = file.read_bytes()
        raw = raw[6:] if raw[:1] == b"\xf0" else raw
        for start in range(0, len(raw) - 4095, 4096):
            bank = raw[start : start + 4096]
            for number in range(32):

                def play(bank: bytes = bank, number: int = number) -> None:
                    synth.configure("patches0", encoded(bank))
                    synth.select(0, number)

                yield bank[number * 128 + 118 :][:10].decode("latin-1").strip(), play


def whysynth(synth: Synth, files: list[Path]) -> Iterator[Patch]:
    """The patches of one file that the synthesiser itself reads."""
    synth.configure("load", str(files[0].absolute()))
    for bank, number, name in synth.programs():
        yield unquote(name).strip(), partial(synth.select, bank, number)


def amsynth(synth: Synth, files: list[Path]) -> Iterator[Patch]:
    """The presets of amSynth's banks, set by its ports."""
    for file in files:
        for block in file.read_text("utf-8", "replace").split("<preset> <name>")[1:]:
            values = {n: float(v) for n, v in re.findall(r"<parameter> (\w+) (-?[\d.eE+-]+)", block)}
            yield block.split("\n", 1)[0].strip(), partial(synth.set, values | {"portamento_time": 0.0})


SOURCES = {"hexter": hexter, "whysynth": whysynth, "amsynth": amsynth}

NOT_A_SOUND = re.compile(r"init|--|==|<|template|patches:")
"""Names in the lists that are headings and empty patches."""


def main() -> None:
    """Command line: OUT SOURCE LIBRARY FILES."""
    out, source, synth, files = (
        Path(sys.argv[1]),
        sys.argv[2],
        Synth(Path(sys.argv[3])),
        [Path(f) for f in sys.argv[4:]],
    )
    start, made = time.process_time(), Counter[str]()
    patches = {name: play for name, play in SOURCES[source](synth, files) if not NOT_A_SOUND.search(name)}
    names = sorted(patches)
    for i in np.random.default_rng(0).permutation(len(names)):
        family = family_of(names[i])
        if not family or made[family] >= MOST[source].get(family, MOST[source]["any"]):
            continue
        patches[names[i]]()
        for _ in range(150):
            synth.run()
        name = re.sub(r"[^\w .,-]", "", names[i])
        wrong = save(out, family, f"{source}_{name}", one_shots(synth, family))
        made[family] += not wrong
        if wrong:
            print(wrong, family, name, flush=True)
    print(source, dict(made), round(time.process_time() - start, 1), "s of CPU", flush=True)


if __name__ == "__main__":
    main()
