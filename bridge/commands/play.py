"""``dawscribe play JOB``: play a result on a MIDI port, so that a DAW without scripts can record it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bridge.commands.client import client
from bridge.config import home_folder, load
from bridge.errors import InputError, PluginError
from bridge.midi_ports import PORT_NAME, find_port, midi_backend
from bridge.playback import Event, follow, play

SETTLE_S = 0.25
"""Pause after a port was opened: JACK and ALSA connect it a moment later, and what is sent before is lost."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("job", metavar="JOB", help="a job's id, the beginning of it, 'last', or a .mid file")
    parser.add_argument("--port", metavar="NAME", help=f'port to play on; else a virtual port "{PORT_NAME}"')
    parser.add_argument("--clock", action="store_true", help="follow the MIDI clock and song position of a DAW")
    parser.add_argument(
        "--clock-port", metavar="NAME", help=f'where the clock comes from; else a port "{PORT_NAME} clock"'
    )
    parser.add_argument(
        "--at", type=float, default=0.0, metavar="BEATS", help="with --clock: where the item lies, in quarter notes"
    )


def run(options: argparse.Namespace) -> int:
    """Play until the end, or with --clock until Ctrl-C."""
    stopped = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    file = _midi_file(options.job)
    backend = midi_backend(load(home_folder()).get("triggers.midi.api"))
    output = _open(backend, "output", options.port, PORT_NAME)
    try:
        if not options.clock:
            print(f"Playing {file.name} on {output.name}.", flush=True)
            time.sleep(SETTLE_S)
            play(events_s(file), output.send, stopped.is_set)
            return 0
        clock = _open(backend, "input", options.clock_port, f"{PORT_NAME} clock")
        try:
            print(
                f"Following the clock on {clock.name}, playing {file.name} on {output.name}; Ctrl-C ends.", flush=True
            )
            follow(events_qn(file, options.at), output.send, lambda: list(clock.iter_pending()), stopped.is_set)
        finally:
            clock.close()
    finally:
        output.close()
    return 0


def _midi_file(name: str) -> Path:
    path = Path(name)
    if path.suffix == ".mid" and path.is_file():
        return path
    daemon = client()
    job = daemon.job(name)
    if job.status.state != "done":
        raise InputError(f"Job {job.id} has no result yet ({job.status.state}).")
    midi = daemon.store.result(job.id)["items"][0].get("midi")
    if not isinstance(midi, str) or Path(midi).name != midi:
        raise InputError(f"Job {job.id} has no MIDI file; transcribe the item again.")
    return daemon.store.path(job.id) / midi


def _read(file: Path) -> Any:
    import mido

    try:
        return mido.MidiFile(file)
    except Exception as e:  # mido raises whatever a damaged file leads it to
        raise InputError(f"{file.name} is not a MIDI file that can be read.") from e


def events_s(file: Path) -> list[Event]:
    """The file's messages, due in seconds by its own tempo map."""
    found, now_s = [], 0.0
    for message in _read(file):
        now_s += message.time
        if not message.is_meta:
            found.append(Event(now_s, message))
    return found


def events_qn(file: Path, at_qn: float) -> list[Event]:
    """The file's messages, due in quarter notes, moved by ``at_qn``."""
    import mido

    midi = _read(file)
    found, ticks = [], 0
    for message in mido.merge_tracks(midi.tracks):
        ticks += message.time
        if not message.is_meta:
            found.append(Event(at_qn + ticks / midi.ticks_per_beat, message))
    return found


def _open(backend: Any, kind: str, name: str | None, own: str) -> Any:
    opener = getattr(backend, f"open_{kind}")
    try:
        if name is None:
            if sys.platform == "win32":
                raise PluginError("Windows has no virtual MIDI ports; name a port with --port and --clock-port.")
            return opener(own, virtual=True)
        return opener(find_port(name, getattr(backend, f"get_{kind}_names")()))
    except (PluginError, InputError):
        raise
    except Exception as e:  # rtmidi raises its own errors, OSError and SystemError by system
        raise PluginError(f"The MIDI port cannot be opened ({e}); set triggers.midi.api in config.toml.") from e
