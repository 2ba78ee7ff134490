"""The one door for plugins: ours come from a table, everybody else's from entry points.

An outsider's package names its class in the entry-point group ``dawscribe.separators``, ``.transcribers``,
``.hosts`` or ``.triggers``; the entry's name is the name in settings and on the command line.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import hashlib
import importlib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from bridge.errors import ConfigError, DawscribeError, PluginError
from bridge.plugins.interfaces import Context
from bridge.plugins.terms import check_terms

LONGEST_NAME = 40
"""Characters of a name that a sentence repeats."""
SHAPING = (".py", ".onnx", ".json", ".toml")
"""Files of ours that shape what is heard."""
BUILT_IN: dict[str, dict[str, str]] = {
    "separators": {
        "htdemucs": "bridge.separators.htdemucs:HTDemucs",
        "spleeter": "bridge.separators.spleeter:Spleeter",
        "demucs": "bridge.separators.demucs:Demucs",
        "whole_mix": "bridge.separators.whole_mix:WholeMix",
    },
    "transcribers": {
        "basic_pitch": "bridge.transcribers.basic_pitch:BasicPitchTranscriber",
        "melody": "bridge.transcribers.melody:MelodyTranscriber",
        "notes": "bridge.transcribers.notes:NoteTranscriber",
        "drums": "bridge.transcribers.drums:DrumTranscriber",
    },
    "hosts": {
        "midi_file": "bridge.hosts.midi_file:MidiFile",
        "reaper": "bridge.hosts.reaper:Reaper",
        "ardour": "bridge.hosts.ardour:Ardour",
        "live": "bridge.hosts.live:Live",
        "dawproject": "bridge.hosts.dawproject:DawProject",
    },
    "triggers": {
        "spool": "bridge.triggers.spool:SpoolTrigger",
        "osc": "bridge.triggers.osc:OscTrigger",
        "midi": "bridge.triggers.midi:MidiTrigger",
        "review": "bridge.review.server:ReviewPage",
    },
}


def names(kind: str) -> list[str]:
    """All plugins of a kind, ours first, then the installed ones."""
    return [*BUILT_IN[kind], *(n for n in _installed(kind) if n not in BUILT_IN[kind])]


def load(kind: str, name: str) -> type[Any]:
    """The class of a plugin.

    Raises:
        ConfigError: there is no plugin of this name.
        PluginError: it cannot be imported, with the line that would install what it lacks.
    """
    target = BUILT_IN[kind].get(name)
    try:
        if target is not None:
            module, _, attribute = target.partition(":")
            found = getattr(importlib.import_module(module), attribute)
        elif name in (installed := _installed(kind)):
            found = installed[name].load()
        else:
            known = ", ".join(names(kind))
            raise ConfigError(f'There is no {kind[:-1]} "{name[:LONGEST_NAME]}"; choose one of: {known}.')
    except DawscribeError:
        raise
    except Exception as e:  # an outsider's module may raise anything at import
        message = f'The {kind[:-1]} "{name}" cannot be loaded ({e}); reinstall it or choose another.'
        raise PluginError(message) from e
    if not isinstance(found, type):
        raise PluginError(f'The {kind[:-1]} "{name}" is not a class; ask its author for a fixed version.')
    return found


def edition(kind: str, name: str) -> str:
    """What changes when a plugin does: of ours code and weights themselves, of an outsider's its package's version."""
    if name in BUILT_IN[kind]:
        return _own_edition()
    package = _installed(kind)[name].dist
    return f"{package.name} {package.version}" if package else ""


@functools.cache
def _own_edition() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*")):
        if path.suffix in SHAPING:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def create(kind: str, name: str, table: Mapping[str, Any], context: Context) -> Any:
    """A plugin, made with its settings.

    Args:
        kind: "separators", "transcribers", "hosts" or "triggers".
        name: its name.
        table: its settings; what is missing keeps the plugin's default.
        context: what the application lends.

    Raises:
        ConfigError: unknown plugin or setting, or its terms do not allow what the setting "licence" wants.
        PluginError: it cannot be loaded.
    """
    plugin = load(kind, name)
    check_terms(kind, name, plugin, context.settings, ours=name in BUILT_IN[kind])
    return plugin(options(plugin, table, f"{kind}.{name}"), context)


def options(plugin: type[Any], table: Mapping[str, Any], where: str) -> Any:
    """The plugin's ``Options`` with the values of ``table``.

    Raises:
        ConfigError: a name it does not have, or a value of another type.
    """
    fields = {f.name: f for f in dataclasses.fields(plugin.Options)}
    defaults = plugin.Options()
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            raise ConfigError(unknown_name(key, fields, where))
        values[key] = checked(value, getattr(defaults, key), f"{where}.{key}")
    try:
        return plugin.Options(**values)
    except ValueError as e:
        raise ConfigError(f"The settings of {where} do not fit: {e}.") from e


def checked(value: Any, default: Any, where: str) -> Any:
    """``value`` as the type of ``default``: whole numbers serve as floats, lists as tuples.

    Raises:
        ConfigError: another type.
    """
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    if default is not None and type(value) is not type(default):
        kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
        wanted = kinds.get(type(default), type(default).__name__)
        raise ConfigError(f'The setting "{where}" must be {wanted}, not {str(value)[:40]!r}.')
    return value


def unknown_name(key: str, known: Mapping[str, Any], where: str) -> str:
    """The sentence for a name that is not known, with the nearest that is."""
    near = difflib.get_close_matches(key, list(known), n=1)
    hint = f'; did you mean "{near[0]}"?' if near else f"; known are: {', '.join(known) or 'none'}."
    return f'There is no setting "{where}.{key}"'.replace('".', '"') + hint


def _installed(kind: str) -> dict[str, metadata.EntryPoint]:
    return {e.name: e for e in metadata.entry_points(group=f"dawscribe.{kind}")}
