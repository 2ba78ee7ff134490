"""Runs the extension as Live does: Node 24 with the real --permission flags, over the fake host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.hosts.live.bundle import bundle
from tests.support import Home

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "daw_scripts" / "live" / "extension"
TOOLS = HERE / "node_modules"


def tool(name: str) -> str:
    """A program of package.json; the test is skipped where it was not installed."""
    found = TOOLS / ".bin" / name
    if not found.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"needs Node's {name}: npm install in {HERE.name}")
    return str(found)


class Studio:
    """Folders as Live lays them out, with the extension installed among them."""

    def __init__(self, folder: Path, home: Home) -> None:
        self.home, self.environment = home.folder, home.env
        # Live's own process knows the real paths; a link in the way would be outside of what it grants.
        base = folder.resolve()
        self.extension, self.storage = (
            base / "Extensions" / "dawscribe.dawscribe",
            base / "Extensions Data" / "dawscribe",
        )
        self.temp = base / "tmp" / "Ableton Extensions" / "dawscribe"
        for made in (self.extension, self.storage, self.temp):
            made.mkdir(parents=True)
        shutil.copy(SOURCE / "manifest.json", self.extension)
        (self.extension / "extension.js").write_text(bundle(SOURCE, "extension"), encoding="utf-8")
        shutil.copy(HERE / "fake_host.js", base / "Extensions" / "fake_host.js")
        relay = [sys.executable, "-m", "bridge", "relay", "--home", str(home.folder)]
        (self.extension / "installed.json").write_text(json.dumps({"relay": relay}), encoding="utf-8")

    def start(self, scenario: Mapping[str, Any]) -> subprocess.Popen[str]:
        """Start Node; :meth:`outcome` waits for its end."""
        told = {"tempo": [[0, 120]], "outside": str(self.home / "config.toml"), **scenario}
        (self.storage / "scenario.json").write_text(json.dumps(told), encoding="utf-8")
        extensions = self.extension.parent
        flags = ["--permission", "--allow-addons", "--allow-child-process"]
        flags += [f"--allow-fs-read={p}" for p in (extensions, self.storage.parent, self.temp.parent)]
        flags += [f"--allow-fs-write={p}" for p in (self.storage.parent, self.temp.parent)]
        script = [str(extensions / "fake_host.js"), str(self.extension), str(self.storage), str(self.temp)]
        return subprocess.Popen(
            [tool("node"), *flags, *script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=HERE.parents[1],
            env=self.environment,
        )

    def outcome(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        """What became of it."""
        out, err = process.communicate(timeout=150)
        assert process.returncode == 0, out + err
        found: dict[str, Any] = json.loads((self.storage / "outcome.json").read_text(encoding="utf-8"))
        assert found["errors"] == []
        assert found["synchronous"], "a command's callback must return at once"
        assert found["fence"] == "ERR_ACCESS_DENIED", "the fence of Live's Node is up in this test"
        return found

    def run(self, scenario: Mapping[str, Any]) -> dict[str, Any]:
        """Start, and wait for the end."""
        return self.outcome(self.start(scenario))
