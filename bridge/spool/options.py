"""The one table of what a request may choose.

Command line, OSC keys, the protocol's page and the dialogs of the DAW scripts follow it: a new option is a new row
here, and its use in the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import InputError
from bridge.music.notes import MIX, STEM_ROLES

SEVERAL = "+"
"""Between the transcribers that hear the same source."""
QUALITIES = ("draft", "best")
GRID_SOURCES = ("song", "project")
SEPARATORS = "htdemucs, spleeter, demucs (needs PyTorch) or whole_mix"
"""The separators, as a help text names them."""
MAX_NUMBER = 1e9
"""Values beyond this are a mistake, and so is what is no number."""
Parse = Callable[[str, Any], Any]
"""Takes the option's name and a value of hostile origin; InputError where it cannot be."""


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """One option."""

    name: str
    parse: Parse
    setting: str = ""
    """Dotted name of the setting that holds its default; "" where there is none."""
    help: str = ""
    """As the command line shows it."""
    flag: str = ""
    """Of the command line, "--name" unless it says something else; "--no-..." turns an option off."""
    metavar: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Return whether the command line reads it as a number."""
        return self.parse in (share, number, whole_number)

    @property
    def is_flag(self) -> bool:
        """Return whether it is on or off."""
        return self.parse is on_or_off


def text(name: str, value: Any) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise invalid_option(name, value, "a text")
    return value


def on_or_off(name: str, value: Any) -> bool:
    """Return a flag.

    0 and 1 serve too, a text does not, since any is true to Python.
    """
    if not isinstance(value, (int, float)) or value not in (0, 1):
        raise invalid_option(name, value, "on or off")
    return bool(value)


def share(name: str, value: Any) -> float:
    """Return a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise invalid_option(name, value, "a number from 0 to 1")
    return float(value)


def number(name: str, value: Any) -> float:
    """Return a number that is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < MAX_NUMBER:
        raise invalid_option(name, value, "a number")
    return float(value)


def whole_number(name: str, value: Any) -> int:
    """Return a number without a fraction."""
    if number(name, value) % 1:
        raise invalid_option(name, value, "a whole number")
    return int(value)


def role(name: str, value: Any) -> str:
    """Return one of :data:`bridge.music.STEM_ROLES`."""
    del name
    if value not in STEM_ROLES:
        raise InputError(
            f'There is no stem "{str(value)[:40]}"; choose from: {", ".join(STEM_ROLES)}.', code="stem-unknown"
        )
    return str(value)


def roles(name: str, value: Any) -> tuple[str, ...]:
    """Return stems in the order of their tracks."""
    if not isinstance(value, (list, tuple)) or not value:
        raise invalid_option(name, value, f"one or more of {', '.join(STEM_ROLES)}")
    chosen = [role(name, v) for v in value]
    return tuple(r for r in STEM_ROLES if r in chosen)


def transcribers(name: str, value: Any) -> Mapping[str, str]:
    """Return source -> transcriber."""
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise invalid_option(name, value, "the name of an engine for each part")
    return {source if source == MIX else role(name, source): v for source, v in value.items()}


def quality(name: str, value: Any) -> str:
    """Return one of :data:`QUALITIES`."""
    if value not in QUALITIES:
        raise invalid_option(name, value, " or ".join(QUALITIES))
    return str(value)


def grid_source(name: str, value: Any) -> str:
    """Return one of :data:`GRID_SOURCES`."""
    if value not in GRID_SOURCES:
        raise invalid_option(name, value, " or ".join(GRID_SOURCES))
    return str(value)


def invalid_option(name: str, value: object, wanted: str) -> InputError:
    """Return the error for a value that an option cannot have.

    Args:
        name: the option.
        value: what was said.
        wanted: what it takes.
    """
    shown = "nothing" if value in ([], (), {}, "") else str(value)[:40]
    return InputError(f'The option "{name}" takes {wanted}, not {shown}.', code="option-invalid")


OPTION_SPECS: tuple[OptionSpec, ...] = (
    OptionSpec(
        "quality", quality, "hearing.quality", "draft hears the whole mix in seconds, best separates it first",
        choices=QUALITIES,
    ),
    OptionSpec("stems", roles, "", f"only these parts: {', '.join(STEM_ROLES)}", metavar="ROLE,..."),
    OptionSpec("separator", text, "separation.separator", SEPARATORS, metavar="NAME"),
    OptionSpec("role", role, "", "with --separator whole_mix: what the recording is", choices=STEM_ROLES),
    OptionSpec("transcribers", transcribers, "", "the engine for a part", flag="--transcriber", metavar="ROLE=NAME"),
    OptionSpec("device", text, "device", "auto, cpu, gpu, cuda or mps", metavar="NAME"),
    OptionSpec(
        "quantise", text, "score.quantise", "snap onsets to 1/4 .. 1/32, 1/8T (triplets), 1/16G (own groove)",
        metavar="GRID",
    ),
    OptionSpec(
        "quantise_strength", share, "score.quantise_strength", "how far --quantise moves notes (1)",
        flag="--strength", metavar="0..1",
    ),
    OptionSpec(
        "grid_source", grid_source, "", "whose beats the grid divides: the song's, or those of the DAW's project",
        choices=GRID_SOURCES,
    ),
    OptionSpec(
        "find_tempo", on_or_off, "score.find_tempo", "do not look for the beat; keep 120 BPM", flag="--no-tempo"
    ),
    OptionSpec("bpm", number, "", "the tempo is this; only the beats are looked for", metavar="BPM"),
    OptionSpec("tempo", text, "", "x2 or x1/2: twice or half as fast as it is found", metavar="x2"),
    OptionSpec("beats_per_bar", whole_number, "", "bars have this many beats", metavar="N"),
    OptionSpec("first_downbeat", number, "", "a bar begins at this time of the item", metavar="SECONDS"),
    OptionSpec(
        "sensitivity", share, "", "how readily an engine hears a note: 0 few, 0.5 as tuned, 1 many", metavar="0..1"
    ),
    OptionSpec("keep_stems", on_or_off, "output.keep_stems", "leave out stems/*.wav", flag="--no-stems"),
    OptionSpec(
        "drum_map", text, "score.drum_map", "whose keys drum notes are written on: gm, superior, ezdrummer, ...",
        metavar="NAME",
    ),
)  # fmt: skip
"""Every option of protocol 1, in the order of the documentation."""
