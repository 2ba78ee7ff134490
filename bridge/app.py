"""The application put together.

Home, settings, model store, and the context that plugins are lent.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge.config import Settings, home_folder, load
from bridge.files import expand_user_path, own_home
from bridge.models import ModelStore
from bridge.plugins.interfaces import Context


@dataclass(frozen=True, slots=True)
class Application:
    """The parts that commands and workers start from."""

    home: Path
    settings: Settings
    store: ModelStore
    context: Context


def application(overrides: Mapping[str, Any] | None = None, home: Path | None = None) -> Application:
    """The application of a home folder.

    Args:
        overrides: settings from the command line, by dotted name.
        home: the home folder; None for ``DAWSCRIBE_HOME`` or ``~/.dawscribe``.

    Raises:
        ConfigError: a setting is wrong.
        StoreError: the home is somebody else's, or others may write there.
    """
    home = home or home_folder()
    with suppress(OSError):
        # Whoever writes there first would leave it open to others; one that cannot be made is done without.
        home.mkdir(parents=True, mode=0o700)
    if home.exists():
        own_home(home)  # what is in it is trusted: settings, programs to start, networks
    settings = load(home, overrides)
    folders = [expand_user_path(f, "models.folders") for f in settings.get("models.folders")]
    store = ModelStore(home, folders)
    context = Context(store.path, home / "cache", home, settings.get("device"), settings.values)
    return Application(home, settings, store, context)
