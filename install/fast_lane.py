"""Install what the tests need and run the fast lane, on any system: python install/fast_lane.py

What install/check.sh is for Debian, without DAWs, models and PyTorch; tests that need those say so and are skipped.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LISTS = ("requirements.txt", "requirements-test.txt")


def run(*words: str) -> None:
    """Run a Python module; end with its status where it fails."""
    status = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, check=False).returncode
    if status:
        sys.exit(status)


for name in LISTS:
    run("pip", "install", "--no-deps", "--require-hashes", "-r", f"install/{name}")
run("pip", "install", "--no-deps", "--editable", ".")
run("ruff", "check", ".")
run("ruff", "format", "--check", ".")
run("mypy")
run("pytest", "-q", "-m", "not slow and not model and not daw")
