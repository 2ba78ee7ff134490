"""The one door for plugins.

Ours come from tables, everybody else's from entry points.

An outsider's package names its class in the entry-point group ``dawscribe.separators``, ``.transcribers``,
``.hosts`` or ``.triggers``; the entry's name is the name in settings and on the command line.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bridge.errors import ConfigError, DawscribeError, PluginError, did_you_mean
from bridge.plugins.terms import check_terms

if TYPE_CHECKING:
    from bridge.plugins.interfaces import Context, Host, Separator, Transcriber, Trigger

MAX_NAME = 40
"""Characters of a name that a sentence repeats."""
P = TypeVar("P")


class Registry(Generic[P]):
    """The plugins of one kind.

    Args:
        kind: as in the settings and in the entry-point group, such as "hosts".
        contract: the Protocol in :mod:`bridge.plugins.interfaces` that they fit.
        built_in: name -> "module:class" of ours.
    """

    def __init__(self, kind: str, contract: str, built_in: Mapping[str, str]) -> None:
        self.kind, self.contract, self.built_in = kind, contract, dict(built_in)

    def names(self) -> list[str]:
        """Return all plugins, ours first, then the installed ones."""
        return [*self.built_in, *(n for n in self._installed() if n not in self.built_in)]

    def __contains__(self, name: object) -> bool:
        """Return whether there is a plugin of this name."""
        return name in self.built_in or name in self._installed()

    def load(self, name: str) -> type[P]:
        """Return the class of a plugin.

        Raises:
            ConfigError: there is no plugin of this name.
            PluginError: it cannot be imported, with the line that would install what it lacks.
        """
        noun = self.kind[:-1]
        target = self.built_in.get(name)
        # The list of what is installed takes a hundredth of a second to read: not asked for ours.
        installed = self._installed() if target is None else {}
        if target is None and name not in installed:
            raise ConfigError(
                f'There is no {noun} "{name[:MAX_NAME]}"; choose one of: {", ".join(self.names())}.',
                code="plugin-unknown",
            )
        try:
            plugin = _imported(target) if target is not None else installed[name].load()
        except DawscribeError:
            raise
        except Exception as e:  # an outsider's module may raise anything at import
            message = f'The {noun} "{name}" cannot be loaded ({e}); reinstall it or choose another.'
            raise PluginError(message, code="plugin-not-loaded") from e
        if not isinstance(plugin, type):
            raise PluginError(
                f'The {noun} "{name}" is not a class; ask its author for a fixed version.', code="plugin-not-a-class"
            )
        return plugin

    def create(self, name: str, table: Mapping[str, Any], context: Context) -> P:
        """Return a plugin, made with its settings.

        Args:
            name: its name.
            table: its settings; what is missing keeps the plugin's default.
            context: what the application lends.

        Raises:
            ConfigError: unknown plugin or setting, or its terms do not allow what the setting "licence" wants.
            PluginError: it cannot be loaded, or was written for another version of dawscribe.
        """
        make: Any = self.load(name)
        check_terms(self.kind, name, make, context.settings, ours=name in self.built_in)
        plugin: P = make(self.options(name, table), context)
        # Imported at use: it needs numpy, which commands that only look at settings can do without.
        interfaces = importlib.import_module("bridge.plugins.interfaces")
        if not isinstance(plugin, getattr(interfaces, self.contract)):
            message = (
                f'The {self.kind[:-1]} "{name}" does not fit this version of dawscribe; '
                "update it, or ask its author for a version that does."
            )
            raise PluginError(message, code="plugin-does-not-fit")
        return plugin

    def options(self, name: str, table: Mapping[str, Any]) -> Any:
        """Return the plugin's ``Options`` with the values of ``table``; errors as of :meth:`create`."""
        return plugin_options(self.load(name), table, f"{self.kind}.{name}")

    def cache_version(self, name: str) -> str:
        """Return what changes when the plugin computes something else: its own number, and its package's version."""
        own = str(getattr(self.load(name), "cache_version", ""))
        package = None if name in self.built_in else self._installed()[name].dist
        return f"{package.name} {package.version} {own}" if package else own

    def _installed(self) -> dict[str, metadata.EntryPoint]:
        return {e.name: e for e in metadata.entry_points(group=f"dawscribe.{self.kind}")}


