"""Instruments of the yoshimi synthesiser as one-shots, through its LV2 plugin and ctypes, offline.

python -m training.band.lv2_bank /usr/lib/lv2/yoshimi.lv2/yoshimi_lv2.so /usr/lib/lv2/yoshimi.lv2/ BANKS OUT OUT_HELD
"""

import ctypes as C  # noqa: N812 - every second word is of it
import gzip
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

RATE, BLOCK = 44100, 256
PITCHES = (40, 52, 64, 76, 88)
HOLD_S, TOTAL_S = 2.2, 2.8


class Feature(C.Structure):
    """A feature of the host (LV2_Feature)."""

    _fields_ = [("uri", C.c_char_p), ("data", C.c_void_p)]


class Map(C.Structure):
    """Numbers for names (LV2_URID_Map)."""

    _fields_ = [("handle", C.c_void_p), ("map", C.CFUNCTYPE(C.c_uint32, C.c_void_p, C.c_char_p))]


class Option(C.Structure):
    """A setting of the host (LV2_Options_Option)."""

    _fields_ = [
        ("context", C.c_int),
        ("subject", C.c_uint32),
        ("key", C.c_uint32),
        ("size", C.c_uint32),
        ("type", C.c_uint32),
        ("value", C.c_void_p),
    ]


class Descriptor(C.Structure):
    """The functions of the plugin (LV2_Descriptor)."""

    _fields_ = [
        ("uri", C.c_char_p),
        ("instantiate", C.CFUNCTYPE(C.c_void_p, C.c_void_p, C.c_double, C.c_char_p, C.POINTER(C.POINTER(Feature)))),
        ("connect_port", C.CFUNCTYPE(None, C.c_void_p, C.c_uint32, C.c_void_p)),
        ("activate", C.CFUNCTYPE(None, C.c_void_p)),
        ("run", C.CFUNCTYPE(None, C.c_void_p, C.c_uint32)),
        ("deactivate", C.CFUNCTYPE(None, C.c_void_p)),
        ("cleanup", C.CFUNCTYPE(None, C.c_void_p)),
        ("extension_data", C.CFUNCTYPE(C.c_void_p, C.c_char_p)),
    ]


RETRIEVE = C.CFUNCTYPE(
    C.c_void_p, C.c_void_p, C.c_uint32, C.POINTER(C.c_size_t), C.POINTER(C.c_uint32), C.POINTER(C.c_uint32)
)
STORE = C.CFUNCTYPE(C.c_int, C.c_void_p, C.c_uint32, C.c_void_p, C.c_size_t, C.c_uint32, C.c_uint32)


class State(C.Structure):
    """Save and restore (LV2_State_Interface)."""

    _fields_ = [
        ("save", C.CFUNCTYPE(C.c_int, C.c_void_p, STORE, C.c_void_p, C.c_uint32, C.POINTER(C.POINTER(Feature)))),
        ("restore", C.CFUNCTYPE(C.c_int, C.c_void_p, RETRIEVE, C.c_void_p, C.c_uint32, C.POINTER(C.POINTER(Feature)))),
    ]


URIDS: dict[bytes, int] = {}


def urid(uri: bytes) -> int:
    return URIDS.setdefault(uri, len(URIDS) + 1)


