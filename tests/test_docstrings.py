"""Docstrings open with what is done or with a thing, never with a question's word."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from statistics import median

from tests.sources import MODULES, ROOT, tree_of

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
    texts = [text for path in MODULES for text in first_paragraphs(tree_of(path))]
    assert len(texts) > 1000
    assert median(len(text.split()) for text in texts) < MAX_MEDIAN_WORDS


def constant_riddles(tree: ast.Module) -> list[str]:
    """The texts under constants and fields that open with a question's word."""
    found = []
    for node in ast.walk(tree):
        body = node.body if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) else []
        for before, after in pairwise(body):
            if isinstance(before, (ast.Assign, ast.AnnAssign)) and isinstance(after, ast.Expr):
                value = getattr(after.value, "value", None)
                if isinstance(value, str) and value.split()[0] in ("What", "Whether", "How", "Why"):
                    found.append(value)
    return found


def riddles(tree: ast.Module) -> list[str]:
    """The first lines of docstrings that open with a question's word."""
    found = []
    for node in ast.walk(tree):
        words = (ast.get_docstring(node) or "").split() if isinstance(node, DOCUMENTED) else []
        if words and words[0].strip("`*,.:;") in QUESTIONS:
            found.append(" ".join(words[:12]))
    return found


def test_no_docstring_opens_with_a_question() -> None:
    assert {str(p.relative_to(ROOT)): r for p in MODULES if (r := riddles(tree_of(p)))} == {}


def test_no_constant_is_told_by_a_question() -> None:
    assert {str(p.relative_to(ROOT)): r for p in MODULES if (r := constant_riddles(tree_of(p)))} == {}


def test_a_riddle_is_found() -> None:
    assert constant_riddles(ast.parse('A = 1\n"""How it is."""\n')) == ["How it is."]
    assert riddles(ast.parse('def f():\n    """What becomes of it."""\n')) == ["What becomes of it."]
    assert riddles(ast.parse('"""Tell what becomes of it."""\n')) == []
