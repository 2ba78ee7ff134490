"""One version everywhere, workflows that call what there is, and a changelog that knows the version."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from bridge import __version__

ROOT = Path(__file__).parents[1]
SCRIPTS = [p for p in (ROOT / "daw_scripts").rglob("*.lua") if "node_modules" not in p.parts]


def test_every_script_carries_the_version() -> None:
    found = {}
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        for number in re.findall(r"^-- @version (\S+)|^\w+\.VERSION = '([^']+)'", text, re.M):
            found[script.name] = "".join(number)
    assert found
    assert set(found.values()) == {__version__}, found


def test_the_changelog_knows_the_version() -> None:
    assert f"\n## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_workflows_call_scripts_that_are_there() -> None:
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        called = re.findall(r"(?:python|sh) ((?:install|\.ci)/\S+)", workflow.read_text(encoding="utf-8"))
        assert called, workflow.name
        assert all((ROOT / path).is_file() for path in called), called


def test_a_release_of_another_tag_is_refused(tmp_path: Path) -> None:
    script = ROOT / "install" / "release.py"
    words = ["--tag", "v9.9.9", "--url", "https://example.org/{commit}", "--commit", "abc", "-o", str(tmp_path)]
    done = subprocess.run([sys.executable, script, *words], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "9.9.9" in done.stderr
    assert list(tmp_path.iterdir()) == []