class Plugin:
    """One instance; a sound is set by restoring a state, as a host's session would."""

    def __init__(self, library: str, bundle: str) -> None:
        lib = C.CDLL(library)
        lib.lv2_descriptor.restype = C.POINTER(Descriptor)
        for i in range(4):
            d = lib.lv2_descriptor(i)
            if d and d.contents.uri == b"http://yoshimi.sourceforge.net/lv2_plugin":
                break
        self._d = d.contents
        self._fn = Map._fields_[1][1](lambda h, uri: urid(uri))
        self._map = Map(None, self._fn)

        def n(name: bytes) -> int:
            return urid(b"http://lv2plug.in/ns/ext/buf-size#" + name)

        self._size, integer = C.c_int32(BLOCK), urid(b"http://lv2plug.in/ns/ext/atom#Int")
        options = [
            Option(0, 0, n(k), 4, integer, C.cast(C.pointer(self._size), C.c_void_p))
            for k in (b"maxBlockLength", b"minBlockLength", b"nominalBlockLength")
        ] + [Option(0, 0, 0, 0, 0, None)]
        self._options = (Option * 4)(*options)
        self._features = [
            Feature(b"http://lv2plug.in/ns/ext/urid#map", C.cast(C.pointer(self._map), C.c_void_p)),
            Feature(b"http://lv2plug.in/ns/ext/options#options", C.cast(self._options, C.c_void_p)),
            Feature(b"http://lv2plug.in/ns/ext/buf-size#boundedBlockLength", None),
        ]
        self._list = (C.POINTER(Feature) * 4)(*[C.pointer(f) for f in self._features], None)
        self._h = self._d.instantiate(C.addressof(self._d), RATE, bundle.encode(), self._list)
        assert self._h
        self._events = (C.c_uint8 * 4096)()
        self._outs = [(C.c_float * BLOCK)() for _ in range(40)]
        self._d.connect_port(self._h, 0, C.cast(self._events, C.c_void_p))
        for p in range(1, 40):
            self._d.connect_port(self._h, p, C.cast(self._outs[p], C.c_void_p))
        self._d.activate(self._h)

    def run(self, messages: Sequence[bytes] = ()) -> np.ndarray:
        """The next BLOCK of sound, both sides added, with MIDI messages at its start."""
        body = b""
        for m in messages:
            head = (
                np.array([0], "<i8").tobytes()
                + np.array([len(m), urid(b"http://lv2plug.in/ns/ext/midi#MidiEvent")], "<u4").tobytes()
            )
            body += (head + m).ljust(24, b"\0")
        head = np.array([8 + len(body), urid(b"http://lv2plug.in/ns/ext/atom#Sequence"), 0, 0], "<u4").tobytes()
        C.memmove(self._events, head + body, len(head + body))
        self._d.run(self._h, BLOCK)
        return np.frombuffer(self._outs[2], np.float32) + np.frombuffer(self._outs[3], np.float32)

    def save(self) -> dict:
        """The state by key: value, type and flags."""
        kept = {}

        def store(h, key, value, size, kind, flags):
            kept[key] = (C.string_at(value, size), kind, flags)
            return 0

        state = C.cast(self._d.extension_data(b"http://lv2plug.in/ns/ext/state#interface"), C.POINTER(State)).contents
        state.save(self._h, STORE(store), None, 0, self._list)
        return kept

    def restore(self, kept: dict) -> None:
        """Set what :meth:`save` gave."""
        alive = {k: (C.create_string_buffer(v, len(v)), len(v), t, f) for k, (v, t, f) in kept.items()}

        def retrieve(h, key, size, kind, flags):
            if key not in alive:
                return None
            b, n, t, f = alive[key]
            size[0], kind[0], flags[0] = n, t, f
            return C.addressof(b)

        state = C.cast(self._d.extension_data(b"http://lv2plug.in/ns/ext/state#interface"), C.POINTER(State)).contents
        state.restore(self._h, RETRIEVE(retrieve), None, 0, self._list)


