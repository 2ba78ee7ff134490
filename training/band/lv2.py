"""A host of LV2 plugins by ctypes, offline: instruments and effects, mono, with presets, state and a worker."""

import ctypes as C  # noqa: N812 - every second word is of it
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RATE, BLOCK = 44100, 256


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


RESPOND = C.CFUNCTYPE(C.c_int, C.c_void_p, C.c_uint32, C.c_void_p)


class Schedule(C.Structure):
    """Work for later (LV2_Worker_Schedule)."""

    _fields_ = [("handle", C.c_void_p), ("schedule", RESPOND)]


class Worker(C.Structure):
    """What a plugin does later (LV2_Worker_Interface)."""

    _fields_ = [
        ("work", C.CFUNCTYPE(C.c_int, C.c_void_p, RESPOND, C.c_void_p, C.c_uint32, C.c_void_p)),
        ("response", C.CFUNCTYPE(C.c_int, C.c_void_p, C.c_uint32, C.c_void_p)),
        ("end", C.c_void_p),
    ]


@dataclass(frozen=True, slots=True)
class Port:
    """A port as the plugin's description gives it; ``kind`` is audio, control or atom."""

    index: int
    symbol: str
    kind: str
    incoming: bool
    value: float


def ports_of(description: str) -> list[Port]:
    """The ports in a plugin's Turtle text."""
    out = []
    for text in re.split(r"(?:\]\s*,|lv2:port)\s*\[", description)[1:]:
        index, symbol = re.search(r"lv2:index\s+(\d+)", text), re.search(r'lv2:symbol\s+"([^"]+)"', text)
        if index is None or symbol is None or "Port" not in text:
            continue
        kind = "audio" if "AudioPort" in text else "control" if "ControlPort" in text else "atom"
        value = re.search(r"lv2:default\s+(-?[\d.eE+-]+)", text)
        out.append(Port(int(index[1]), symbol[1], kind, "InputPort" in text, float(value[1]) if value else 0.0))
    return out


class Plugin:
    """One instance of the plugin whose address ends in ``name``; its sound is set by ports, state or messages."""

    def __init__(self, bundle: Path, library: str, description: str, name: str = "") -> None:
        """Open BUNDLE/LIBRARY with the ports of BUNDLE/DESCRIPTION at their defaults."""
        lib = C.CDLL(str(bundle / library))
        lib.lv2_descriptor.restype = C.POINTER(Descriptor)
        for i in range(8):
            d = lib.lv2_descriptor(i)
            if d and d.contents.uri.decode().endswith(name):
                break
        self._d = d.contents
        self._fn = Map._fields_[1][1](lambda h, uri: urid(uri))
        self._map, self._waiting = Map(None, self._fn), []
        self._later = RESPOND(lambda h, size, data: self._waiting.append(C.string_at(data, size)) or 0)
        self._schedule = Schedule(None, self._later)

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
            Feature(b"http://lv2plug.in/ns/ext/worker#schedule", C.cast(C.pointer(self._schedule), C.c_void_p)),
        ]
        self._list = (C.POINTER(Feature) * 5)(*[C.pointer(f) for f in self._features], None)
        self._h = self._d.instantiate(C.addressof(self._d), RATE, f"{bundle}/".encode(), self._list)
        assert self._h
        self.ports = ports_of((bundle / description).read_text())
        self._events, self._notices = (C.c_uint8 * 4096)(), (C.c_uint8 * 65536)()
        self._sounds = {p.symbol: (C.c_float * BLOCK)() for p in self.ports if p.kind == "audio"}
        self._values = {p.symbol: C.c_float(p.value) for p in self.ports if p.kind == "control"}
        for p in self.ports:
            if p.kind == "audio":
                at = C.cast(self._sounds[p.symbol], C.c_void_p)
            elif p.kind == "control":
                at = C.cast(C.pointer(self._values[p.symbol]), C.c_void_p)
            else:
                at = C.cast(self._events if p.incoming else self._notices, C.c_void_p)
            self._d.connect_port(self._h, p.index, at)
        audio = [p for p in self.ports if p.kind == "audio"]
        self._ins = [self._sounds[p.symbol] for p in audio if p.incoming]
        self._outs = [self._sounds[p.symbol] for p in audio if not p.incoming][:2]
        worker = (
            self._d.extension_data(b"http://lv2plug.in/ns/ext/worker#interface") if self._d.extension_data else None
        )
        self._worker = C.cast(worker, C.POINTER(Worker)).contents if worker else None
        if self._d.activate:
            self._d.activate(self._h)

    def close(self) -> None:
        """Let the instance go."""
        if self._d.deactivate:
            self._d.deactivate(self._h)
        self._d.cleanup(self._h)

    def set(self, values: dict[str, float]) -> None:
        """Set control ports by symbol, all others to their defaults."""
        for p in self.ports:
            if p.kind == "control" and p.incoming:
                self._values[p.symbol].value = values.get(p.symbol, p.value)

    def run(self, messages: Sequence[bytes] = (), sound: np.ndarray | None = None) -> np.ndarray:
        """The next BLOCK, the first two outputs added, with MIDI messages at its start or a sound going in."""
        body = b""
        for m in messages:
            head = (
                np.array([0], "<i8").tobytes()
                + np.array([len(m), urid(b"http://lv2plug.in/ns/ext/midi#MidiEvent")], "<u4").tobytes()
            )
            body += (head + m).ljust((len(head + m) + 7) // 8 * 8, b"\0")
        sequence = urid(b"http://lv2plug.in/ns/ext/atom#Sequence")
        head = np.array([8 + len(body), sequence, 0, 0], "<u4").tobytes()
        C.memmove(self._events, head + body, len(head + body))
        C.memmove(self._notices, np.array([65528, sequence], "<u4").tobytes(), 8)
        if sound is not None:
            data = sound.astype(np.float32).tobytes()
            for port in self._ins:
                C.memmove(port, data, len(data))
        self._d.run(self._h, BLOCK)
        self._work()
        return np.sum([np.frombuffer(p, np.float32) for p in self._outs], 0)

    def _work(self) -> None:
        """Do what the plugin wanted done later."""
        if not self._waiting:
            return
        answers: list[bytes] = []
        respond = RESPOND(lambda h, size, data: answers.append(C.string_at(data, size)) or 0)
        while self._waiting and self._worker is not None:
            data = self._waiting.pop(0)
            self._worker.work(self._h, respond, None, len(data), data)
        for data in answers:
            self._worker.response(self._h, len(data), data)

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
