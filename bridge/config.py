"""Settings: bridge/default.toml explains every one, the user's config.toml changes some, the command line wins.

default.toml is the schema too: a key that is not in it is an error that names the nearest. Only the tables of
plugins that are not ours are open, since their Options check them, and tables by part, which take any part.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bridge.errors import ConfigError, nearest
from bridge.files import check_name, expand_user_path
from bridge.music.notes import MIX, STEM_ROLES
from bridge.plugins import registry as plugins

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OPEN_TABLES = ("separators", "transcribers", "hosts", "triggers")
"""Tables whose children may be plugins that default.toml does not know."""
ROLE_TABLES = ("instruments", "best", "draft")
"""Tables whose keys are parts, or the mix."""
RENAMED = {"transcription.": "hearing.best."}
"""Beginning of a name in earlier versions -> that of now."""
RANGES: dict[str, tuple[float, float]] = {
    "score.quantise_strength": (0.0, 1.0),
    "cache.limit_gb": (0.0, math.inf),
    "jobs.keep_days": (0.0, math.inf),
    "jobs.limit_gb": (0.0, math.inf),
    "daemon.idle_s": (0.0, 1e9),
    "triggers.spool.poll_s": (0.001, 60.0),
    "triggers.osc.port": (1, 65535),
    "triggers.review.port": (0, 65535),
    "hosts.reaper.osc_port": (0, 65535),
}
"""Least and most of the numbers that the daemon itself works with; a plugin's Options check its own."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings in force."""

    values: Mapping[str, Any]
    """Nested tables."""
    origins: Mapping[str, str]
    """Dotted name -> where its value comes from: "default", a file's path or "command line"."""

    def get(self, name: str) -> Any:
        """The value of a dotted name, such as ``osc.port``; KeyError where there is none."""
        value: Any = self.values
        for key in name.split("."):
            value = value[key]
        return value

    def table(self, name: str) -> Mapping[str, Any]:
        """A table by its dotted name, empty where there is none."""
        try:
            value = self.get(name)
        except KeyError:
            return {}
        return value if isinstance(value, Mapping) else {}

    def plugin_table(self, kind: str, name: str) -> dict[str, Any]:
        """A plugin's own settings.

        Its table without the instruments, which are handed out per part.
        """
        return {k: v for k, v in self.table(f"{kind}.{name}").items() if k != "instruments"}

    def lines(self) -> Iterator[tuple[str, Any, str]]:
        """(dotted name, value, origin) of every setting, in the order of default.toml."""
        for name, value in _leaves(self.values):
            yield name, value, self.origins.get(name, "default")


def home_folder() -> Path:
    """Return dawscribe's home: ``DAWSCRIBE_HOME``, or ``~/.dawscribe``.

    Raises:
        ConfigError: it is nobody's.
        InputError: no script of a DAW could be told of it.
    """
    home = expand_user_path(os.environ.get("DAWSCRIBE_HOME") or "~/.dawscribe", "DAWSCRIBE_HOME").absolute()
    check_name(home)
    return home


def load(home: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a home folder.

    Args:
        home: dawscribe's home; its config.toml is read where there is one.
        overrides: dotted name -> value from the command line.

    Raises:
        ConfigError: a file that is not TOML, an unknown name, a value of the wrong type.
    """
    values = _copy(_default())
    origins: dict[str, str] = {}
    file = home / "config.toml"
    for name, value in map(_renamed, _leaves(_read(file))):
        _set(values, name, value, str(file))
        origins[name] = str(file)
    for name, value in map(_renamed, (overrides or {}).items()):
        _set(values, name, value, "command line")
        origins[name] = "command line"
    return Settings(values, origins)


@cache
def _default() -> dict[str, Any]:
    return tomllib.loads(default_text())


def default_text() -> str:
    """bridge/default.toml, the documentation of all settings."""
    return Path(__file__).with_name("default.toml").read_text(encoding="utf-8")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(
            f"{file} is not valid TOML ({e}); correct it or move it away.", code="settings-not-toml"
        ) from e
    except OSError as e:
        raise ConfigError(
            f"{file} cannot be read ({e.strerror}); check its permissions.", code="settings-unreadable"
        ) from e


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        elif not isinstance(value, Mapping):
            yield prefix + key, value


def _renamed(setting: tuple[str, Any]) -> tuple[str, Any]:
    name, value = setting
    old = next((old for old in RENAMED if name.startswith(old)), "")
    return (RENAMED[old] + name.removeprefix(old) if old else name), value


def _copy(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _copy(v) if isinstance(v, Mapping) else v for k, v in table.items()}


def _set(values: dict[str, Any], name: str, value: Any, origin: str) -> None:
    *tables, key = name.split(".")
    table = values
    known: Any = _default()
    for depth, part in enumerate(tables):
        if isinstance(known, Mapping) and part not in known:
            _check_open(name, tables[:depth], part, known, origin)
            known = None  # an outsider's: free from here on
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise ConfigError(f'The setting "{part}" in {origin} is a value, not a table.', code="setting-not-a-table")
        known = known.get(part) if isinstance(known, Mapping) else None
    if isinstance(known, Mapping):
        value = _checked(name, key, value, known, origin)
    table[key] = value


def _check_open(name: str, tables: Sequence[str], part: str, known: Mapping[str, Any], origin: str) -> None:
    """ConfigError unless ``part`` may be the table of a plugin that is not ours, installed or not."""
    open_table = len(tables) == 1 and tables[0] in OPEN_TABLES
    near = nearest(part, known)
    if not open_table or (near and part not in plugins.names(tables[0])):
        raise ConfigError(_unknown(name, part, known, origin), code="setting-unknown")


def _checked(name: str, key: str, value: Any, known: Mapping[str, Any], origin: str) -> Any:
    """A value for a key of a table that default.toml has; ConfigError where there is none, or not with such a value."""
    table = name.split(".")[-2:-1]
    if key not in known and table and table[0] in ROLE_TABLES:
        known = dict.fromkeys((*STEM_ROLES, MIX), next(iter(known.values())))
    if key not in known:
        raise ConfigError(_unknown(name, key, known, origin), code="setting-unknown")
    return _typed(name, value, known[key], origin)


def _typed(name: str, value: Any, default: Any, origin: str) -> Any:
    if isinstance(default, Mapping):
        raise ConfigError(f'The setting "{name}" in {origin} is a table, not a value.', code="setting-is-a-table")
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    wrong = type(value) is not type(default) or value != value  # only "nan" differs from itself
    if wrong or (isinstance(value, list) and not all(isinstance(v, str) for v in value)):
        like = "a list of texts" if isinstance(default, list) else f"like {default!r}"
        message = (
            f'The setting "{name}" in {origin} must be {like}, not {str(value)[:40]!r}; '
            "'dawscribe config --explain' says what it does."
        )
        raise ConfigError(message, code="setting-invalid")
    least, most = RANGES.get(name, (-math.inf, math.inf))
    if isinstance(value, (int, float)) and not least <= value <= most:
        limits = f"be {least:g} or more" if most == math.inf else f"lie between {least:g} and {most:g}"
        raise ConfigError(f'The setting "{name}" in {origin} must {limits}, not {value}.', code="setting-out-of-range")
    return value


def _unknown(name: str, part: str, table: Mapping[str, Any], origin: str) -> str:
    near = nearest(part, table)
    hint = f'did you mean "{name.replace(part, near)}"?' if near else "'dawscribe config' lists all there are."
    return f'There is no setting "{name}" ({origin}); {hint}'
