"""Instruments as Ardour's scripts ask for them.

Plug-in type, id and preset.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESET = "dawscribe General MIDI"
"""Label of the preset that gives ACE Fluid Synth its soundfont; see :mod:`bridge.hosts.ardour.preset`."""
FLUID_SYNTH = {"type": "LV2", "id": "urn:ardour:a-fluidsynth", "name": "ACE Fluid Synth", "preset": PRESET}
REASONABLE_SYNTH = {"type": "LV2", "id": "https://community.ardour.org/node/7596", "name": "Reasonable Synth"}
KNOWN: dict[str, dict[str, str]] = {
    "ace fluid synth": FLUID_SYNTH,
    "reasonable synth": REASONABLE_SYNTH,
}
"""Names for the settings; both plug-ins are part of every Ardour."""
TYPES = {"lv2": "LV2", "vst3": "VST3", "vst": "LXVST", "au": "AudioUnit"}
"""Prefix in the settings -> Ardour's plug-in type."""
LAST = (FLUID_SYNTH, REASONABLE_SYNTH)
"""End of every list: ACE Fluid Synth, passed over where it has no soundfont, then one that sounds."""


def instruments_for(role: str, table: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the instruments to try for a role, in order.

    Args:
        role: the part's role.
        table: role -> list of names from the settings: "ACE Fluid Synth", "Reasonable Synth", or a type and
            id such as "lv2:http://example.org/synth", with " #preset" behind it where one is wanted.
    """
    wanted = table.get(role, table.get("other", ()))
    chosen = [_instrument(name) for name in wanted if isinstance(name, str)]
    return [*chosen, *(last for last in LAST if last not in chosen)]


def names_kits(role: str, table: Mapping[str, Any]) -> bool:
    """Return whether the instrument of a role finds its kits in a bank of their own, as ACE Fluid Synth does."""
    return instruments_for(role, table)[0] == FLUID_SYNTH


def _instrument(name: str) -> dict[str, str]:
    known = KNOWN.get(name.strip().lower())
    if known:
        return known
    kind, _, rest = name.partition(":")
    if kind.lower() not in TYPES:
        kind, rest = "lv2", name
    # An LV2 URI may hold a '#' itself, so a preset needs the space before it.
    identity, _, preset = rest.partition(" #")
    entry = {"type": TYPES[kind.lower()], "id": identity.strip()}
    return entry | {"preset": preset.strip()} if preset else entry