def instrument_of(path: Path) -> str:
    """The <INSTRUMENT> block of a .xiz, which is gzipped or plain XML."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
    return text[text.index("<INSTRUMENT") : text.index("</INSTRUMENT>") + 13]


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
"""Banks whose name tells the family."""

WORDS = (
    (
        r"arpegg|sequence|noise|drum|echo fx|glitch|dual|layer|computer|"
        r"alien|batman|bubbl|effect|strange|car$|vento|pioggia",
        "",
    ),
    (r"pad|matrix|supersaw|sweep|lead|synth(?!_bass|_string|esi)|square|saw$|saw_|hyper|8bit|pulse_", "synth"),
    (r"bass(?!oon)", "bass"),
    (r"vib|bell|xylo|chime|musicbox|campan|ding|steeldrum|glass_|tubular|tine", "mallets"),
    (r"piano|rhodes|clav|pianola", "keys"),
    (r"organ|accord|armonica", "organ"),
    (r"guitar|twang", "guitar"),
    (r"string|violin|harp|pizz", "strings"),
    (r"choir|ahh|voice|vocal|chorus|aooww|eeoow", "voice"),
    (r"brass|braz|fanfar|thrumpet", "brass"),
    (r"flute|reed|clarinet|bassoon|fagotto|zufolo|ocarina|pan pipe|whistle|bottle|pinkollo", "winds"),
)
"""Words in an instrument's name and its family, the first that fits; none for what is no instrument."""

HELD = ("Cormi_Sound", "Will_Godfrey_Companion")
"""Banks that only the held-out set plays."""


def family_of(path: Path) -> str:
    """The family of an instrument file by its bank or its name; nothing if neither tells."""
    if path.parent.name in FOLDERS:
        return FOLDERS[path.parent.name]
    return next((f for words, f in WORDS if re.search(words, path.stem.split("-", 1)[1].lower())), "")


def main() -> None:
    """Command line: PLUGIN.so BUNDLE_DIR BANKS OUT OUT_HELD."""
    plugin, banks, out, held = Plugin(sys.argv[1], sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5])
    for _ in range(10):
        plugin.run()
    kept = plugin.save()
    key = next(iter(kept))
    text, kind, flags = kept[key][0].decode("utf-8", "replace"), kept[key][1], kept[key][2]
    a, b = text.index("<INSTRUMENT"), text.index("</INSTRUMENT>") + 13
    start, made = time.process_time(), 0
    paths = [p for p in banks.glob("*/*.xiz") if family_of(p)]
    for i in np.random.default_rng(0).permutation(len(paths)):
        path = paths[i]
        target = (
            (held if path.parent.name in HELD else out)
            / family_of(path)
            / f"yoshimi_{path.parent.name}_{path.stem}.npz"
        )
        if target.exists():
            continue
        plugin.restore({key: ((text[:a] + instrument_of(path) + text[b:]).encode(), kind, flags)})
        for _ in range(20):
            plugin.run()
        x = one_shots(plugin)
        if x is None:
            print("silent", path.name)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(file, pitches=np.array(PITCHES), sounds=x)
        temporary.rename(target)
        made += 1
        if made % 20 == 0:
            print(made, "instruments,", round(time.process_time() - start, 1), "s of CPU", flush=True)


def one_shots(plugin: Plugin) -> np.ndarray | None:
    """(PITCHES, samples) int16 at half the rate, each from its attack on; None where a pitch is silent."""
    sounds = []
    for pitch in PITCHES:
        total, off = int(TOTAL_S * RATE / BLOCK), int(HOLD_S * RATE / BLOCK)
        x = [
            plugin.run([bytes([0x90, pitch, 100])] if i == 0 else [bytes([0x80, pitch, 0])] if i == off else [])
            for i in range(total)
        ]
        sounds.append(np.concatenate(x))
        plugin.run([bytes([0xB0, 120, 0])])
        for _ in range(30):
            plugin.run()
    x = np.stack(sounds)
    x = (x[:, 0 : x.shape[1] // 2 * 2 : 2] + x[:, 1::2]) / 2
    loud = np.abs(x).max(1)
    if loud.min() < 1e-3 * loud.max() or loud.max() < 1e-4:
        return None
    first = np.argmax(np.abs(x) > 0.02 * loud[:, None], 1)
    x = np.stack([np.pad(r[f:], (0, f)) for r, f in zip(x, np.maximum(first - 40, 0), strict=True)])
    return (x / loud.max() * 30000).astype(np.int16)


if __name__ == "__main__":
    main()
