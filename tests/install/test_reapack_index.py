"""The ReaPack index of the REAPER scripts."""

from __future__ import annotations

import shutil
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


def test_the_package_says_what_it_is_and_what_changed(index: Path) -> None:
    package = ET.parse(index).getroot().find("category/reapack")
    assert package is not None
    assert package.get("desc") == "dawscribe: audio items to MIDI tracks"
    about = package.findtext("metadata/description") or ""
    assert about.startswith(r"{\rtf")
    assert "https://example.org/dawscribe\\par" in about
    assert "REAPER:" in (package.findtext("version/changelog") or "")


def test_earlier_versions_stay_listed_as_they_were(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(("git", "-C", tmp_path, *who, *words), check=True, capture_output=True)

    def release(version: str, module: str) -> None:
        main.write_text(old.replace("@version 0.2.0", f"@version {version}"), encoding="utf-8")
        (scripts / "reaper" / "lib" / module).write_text("return {}")
        (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {version}\n\nBrought {module}.\n")
        git("add", "-A")
        git("commit", "-m", version)
        git("tag", f"v{version}")

    scripts, name = tmp_path / "daw_scripts", "dawscribe_Transcribe selected items.lua"
    old = (ROOT / "daw_scripts" / "reaper" / name).read_text(encoding="utf-8")
    for folder in ("install", "daw_scripts/lib", "daw_scripts/reaper/lib"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(GENERATOR, tmp_path / "install")
    (scripts / "lib" / "json.lua").write_text("return {}")
    main = scripts / "reaper" / name
    git("init", "-q")
    release("0.1.0", "first.lua")
    (scripts / "reaper" / "lib" / "first.lua").unlink()
    release("0.2.0", "second.lua")
    command: list[str | Path] = [
        sys.executable,
        tmp_path / "install" / GENERATOR.name,
        "--url",
        URL,
        "--commit",
        "abc123",
    ]
    done = subprocess.run([*command, "-o", tmp_path / "index.xml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    versions = ET.parse(tmp_path / "index.xml").getroot().findall("category/reapack/version")
    assert [v.get("name") for v in versions] == ["0.1.0", "0.2.0"]
    assert [v.findtext("changelog") for v in versions] == ["Brought first.lua.", "Brought second.lua."]
    modules = [{s.get("file") for s in v.iterfind("source") if not s.get("main")} for v in versions]
    assert modules == [{"lib/first.lua", "shared/json.lua"}, {"lib/second.lua", "shared/json.lua"}]
    addresses = [s.text or "" for s in versions[0].iterfind("source")]
    assert not any("abc123" in address for address in addresses)
