"""The ReaPack index of the REAPER scripts."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
GENERATOR = ROOT / "install" / "reapack_index.py"
URL = "https://example.org/dawscribe/raw/{commit}"


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, GENERATOR, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    done = generate("--url", URL, "--commit", "abc123", "-o", tmp_path / "index.xml")
    assert done.returncode == 0, done.stderr
    return tmp_path / "index.xml"


def test_every_script_and_module_is_in_the_package(index: Path) -> None:
    sources = list(ET.parse(index).getroot().iterfind("category/reapack/version/source"))
    addresses = [unquote(s.text or "").removeprefix("https://example.org/dawscribe/raw/abc123/") for s in sources]
    wanted = [*(ROOT / "daw_scripts/reaper").rglob("dawscribe_*.lua"), *(ROOT / "daw_scripts/reaper/lib").glob("*.lua")]
    wanted += (ROOT / "daw_scripts/lib").glob("*.lua")
    wanted = [p for p in wanted if "dev" not in p.parts]
    assert sorted(addresses) == sorted(p.relative_to(ROOT).as_posix() for p in wanted)
    actions = [s.get("file") for s in sources if s.get("main")]
    assert "dawscribe_Transcribe selected items.lua" in actions
    assert "shared/json.lua" in [s.get("file") for s in sources]


def test_what_was_made_passes_the_check(index: Path) -> None:
    assert generate("--check", index).returncode == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('file="shared/json.lua"', 'file="../../json.lua"', "leaves"),
        ("https://", "http://", "https"),
        ('version name="0', 'version name="x', "version"),
        ('main="main"', 'other="main"', "action"),
        ("</index>", "", ""),
    ],
)
def test_what_reapack_would_refuse_is_found(index: Path, old: str, new: str, words: str) -> None:
    index.write_text(index.read_text().replace(old, new))
    done = generate("--check", index)
    assert done.returncode == 1
    assert words in done.stderr
