"""Settings: bridge/default.toml explains every one, the user's config.toml changes some, the command line wins.

default.toml is the schema too: a key that is not in it is an error that names the nearest. Only the tables of
plugins that are not ours are open, since their Options check them.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bridge.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OPEN_TABLES = ("separators", "transcribers", "hosts", "triggers")
"""Tables whose children may be plugins that default.toml does not know."""
FREE_TABLES = ("instruments", "transcription")
"""Tables with free keys (roles)."""


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
        """A plugin's own settings: its table without the instruments, which are handed out per part."""
        return {k: v for k, v in self.table(f"{kind}.{name}").items() if k != "instruments"}

    def lines(self) -> Iterator[tuple[str, Any, str]]:
        """(dotted name, value, origin) of every setting, in the order of default.toml."""
        for name, value in _leaves(self.values):
            yield name, value, self.origins.get(name, "default")


def home_folder() -> Path:
    """Dawscribe's home: ``DAWSCRIBE_HOME``, or ``~/.dawscribe``."""
    moved = os.environ.get("DAWSCRIBE_HOME")
    return Path(moved).expanduser().absolute() if moved else Path.home() / ".dawscribe"


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
    for name, value in _leaves(_read(file)):
        _set(values, name, value, str(file))
        origins[name] = str(file)
    for name, value in (overrides or {}).items():
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
        raise ConfigError(f"{file} is not valid TOML ({e}); correct it or move it away.") from e
    except OSError as e:
        raise ConfigError(f"{file} cannot be read ({e.strerror}); check its permissions.") from e


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        elif not isinstance(value, Mapping):
            yield prefix + key, value


def _copy(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _copy(v) if isinstance(v, Mapping) else v for k, v in table.items()}


def _set(values: dict[str, Any], name: str, value: Any, origin: str) -> None:
    *tables, key = name.split(".")
    table = values
    free = False
    if tables and tables[0] in OPEN_TABLES:
        values.setdefault(tables[0], {})
    for depth, part in enumerate(tables):
        free = free or part in FREE_TABLES or (depth == 1 and tables[0] in OPEN_TABLES and part not in table)
        if part not in table:
            if not free:
                raise ConfigError(_unknown(name, part, table, origin))
            table[part] = {}
        if not isinstance(table[part], dict):
            raise ConfigError(f'The setting "{part}" in {origin} is a value, not a table.')
        table = table[part]
    if key in table:
        if isinstance(table[key], dict):
            raise ConfigError(f'The setting "{name}" in {origin} is a table, not a value.')
        value = _typed(name, value, table[key], origin)
    elif not free:
        raise ConfigError(_unknown(name, key, table, origin))
    table[key] = value


def _typed(name: str, value: Any, default: Any, origin: str) -> Any:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        message = (
            f'The setting "{name}" in {origin} must be like {default!r}, not {str(value)[:40]!r}; '
            "'dawscribe config --explain' says what it does."
        )
        raise ConfigError(message)
    return value


def _unknown(name: str, part: str, table: Mapping[str, Any], origin: str) -> str:
    near = difflib.get_close_matches(part, list(table), n=1)
    hint = f'did you mean "{name.replace(part, near[0])}"?' if near else "'dawscribe config' lists all there are."
    return f'There is no setting "{name}" ({origin}); {hint}'
