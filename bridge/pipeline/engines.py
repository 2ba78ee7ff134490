"""The engines of a process.

Made once and kept warm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

from bridge.config import Settings
from bridge.pipeline.options import JobOptions
from bridge.plugins import registry
from bridge.plugins.interfaces import Context, Separator, Transcriber

P = TypeVar("P")


class Engines:
    """Separators and transcribers by name.

    Args:
        context: what plugins are lent.
    """

    def __init__(self, context: Context) -> None:
        self._separators = _Warm(registry.SEPARATORS, context)
        self._transcribers = _Warm(registry.TRANSCRIBERS, context)

    def separator(self, options: JobOptions, settings: Settings) -> Separator:
        """Return the separator that the options ask for."""
        return self._separators.get(options.separator, separator_table(options, settings), options.device, settings)

    def transcriber(self, name: str, device: str, settings: Settings) -> Transcriber:
        """Return a transcriber by its name."""
        return self._transcribers.get(name, settings.table(f"transcribers.{name}"), device, settings)


class _Warm(Generic[P]):
    """Loaded plugins of one kind. One instance per plugin: an older one would only keep its memory."""

    def __init__(self, plugins: registry.Registry[P], context: Context) -> None:
        self._plugins, self._context = plugins, context
        self._loaded: dict[str, tuple[str, P]] = {}
        """Name -> the settings it was made with, and the plugin."""

    def get(self, name: str, table: Mapping[str, Any], device: str, settings: Settings) -> P:
        made_with = repr((sorted(table.items()), device))
        known = self._loaded.get(name)
        if known is not None and known[0] == made_with:
            return known[1]
        self._loaded.pop(name, None)  # first: two large networks may be more than fits
        del known
        context = replace(self._context, device=device, settings=settings.values)
        plugin = self._plugins.create(name, table, context)
        self._loaded[name] = made_with, plugin
        return plugin


def separator_table(options: JobOptions, settings: Settings) -> dict[str, Any]:
    """Return the separator's settings, with the role where the request names one."""
    table = dict(settings.table(f"separators.{options.separator}"))
    if options.role is not None:
        table["role"] = options.role
    return table
