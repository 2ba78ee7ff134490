"""MIDI in: a pad, a pedal or a DAW track says "transcribe what is selected", or "cancel"."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from bridge.errors import ConfigError, DawscribeError, PluginError
from bridge.midi.ports import PORT_NAME, find_port, midi_backend
from bridge.plugins.install_hint import pip_install
from bridge.plugins.interfaces import Context, JobService

KINDS = ("note", "cc", "program")
PRESSED = 64
"""A controller at or above the middle is pressed, as MIDI has it for switches."""
log = logging.getLogger("dawscribe.midi")


@dataclass(frozen=True, slots=True)
class Gesture:
    """A MIDI message that means something.

    "note 60", "cc 20" or "program 5", on any channel or on one.
    """

    kind: str
    number: int
    channel: int | None = None
    """0..15, None for any."""

    def matches(self, message: Any) -> bool:
        """Return whether a mido message is this gesture, pressed rather than released."""
        if self.channel is not None and getattr(message, "channel", None) != self.channel:
            return False
        if self.kind == "note":
            return bool(message.type == "note_on" and message.velocity > 0 and message.note == self.number)
        if self.kind == "cc":
            return bool(
                message.type == "control_change" and message.control == self.number and message.value >= PRESSED
            )
        return bool(message.type == "program_change" and message.program == self.number)


def parse_gesture(text: str) -> Gesture | None:
    """A gesture of the settings.

    "note 60", "cc 20", "program 5", with " channel 10" behind it where only that counts.

    Raises:
        ConfigError: it is none of these.
    """
    if not text:
        return None
    words = text.split()
    numbers = [int(w) for w in words[1::2] if w.isdigit()]
    if (
        len(words) not in (2, 4)
        or words[0] not in KINDS
        or len(numbers) != len(words) // 2
        or numbers[0] > 127
        or (len(words) == 4 and (words[2] != "channel" or not 1 <= numbers[1] <= 16))
    ):
        raise ConfigError(
            f'A MIDI gesture is like "note 60", "cc 20" or "program 5 channel 16", not "{text}".',
            code="midi-gesture-invalid",
        )
    return Gesture(words[0], numbers[0], numbers[1] - 1 if len(numbers) > 1 else None)


class MidiTrigger:
    """Listens on a virtual port of its own, on a named port, or on both."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of ``[triggers.midi]``."""

        enabled: bool = False
        api: str = ""
        """rtmidi's API: "LINUX_ALSA", "UNIX_JACK", "MACOSX_CORE", "WINDOWS_MM"; empty for the system's own."""
        virtual: bool = True
        """Open a port called "dawscribe" that others connect to; Windows has no such ports."""
        port: str = ""
        """Also listen to this port; the beginning of its name is enough."""
        host: str = "reaper"
        """The DAW whose selection is transcribed."""
        transcribe: str = "note 60"
        cancel: str = "note 61"

    def __init__(self, options: Options, context: Context) -> None:
        self._options = options
        self._transcribe = parse_gesture(options.transcribe)
        self._cancel = parse_gesture(options.cancel)

    @classmethod
    def missing(cls, options: Options) -> str:
        """Return what it lacks and how to get that; empty where nothing is missing."""
        lacks = importlib.util.find_spec("rtmidi") is None
        return f"needs python-rtmidi; install it with: {pip_install('python-rtmidi')}" if lacks else ""

    async def run(self, service: JobService) -> None:
        """See :class:`bridge.plugins.interfaces.Trigger`."""
        loop = asyncio.get_running_loop()
        asked: set[asyncio.Task[None]] = set()

        def ask() -> None:
            # A task, since a DAW may take seconds to answer, and a cancel must not wait behind it.
            task = loop.create_task(self._ask(service))
            asked.add(task)
            task.add_done_callback(asked.discard)

        meanings = ((self._transcribe, ask), (self._cancel, partial(_cancel, service)))

        def heard(message: Any) -> None:
            """In rtmidi's thread.

            Only gestures reach the daemon, never a clock or a solo.
            """
            for gesture, obey in meanings:
                if gesture and gesture.matches(message):
                    loop.call_soon_threadsafe(obey)

        ports = self._open(heard)
        try:
            await asyncio.Event().wait()
        finally:
            for port in ports:
                port.close()

    async def _ask(self, service: JobService) -> None:
        try:
            await service.request_selected(self._options.host, {})
        except DawscribeError as e:
            log.warning("%s", e)

    def _open(self, callback: Callable[[Any], object]) -> list[Any]:
        options = self._options
        ports: list[Any] = []
        try:
            backend = midi_backend(options.api)
            if options.virtual and sys.platform != "win32":
                ports.append(backend.open_input(PORT_NAME, virtual=True, callback=callback))
            if options.port:
                name = find_port(options.port, backend.get_input_names())
                ports.append(backend.open_input(name, callback=callback))
        except Exception as e:  # rtmidi raises its own errors, OSError and SystemError by system
            for port in ports:  # the next try opens them anew
                port.close()
            if isinstance(e, DawscribeError):
                raise
            raise PluginError(
                f"No MIDI port can be opened here ({e}); "
                "set triggers.midi.api or triggers.midi.enabled in config.toml.",
                code="midi-port-unopened",
            ) from e
        if not ports:
            raise PluginError(
                "No MIDI port is set; name one in triggers.midi.port, or set triggers.midi.virtual.",
                code="midi-port-not-set",
            )
        return ports


def _cancel(service: JobService) -> None:
    try:
        service.cancel(None)
    except DawscribeError as e:
        log.warning("%s", e)
