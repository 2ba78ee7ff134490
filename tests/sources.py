"""The modules of bridge/, parsed once for all tests that read them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import bridge

ROOT = Path(bridge.__file__).parent
MODULES = sorted(p for p in ROOT.rglob("*.py") if "node_modules" not in p.parts)


@cache
def text_of(path: Path) -> str:
    """What a module holds."""
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    """A module's syntax; nobody changes it."""
    return ast.parse(text_of(path))
