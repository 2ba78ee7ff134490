"""Put the DAW scripts into the wheel; everything else is in pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
IGNORED = shutil.ignore_patterns("node_modules", "__pycache__", "*.pyc", "dev")
"""Not for users: packages of the checks, byte code, and what only developers run."""


class BuildWithScripts(build_py):
    """Copy daw_scripts/ into the package, where bridge.spool.launcher looks for it."""

    def run(self) -> None:
        """Build as usual, then copy; an editable installation reads the folder in the checkout."""
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "bridge" / "daw_scripts"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(HERE / "daw_scripts", target, ignore=IGNORED)


setup(cmdclass={"build_py": BuildWithScripts})
