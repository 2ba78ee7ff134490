"""The import rule: a module imports only from rows below its own, also inside functions."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.sources import MODULES, ROOT, tree_of

LAYERS: tuple[tuple[str, ...], ...] = (
    ("__main__",),
    ("cli", "review"),
    ("daemon", "catalogue"),
    ("jobs",),
    ("pipeline", "app"),
    ("triggers", "separators", "transcribers", "hosts", "config", "testing", "interfaces"),
    ("plugins",),
    ("score", "spool", "models", "inference", "note_maps"),
    ("audio", "midi", "files"),
    ("music", "errors", "units"),
    ("__init__",),
)
"""Module or package per row, from the top; each may import only what stands in a row below its own."""

PLUGIN_FOLDERS = ("triggers", "separators", "transcribers", "hosts")
HEAVY = ("openvino", "torch", "demucs", "muscriptor", "rtmidi", "av")
"""Imported where they are used: they take seconds, or are not installed everywhere."""
EXTRAS = ("scipy", "matplotlib", "pretty_midi", "mir_eval", "librosa", "onnxruntime", "onnx", "training", "tests")
"""Never imported by the product."""


def _imports(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, module) of every import anywhere in a file; for ``from a import b`` both a and a.b."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            found.append((node.lineno, node.module or ""))
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def _row(unit: str) -> int | None:
    return next((i for i, row in enumerate(LAYERS) if unit in row), None)


def _unit(module: str) -> str | None:
    """The module or package of ours that an import names: "bridge.score.parts" is "score"."""
    parts = module.split(".")
    if parts[0] != "bridge":
        return None
    if len(parts) == 1:
        return "__init__"
    return parts[1] if (ROOT / parts[1]).is_dir() or (ROOT / f"{parts[1]}.py").exists() else "__init__"


ON_THE_WAY_OUT = ("bridge.pipeline.stem_files",)
"""Still imported from below, until separators only yield sound and the pipeline writes the files."""


def violations(path: Path, root: Path = ROOT) -> list[str]:
    """What a file imports against the rule."""
    place = path.relative_to(root)
    unit = place.parts[0].removesuffix(".py")
    row = _row(unit)
    assert row is not None, f"bridge/{place} stands in no row of the table in tests/test_layers.py"
    found = []
    for line, module in _imports(tree_of(path)):
        target = _unit(module)
        if target is None:
            if module.split(".")[0] in EXTRAS:
                found.append(f"{place}:{line} imports {module}, which the product does not depend on")
        elif target == unit and len(place.parts) > 1:
            own = place.parts[1].removesuffix(".py")
            inner = module.split(".")[2:3]
            if (
                unit in PLUGIN_FOLDERS
                and inner
                and inner[0] not in (own, "__init__")
                and _is_module(root, unit, inner[0])
            ):
                found.append(f"{place}:{line} imports the plugin {module} by name")
        elif module.startswith(ON_THE_WAY_OUT):
            continue
        elif (_row(target) or 0) <= row:
            found.append(f"{place}:{line} imports {module}, which is not below it")
        elif target in PLUGIN_FOLDERS and unit != "plugins":
            found.append(f"{place}:{line} imports the plugin {module} by name; ask bridge.plugins.registry for it")
    return found


def _is_module(root: Path, unit: str, name: str) -> bool:
    return (root / unit / f"{name}.py").exists() or (root / unit / name).is_dir()


def test_a_module_imports_only_from_rows_below_its_own() -> None:
    assert [found for path in MODULES for found in violations(path)] == []


def test_the_root_is_short_and_the_floors_are_few() -> None:
    assert len([p for p in ROOT.glob("*.py") if p.name != "__init__.py"]) <= 8
    assert len(LAYERS) <= 11


def heavy_imports(path: Path) -> list[str]:
    """The heavy packages that a module imports as it is read."""
    top = ast.Module([n for n in tree_of(path).body if isinstance(n, (ast.Import, ast.ImportFrom))], [])
    return [m for _, m in _imports(top) if m.split(".")[0] in HEAVY]


def test_heavy_packages_are_imported_at_use() -> None:
    assert {str(p.relative_to(ROOT)): heavy for p in MODULES if (heavy := heavy_imports(p))} == {}


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("music/tempo.py", "def f():\n    from bridge import audio"),
        ("score/parts.py", "import bridge.pipeline.pipeline"),
        ("audio/recording.py", "from bridge.spool.request import Request"),
        ("pipeline/pipeline.py", "from bridge.separators.whole_mix import WholeMix"),
        ("hosts/reaper.py", "from bridge.pipeline.cache import Cache"),
        ("hosts/reaper.py", "from bridge.hosts.midi_file import write_midi"),
        ("score/parts.py", "import scipy.signal"),
    ],
)
def test_the_rule_notices(place: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "hosts").mkdir()
    (tmp_path / "hosts" / "midi_file.py").touch()
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(code)
    assert violations(path, tmp_path)


def test_the_rule_lets_pass_what_points_down(tmp_path: Path) -> None:
    path = tmp_path / "pipeline" / "pipeline.py"
    path.parent.mkdir()
    path.write_text("import json\nfrom bridge.plugins import registry\nfrom bridge.audio.recording import Recording\n")
    assert violations(path, tmp_path) == []