def _imported(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return getattr(importlib.import_module(module), attribute)


SEPARATORS: Registry[Separator] = Registry(
    "separators",
    "Separator",
    {
        "htdemucs": "bridge.separators.htdemucs:HTDemucs",
        "spleeter": "bridge.separators.spleeter:Spleeter",
        "demucs": "bridge.separators.demucs:Demucs",
        "whole_mix": "bridge.separators.whole_mix:WholeMix",
    },
)
TRANSCRIBERS: Registry[Transcriber] = Registry(
    "transcribers",
    "Transcriber",
    {
        "band": "bridge.transcribers.band.engine:BandTranscriber",
        "basic_pitch": "bridge.transcribers.basic_pitch:BasicPitchTranscriber",
        "melody": "bridge.transcribers.melody:MelodyTranscriber",
        "notes": "bridge.transcribers.notes:NoteTranscriber",
        "drums": "bridge.transcribers.drums:DrumTranscriber",
        "muscriptor": "bridge.transcribers.muscriptor:MuScriptorTranscriber",
    },
)
HOSTS: Registry[Host] = Registry(
    "hosts",
    "Host",
    {
        "midi_file": "bridge.hosts.midi_file:MidiFile",
        "reaper": "bridge.hosts.reaper:Reaper",
        "ardour": "bridge.hosts.ardour:Ardour",
        "live": "bridge.hosts.live:Live",
        "dawproject": "bridge.hosts.dawproject:DawProject",
        "musicxml": "bridge.hosts.musicxml:MusicXml",
    },
)
TRIGGERS: Registry[Trigger] = Registry(
    "triggers",
    "Trigger",
    {
        "spool": "bridge.triggers.spool:SpoolTrigger",
        "osc": "bridge.triggers.osc:OscTrigger",
        "midi": "bridge.triggers.midi:MidiTrigger",
        "review": "bridge.review.server:ReviewPage",
    },
)
ALL: Mapping[str, Registry[Any]] = {r.kind: r for r in (SEPARATORS, TRANSCRIBERS, HOSTS, TRIGGERS)}
"""Registry by kind."""
BUILT_IN: Mapping[str, dict[str, str]] = {kind: registry.built_in for kind, registry in ALL.items()}


def names(kind: str) -> list[str]:
    """Return all plugins of a kind."""
    return ALL[kind].names()


def load(kind: str, name: str) -> type[Any]:
    """Return the class of a plugin; see :meth:`Registry.load`."""
    return ALL[kind].load(name)


def create(kind: str, name: str, table: Mapping[str, Any], context: Context) -> Any:
    """Return a plugin of a kind that is only known as text; see :meth:`Registry.create`."""
    return ALL[kind].create(name, table, context)


def plugin_options(plugin: type[Any], table: Mapping[str, Any], where: str) -> Any:
    """Return the plugin's ``Options`` with the values of ``table``.

    Raises:
        ConfigError: a name it does not have, or a value of another type or without sense.
    """
    fields = {f.name: f for f in dataclasses.fields(plugin.Options)}
    defaults = plugin.Options()
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise ConfigError(unknown_name(key, fields, where), code="plugin-option-unknown")
        values[key] = checked(value, getattr(defaults, key), f"{where}.{key}")
    try:
        return plugin.Options(**values)
    except ValueError as e:
        raise ConfigError(f"The settings of {where} do not fit: {e}.", code="plugin-options-invalid") from e


def checked(value: Any, default: Any, where: str) -> Any:
    """Return ``value`` as the type of ``default``.

    Whole numbers serve as floats, lists as tuples.

    Raises:
        ConfigError: another type.
    """
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    if default is not None and type(value) is not type(default):
        kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
        expected = kinds.get(type(default), type(default).__name__)
        raise ConfigError(
            f'The setting "{where}" must be {expected}, not {str(value)[:40]!r}.', code="plugin-option-invalid"
        )
    return value


def unknown_name(key: str, known: Mapping[str, Any], where: str) -> str:
    """Return the sentence for a name that is not known, with the nearest that is."""
    hint = did_you_mean(key, known, f"known are: {', '.join(known) or 'none'}.")
    return f'There is no setting "{where}.{key}"'.replace('".', '"') + f"; {hint}"
