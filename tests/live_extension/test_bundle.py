"""The one file that Live loads: all modules, each once, joined the same everywhere, or a sentence."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bridge.hosts.live.bundle import bundle
from tests.live_extension.studio import SOURCE, tool
from tests.raising import raises_code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three modules as ours are written."""
    modules = {
        "entry": 'const { a } = require("./a");\nmodule.exports = { a };\n',
        "a": '// No line end after it.\n"use strict";\nconst { b } = require("./b");\n\nfunction a() {\n'
        "  return b();\n}\n\nmodule.exports = { a };",
        "b": 'const path = require("node:path");\n\nfunction b() {\n  throw new Error(path.sep);\n}\n'
        "module.exports = { b };\n",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.js").write_text(text, encoding="utf-8")
    return tmp_path


def _places(text: str) -> dict[str, int]:
    """How many lines stand before each module, as the head says."""
    return {name: int(before) for before, name in re.findall(r"^// +(\d+) ([a-z-]+)\.js$", text, re.MULTILINE)}


def _node(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool("node"), *words], capture_output=True, text=True, check=False)


def test_no_module_is_forgotten() -> None:
    text = bundle(SOURCE, "extension")
    assert sorted(_places(text)) == sorted(p.stem for p in SOURCE.glob("*.js"))
    lines = text.splitlines()
    for name, before in _places(text).items():
        module = (SOURCE / f"{name}.js").read_text(encoding="utf-8").splitlines()
        assert lines[before : before + len(module)] == module


def test_it_is_one_valid_file_that_exports_the_entry(tmp_path: Path) -> None:
    file = tmp_path / "extension.js"
    file.write_text(bundle(SOURCE, "extension"), encoding="utf-8")
    assert _node("--check", str(file)).stderr == ""
    done = _node("-p", f"Object.entries(require({str(file)!r})).map(([k, v]) => [k, typeof v].join(' ')).join()")
    assert done.stdout == "activate function\n", done.stderr


def test_it_is_the_same_from_files_of_windows(folder: Path) -> None:
    before = bundle(folder, "entry")
    assert list(_places(before)) == ["b", "a", "entry"]
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert bundle(folder, "entry") == before


def test_a_stack_leads_to_the_line_of_the_module(folder: Path) -> None:
    text = bundle(folder, "entry")
    file = folder / "joined.js"
    file.write_text(text, encoding="utf-8")
    done = _node("-e", "require(process.argv[1]).a()", str(file))
    lines = [int(n) for n in re.findall(r"joined\.js:(\d+):\d+\)", done.stderr)][:2]
    assert lines == [_places(text)["b"] + 4, _places(text)["a"] + 6]


@pytest.mark.parametrize(
    ("module", "text", "sentence"),
    [
        ("b", 'require("./gone");', "gone.js cannot be read"),
        ("b", 'require("./a");', "entry > a > b > a is a circle"),
        ("b", 'require("./b");', "entry > a > b > b is a circle"),
        ("a", 'require("lodash");', 'a.js requires "lodash", which is not known'),
        ("a", 'require("fs");', 'a.js requires "fs", which is not known'),
        ("a", 'require("node:paths");', 'a.js requires "node:paths", which is not known'),
        ("a", 'require("../a");', 'a.js requires "../a", which is not known'),
        ("a", "require(name);", "a.js requires name, which is not known"),
    ],
)
def test_what_cannot_be_joined_is_a_sentence(module: str, text: str, sentence: str, folder: Path) -> None:
    with (folder / f"{module}.js").open("a", encoding="utf-8") as file:
        file.write("\n" + text)
    with raises_code("live-extension-damaged") as raised:
        bundle(folder, "entry")
    assert str(raised.value) == f"The extension for Live is damaged ({sentence}); install dawscribe again."
