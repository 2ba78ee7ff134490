"""Models from the store, for tests that run the real networks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.errors import ModelError
from bridge.models.store import ModelStore
from bridge.plugins.interfaces import Context


def context(folder: Path, *names: str) -> Context:
    """A context with the models ``names``; skips the test where they are not, fails it in CI."""
    store = ModelStore(folder / "home")
    try:
        for name in names:
            store.path(name)
    except ModelError as e:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{e} (dawscribe models fetch)")
    return Context(model=store.path, cache=folder / "cache", home=folder / "home")
