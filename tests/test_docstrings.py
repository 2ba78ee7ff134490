"""Docstrings open with what is done or with a thing, never with a question's word."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import bridge

ROOT = Path(bridge.__file__).parent
QUESTIONS = ("What", "Whether", "How", "Where", "Who", "Which", "When")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def riddles(text: str) -> list[str]:
    """The first lines of docstrings that open with a question's word."""
    found = []
    for node in ast.walk(ast.parse(text)):
        words = (ast.get_docstring(node) or "").split() if isinstance(node, DOCUMENTED) else []
        if words and words[0].strip("`*,.:;") in QUESTIONS:
            found.append(" ".join(words[:12]))
    return found


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_docstring_opens_with_a_question(path: Path) -> None:
    assert riddles(path.read_text(encoding="utf-8")) == []


def test_a_riddle_is_found() -> None:
    assert riddles('def f():\n    """What becomes of it."""\n') == ["What becomes of it."]
    assert riddles('"""Tell what becomes of it."""\n') == []
