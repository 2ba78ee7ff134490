"""``dawscribe play JOB``: play a result on a MIDI port, so that a DAW without scripts can record it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.cli.client import client
from bridge.cli.numbers import decimal, whole
from bridge.config import home_folder, load
from bridge.errors import InputError, PluginError
from bridge.midi.playback import Event, follow, play
from bridge.midi.ports import PORT_NAME, find_port, midi_backend
from bridge.spool.untrusted_json import one_line

SETTLE_S = 0.25
"""Pause after a port was opened: JACK and ALSA connect it a moment later, and what is sent before is lost."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One played score."""

    file: Path
    title: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("job", metavar="JOB", help="a job's id, the beginning of it, 'last', or a .mid file")
    parser.add_argument(
        "--item", type=whole, default=1, metavar="N", help="of a job of several items, play the Nth (1)"
    )
    parser.add_argument("--port", metavar="NAME", help=f'port to play on; else a virtual port "{PORT_NAME}"')
    parser.add_argument("--clock", action="store_true", help="follow the MIDI clock and song position of a DAW")
    parser.add_argument(
        "--clock-port", metavar="NAME", help=f'where the clock comes from; else a port "{PORT_NAME} clock"'
    )
    parser.add_argument(
        "--at", type=decimal, default=0.0, metavar="BEATS", help="with --clock: where the item lies, in quarter notes"
    )


def run(options: argparse.Namespace) -> int:
    """Play until the end, or with --clock until Ctrl-C."""
    stopped = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    chosen = _chosen(options.job, options.item)
    events = events_qn(chosen.file, options.at) if options.clock else events_s(chosen.file)
    backend = midi_backend(load(home_folder()).get("triggers.midi.api"))
    output = _open(backend, "output", options.port, PORT_NAME)
    try:
        if not options.clock:
            print(f"Playing {chosen.title}, on {output.name}.", flush=True)
            time.sleep(SETTLE_S)
            play(events, output.send, stopped.is_set)
            return 0
        clock = _open(backend, "input", options.clock_port, f"{PORT_NAME} clock")
        try:
            print(
                f"Following the clock on {clock.name}, playing {chosen.title}, on {output.name}; Ctrl-C ends.",
                flush=True,
            )
            follow(events, output.send, lambda: list(clock.iter_pending()), stopped.is_set)
        finally:
            clock.close()
    finally:
        output.close()
    return 0


def _chosen(name: str, number: int) -> _Chosen:
    """The MIDI file, or the MIDI file of the job's item with this number, from 1."""
    path = Path(name)
    if path.suffix.lower() == ".mid" and path.is_file():
        if number != 1:
            raise InputError("A MIDI file has no items to choose from; leave --item out.", code="play-item-of-file")
        return _Chosen(path, path.name)
    daemon = client()
    job = daemon.job(name)
    if job.status.state != "done":
        raise InputError(f"Job {job.id} has no result yet ({job.status.state}).", code="job-unfinished")
    items = daemon.store.result(job.id)["items"]
    if not 1 <= number <= len(items):
        raise InputError(
            f"Job {job.id} has no item {number}; choose --item from 1 to {len(items)}.", code="item-not-found"
        )
    midi, title = items[number - 1].get("midi"), one_line(str(items[number - 1].get("name", "")))
    if not isinstance(midi, str) or Path(midi).name != midi:
        raise InputError(f"Job {job.id} has no MIDI file; transcribe the item again.", code="midi-missing")
    if len(items) > 1:
        title = f"item {number} of {len(items)}: {title}"
    return _Chosen(daemon.store.path(job.id) / midi, title)


@contextmanager
def _reading(file: Path) -> Iterator[Any]:
    """The ``mido.MidiFile``; whatever goes wrong with it is an InputError."""
    import mido

    try:
        midi = mido.MidiFile(file)
        if midi.type == 2 or midi.ticks_per_beat <= 0:
            raise ValueError("patterns of their own, or times in frames of film")
        yield midi
    except Exception as e:  # mido raises whatever a damaged file leads it to
        raise InputError(
            f"{file.name} is not a MIDI file that can be played; save it once more as type 0 or 1.",
            code="midi-unreadable",
        ) from e


def events_s(file: Path) -> list[Event]:
    """The file's messages, due in seconds by its own tempo map."""
    events, now_s = [], 0.0
    with _reading(file) as midi:
        for message in midi:
            now_s += message.time
            if not message.is_meta:
                events.append(Event(now_s, message))
    return events


def events_qn(file: Path, at_qn: float) -> list[Event]:
    """The file's messages, due in quarter notes, moved by ``at_qn``."""
    import mido

    events, ticks = [], 0
    with _reading(file) as midi:
        for message in mido.merge_tracks(midi.tracks):
            ticks += message.time
            if not message.is_meta:
                events.append(Event(at_qn + ticks / midi.ticks_per_beat, message))
    return events


def _open(backend: Any, kind: str, name: str | None, own: str) -> Any:
    opener = getattr(backend, f"open_{kind}")
    try:
        if name is None:
            if sys.platform == "win32":
                raise PluginError(
                    "Windows has no virtual MIDI ports; name a port with --port and --clock-port.",
                    code="midi-no-virtual-ports",
                )
            return opener(own, virtual=True)
        return opener(find_port(name, getattr(backend, f"get_{kind}_names")()))
    except (PluginError, InputError):
        raise
    except Exception as e:  # rtmidi raises its own errors, OSError and SystemError by system
        raise PluginError(
            f"The MIDI port cannot be opened ({e}); set triggers.midi.api in config.toml.", code="midi-port-unopened"
        ) from e
