"""MIDI ports by name, through mido and rtmidi."""

from __future__ import annotations

from typing import Any

from bridge.errors import PluginError

PORT_NAME = "dawscribe"
"""The name of our virtual ports."""


def midi_backend(api: str) -> Any:
    """Mido's rtmidi backend for an API of the settings."""
    import mido

    return mido.Backend(f"mido.backends.rtmidi{'/' + api if api else ''}")


def find_port(wanted: str, names: list[str]) -> str:
    """The port whose name begins with ``wanted``, else the one that holds it.

    Raises:
        PluginError: there is none; the sentence names those there are.
    """
    matching = [n for n in names if n.startswith(wanted)] or [n for n in names if wanted in n]
    if not matching:
        have = ", ".join(names) or "none"
        raise PluginError(f'There is no MIDI port "{wanted}"; the ports here are: {have}.', code="midi-port-unknown")
    return matching[0]
