"""What a request may choose, checked against the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.config import Settings
from bridge.errors import InputError
from bridge.music.notes import STEM_ROLES
from bridge.plugins import registry as plugins
from bridge.score.drum_map import drum_keys
from bridge.score.quantise import Grid, parse_grid
from bridge.spool.request import OPTIONS


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a request may choose, checked."""

    separator: str
    transcribers: Mapping[str, str]
    """Role -> engine."""
    stems: tuple[str, ...] | None
    """Roles wanted, None for all that the separator has."""
    role: str | None
    """For whole_mix: what the item is."""
    device: str
    grid: Grid | None
    quantise_strength: float
    find_tempo: bool
    keep_stems: bool
    drum_map: str
    """Whose keys the drum notes are written on, one of :data:`bridge.score.drum_map.KEYS`."""

    def engine(self, role: str) -> str:
        """The name of the transcriber for a role."""
        return self.transcribers.get(role) or self.transcribers["other"]


def run_options(chosen: Mapping[str, Any], settings: Settings) -> RunOptions:
    """The request's options over the settings.

    Raises:
        InputError: an option is unknown or has an impossible value.
        ConfigError: there is no such drum map or separator.
    """
    # Unknown options are a DAW script's own or a later version's: kept in the request, no use here.
    values = {k: v for k, v in chosen.items() if k in OPTIONS and v is not None}
    stems = values.get("stems")
    if stems is not None and (not isinstance(stems, (list, tuple)) or not stems):
        raise _wrong("stems", stems)
    transcribers = values.get("transcribers", {})
    if not isinstance(transcribers, Mapping) or not all(isinstance(v, str) for v in transcribers.values()):
        raise _wrong("transcribers", transcribers)
    for role in [*(stems or ()), *transcribers, *([values["role"]] if "role" in values else ())]:
        if role not in STEM_ROLES:
            raise InputError(f'There is no stem "{str(role)[:40]}"; choose from: {", ".join(STEM_ROLES)}.')
    strength = values.get("quantise_strength", settings.get("score.quantise_strength"))
    if isinstance(strength, bool) or not isinstance(strength, (int, float)) or not 0 <= strength <= 1:
        raise _wrong("quantise_strength", strength)
    texts = {
        "separator": values.get("separator", settings.get("separation.separator")),
        "device": values.get("device", settings.get("device")),
        "quantise": values.get("quantise", settings.get("score.quantise")),
        "drum_map": values.get("drum_map", settings.get("score.drum_map")),
    }
    for name, value in texts.items():
        if not isinstance(value, str):
            raise _wrong(name, value)
    drum_keys(texts["drum_map"])  # before the long separation, not after it
    role = values.get("role")
    if role is not None and not hasattr(plugins.load("separators", texts["separator"]).Options(), "role"):
        message = f'The separator "{texts["separator"][:40]}" takes no role; for a solo recording choose whole_mix.'
        raise InputError(message)
    return RunOptions(
        separator=texts["separator"],
        transcribers={**settings.table("transcription"), **transcribers},
        stems=tuple(r for r in STEM_ROLES if r in stems) if stems else None,
        role=role,
        device=texts["device"],
        grid=parse_grid(texts["quantise"]) if texts["quantise"] else None,
        quantise_strength=float(strength),
        find_tempo=_flag("find_tempo", values, settings.get("score.find_tempo")),
        keep_stems=_flag("keep_stems", values, settings.get("output.keep_stems")),
        drum_map=texts["drum_map"],
    )


def _flag(name: str, values: Mapping[str, Any], default: bool) -> bool:
    value = values.get(name, default)
    # Any text is true to Python, "off" too.
    if not isinstance(value, (int, float)) or value not in (0, 1):
        raise _wrong(name, value)
    return bool(value)


def _wrong(name: str, value: object) -> InputError:
    return InputError(f'The option "{name}" cannot be {str(value)[:40]!r}; see the README for what it takes.')
