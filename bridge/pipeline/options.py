"""Check a request's choices against the table of options and the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bridge.config import Settings
from bridge.errors import InputError
from bridge.music.notes import MIX
from bridge.pipeline.hearing_plan import rows_of
from bridge.plugins import registry
from bridge.score.beat.hints import Hints, parse_factor
from bridge.score.drum_map import drum_keys
from bridge.score.quantise import Grid, parse_grid
from bridge.spool.options import OPTION_SPECS

BEST = "best"


@dataclass(frozen=True, slots=True)
class JobOptions:
    """A request's choices, complete and checked."""

    quality: str
    """One of :data:`bridge.spool.options.QUALITIES`: the hearing plan."""
    separator: str
    transcribers: Mapping[str, tuple[str, ...]]
    """Source -> the transcribers that hear it."""
    stems: tuple[str, ...] | None
    """Stems that are wanted, None for all that the separator has."""
    role: str | None
    """For whole_mix: what the item is."""
    device: str
    grid: Grid | None
    quantise_strength: float
    grid_source: str | None
    """"project": the request's own beats, else the song's."""
    find_tempo: bool
    hints: Hints
    """Facts about the beat."""
    sensitivity: float | None
    """0..1 for every engine that has one; None keeps the settings' own."""
    keep_stems: bool
    drum_map: str
    """Whose keys the drum notes are written on, one of :data:`bridge.score.drum_map.KEYS`."""


def resolve_options(chosen: Mapping[str, Any], settings: Settings) -> JobOptions:
    """Return the request's options over the settings.

    Raises:
        InputError: an option has an impossible value, or two do not go together.
        ConfigError: there is no such drum map or separator.
    """
    # Unknown options are a DAW script's own or a later version's: kept in the request, no use here.
    values: dict[str, Any] = {}
    for spec in OPTION_SPECS:
        value = chosen.get(spec.name)
        if value is None and spec.setting:
            value = settings.get(spec.setting)
        values[spec.name] = None if value is None else spec.parse(spec.name, value)
    drum_keys(values["drum_map"])  # before the long separation, not after it
    if chosen.get("separator") is not None:
        registry.SEPARATORS.load(values["separator"])  # a draft takes none, but no name that there is not
    if values["bpm"] is not None and values["tempo"] is not None:
        raise InputError(
            "Say the tempo itself (bpm) or what becomes of the one that is found (tempo), not both.",
            code="tempo-said-twice",
        )
    _check_role(values["role"], values["separator"])
    # What a solo recording is says who hears it: there is nothing to separate, and so nothing to draft.
    quality = BEST if values["role"] is not None else values["quality"]
    rows = {**settings.table(f"hearing.{quality}"), **(values["transcribers"] or {})}
    if values["stems"] and quality != BEST and set(rows) == {MIX}:
        message = (
            "A draft hears the whole mix at once, so there are no parts to choose from; "
            'choose the quality "best", or leave the choice of parts out.'
        )
        raise InputError(message, code="draft-has-no-stems")
    quantise, factor = values.pop("quantise"), values.pop("tempo")
    hints = Hints(
        values.pop("bpm"),
        1.0 if factor is None else parse_factor(factor),
        values.pop("beats_per_bar"),
        values.pop("first_downbeat"),
    )
    return JobOptions(
        **{**values, "quality": quality, "transcribers": rows_of(rows)},
        grid=parse_grid(quantise) if quantise else None,
        hints=hints,
    )


def with_sensitivity(settings: Settings, options: JobOptions) -> Settings:
    """Return the settings with the job's sensitivity.

    It goes to every transcriber of the job that has such an option; others keep what they have.
    """
    names = {name for row in options.transcribers.values() for name in row}
    if options.sensitivity is None:
        return settings
    tables = {name: settings.table(f"transcribers.{name}") for name in names}
    chosen = {
        name: {**table, "sensitivity": options.sensitivity}
        for name, table in tables.items()
        if hasattr(registry.TRANSCRIBERS.options(name, table), "sensitivity")
    }
    transcribers = {**settings.table("transcribers"), **chosen}
    return replace(settings, values={**settings.values, "transcribers": transcribers})


def _check_role(role: str | None, separator: str) -> None:
    if role is not None and not hasattr(registry.SEPARATORS.options(separator, {}), "role"):
        message = f'The separator "{separator[:40]}" takes no role; for a solo recording choose whole_mix.'
        raise InputError(message, code="separator-takes-no-role")
