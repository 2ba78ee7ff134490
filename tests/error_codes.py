"""Collect the codes of all errors with their sentences; ``python -m tests.error_codes`` writes the snapshot.

Sentences are read from the source, so that an error that no test can raise is in it too. What is filled in when one
is raised stands as ``{}``; a sentence that comes from elsewhere, such as a daemon's answer, stands as ``{}`` alone.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from bridge.errors import ADVICE
from tests.sources import MODULES, ROOT, text_of, tree_of

ERRORS = ("InputError", "ConfigError", "ModelError", "PluginError", "HostError", "StoreError", "DawscribeError")
MAKERS = (*ERRORS, "writing", "JobEnd")
"""What a module must name that makes an error or the end of a failed job."""
SNAPSHOT = Path(__file__).parent / "data" / "errors.json"


def without_code() -> list[str]:
    """Return the places in bridge/ that make an error without a code."""
    return [place for place, code, _ in _errors() if code is None]


def collected() -> dict[str, list[str]]:
    """Return code -> sentences, both sorted."""
    found: dict[str, set[str]] = {}
    for _, code, sentences in _errors():
        # One that hands on the code of another error has none of its own.
        name = _constant(code)
        if name:
            found.setdefault(name, set()).update(sentences)
    return {code: sorted(found[code]) for code in sorted(found)}


@cache
def _errors() -> tuple[tuple[str, ast.expr | None, list[str]], ...]:
    makers = [p for p in MODULES if any(name in text_of(p) for name in MAKERS)]
    return tuple(found for path in makers for found in _errors_of(path, tree_of(path)))


def _errors_of(path: Path, tree: ast.Module) -> Iterator[tuple[str, ast.expr | None, list[str]]]:
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in parents:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            arguments = _arguments(node)
            if arguments is not None:
                sentence, code = arguments
                texts = _texts(sentence, node, parents, tree)
                yield f"{path.relative_to(ROOT)}:{node.lineno}", code, texts


def _arguments(node: ast.Call) -> tuple[ast.expr | None, ast.expr | None] | None:
    """Return the sentence and the code where a call makes an error or the end of a failed job."""
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in ERRORS:
        code = next((k.value for k in node.keywords if k.arg == "code"), None)
        return (node.args[0] if node.args else None), code
    if name == "writing" and len(node.args) > 1:
        advice = _constant(node.args[2]) if len(node.args) > 2 else ADVICE
        return ast.Constant(f"{{}} cannot be written ({{}}); {advice}."), node.args[1]
    if name == "JobEnd" and node.args and _constant(node.args[0]) == "failed":
        return node.args[1], node.args[2]
    return None


def _constant(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _texts(node: ast.expr | None, call: ast.AST, parents: Mapping[ast.AST, ast.AST], tree: ast.Module) -> list[str]:
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        return ["".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)]
    if isinstance(node, ast.IfExp):
        return [t for branch in (node.body, node.orelse) for t in _texts(branch, call, parents, tree)]
    if isinstance(node, ast.BoolOp):
        return [t for value in node.values for t in _texts(value, call, parents, tree)]
    if isinstance(node, ast.BinOp):
        left, right = (_texts(side, call, parents, tree) for side in (node.left, node.right))
        return [a + b for a in left for b in right]
    if isinstance(node, ast.Name):
        scope = call
        while not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) and scope in parents:
            scope = parents[scope]
        for place in (scope, tree):
            values = [v for line, v in _assigned(place, node.id) if line <= call.lineno or place is tree]  # type: ignore[attr-defined]
            if values:
                return _texts(values[-1], call, {}, ast.Module([], []))
    return ["{}"]


def _assigned(scope: ast.AST, name: str) -> list[tuple[int, ast.expr]]:
    found = [
        (node.lineno, node.value)
        for node in ast.walk(scope)
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    ]
    return sorted(found, key=lambda pair: pair[0])


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(collected(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
