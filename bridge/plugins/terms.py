"""Refuses engines whose terms, or whose weights' terms, do not allow commercial use, where the settings want that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import ConfigError

COMMERCIAL = "commercial"
CHOICES = ("any", COMMERCIAL)
"""Values of the setting "licence"."""
KINDS = ("separators", "transcribers")
"""Kinds whose terms reach what it makes; a trigger or a host makes no sound and no notes."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The licence of an engine.

    A plugin has it as its attribute ``terms``.
    """

    commercial: bool
    """Return whether what it makes may be used for money."""
    words: str
    """The licence, or what its author says, to be put behind "its terms: "."""


def wants_commercial(settings: Mapping[str, Any] | None) -> bool:
    """Return whether the settings allow only what may be used for money.

    Raises:
        ConfigError: the setting "licence" has a value that it does not know.
    """
    wanted = (settings or {}).get("licence", CHOICES[0])
    if wanted not in CHOICES:
        raise ConfigError(
            f'The setting "licence" must be one of {", ".join(CHOICES)}, not {str(wanted)[:40]!r}.',
            code="setting-invalid",
        )
    return bool(wanted == COMMERCIAL)


def refusal(kind: str, name: str, plugin: object, *, ours: bool) -> str:
    """Give the reason why an engine may not be used for money; empty where it may.

    Args:
        kind: "separators", "transcribers", "hosts" or "triggers".
        name: its name.
        plugin: its class.
        ours: whether it comes with dawscribe; others must say that they allow it.
    """
    if kind not in KINDS:
        return ""
    # Here, because the places that models come from take a tenth of a second to import.
    from bridge.models.catalogue import models

    terms = getattr(plugin, "terms", None)
    if isinstance(terms, Terms):
        return "" if terms.commercial else _sentence(kind, name, f"its terms: {terms.words}")
    for model in models().values():
        if name in model.engines and not model.commercial:
            return _sentence(kind, name, f"of the weights {model.name} their author says: {model.terms}")
    return "" if ours else _sentence(kind, name, "it does not say what its terms are")


def check_terms(kind: str, name: str, plugin: object, settings: Mapping[str, Any] | None, *, ours: bool) -> None:
    """Refuse an engine that may not be used for money, where the settings want that.

    Raises:
        ConfigError: with the reason and what to do.
    """
    why = refusal(kind, name, plugin, ours=ours) if wants_commercial(settings) else ""
    if why:
        raise ConfigError(why, code="licence-forbids-engine")


def _sentence(kind: str, name: str, reason: str) -> str:
    other = 'the separator "spleeter" is free for any use' if kind == "separators" else "our own are free for any use"
    return (
        f'The {kind[:-1]} "{name}" may not be used while licence = "{COMMERCIAL}" is set; {reason}. '
        f'Choose another ({other}), or set licence = "{CHOICES[0]}" where your use is not commercial.'
    )
