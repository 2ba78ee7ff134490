"""Docstrings open with what is done or with a thing, never with a question's word."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

import bridge

ROOT = Path(bridge.__file__).parent
QUESTIONS = ("What", "Whether", "How", "Where", "Who", "Which", "When")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


MAX_MEDIAN_WORDS = 9
"""Of the first paragraphs of public docstrings: a reader of a list sees the first line alone."""


def first_paragraphs(tree: ast.AST) -> Iterator[str]:
    """The first paragraphs of the docstrings of a module, its public classes and their public functions."""
    if isinstance(tree, DOCUMENTED) and (text := ast.get_docstring(tree)):
        yield text.split("\n\n")[0]
    for node in getattr(tree, "body", ()):
        if isinstance(node, DOCUMENTED) and not getattr(node, "name", "_").startswith("_"):
            yield from first_paragraphs(node)


def test_first_paragraphs_are_short() -> None:
    texts = [text for path in ROOT.rglob("*.py") for text in first_paragraphs(ast.parse(path.read_text("utf-8")))]
    assert len(texts) > 1000
    assert median(len(text.split()) for text in texts) < MAX_MEDIAN_WORDS


def constant_riddles(text: str) -> list[str]:
    """The texts under constants and fields that open with a question's word."""
    found = []
    for node in ast.walk(ast.parse(text)):
        body = node.body if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) else []
        for before, after in pairwise(body):
            if isinstance(before, (ast.Assign, ast.AnnAssign)) and isinstance(after, ast.Expr):
                value = getattr(after.value, "value", None)
                if isinstance(value, str) and value.split()[0] in ("What", "Whether", "How", "Why"):
                    found.append(value)
    return found


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


def test_no_constant_is_told_by_a_question() -> None:
    assert {p: r for p in ROOT.rglob("*.py") if (r := constant_riddles(p.read_text(encoding="utf-8")))} == {}


def test_a_riddle_is_found() -> None:
    assert constant_riddles('A = 1\n"""How it is."""\n') == ["How it is."]
    assert riddles('def f():\n    """What becomes of it."""\n') == ["What becomes of it."]
    assert riddles('"""Tell what becomes of it."""\n') == []
