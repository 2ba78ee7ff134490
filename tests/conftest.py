"""Fixtures that several folders share."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support import Home, sine

# The same examples on every run, and no test asserts a time: a loaded machine draws them slowly.
settings.register_profile(
    "calm", database=None, deadline=None, derandomize=True, max_examples=40, suppress_health_check=list(HealthCheck)
)
settings.load_profile("calm")

# Started in the background, a shell has told us to ignore Ctrl-C, and every command that a test starts would as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Containers often forbid to keep compiled modules. Each of some hundred commands that tests start would compile bridge/
# again, 0.47 s of a core where 0.12 do, and each worker the tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

WORKERS = 4
"""Tests that run at a time, on two cores too: most of them wait for processes."""


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Several workers for folders; none, as a debugger wants it, for files that are named."""
    return 0 if all(Path(a.partition("::")[0]).is_file() for a in config.args) else WORKERS


BESIDE_TORCH = ("training", "test_demucs.py", "test_muscriptor.py", "test_stft.py")
"""A folder and files that import PyTorch, which takes seconds in every worker: slow, all of them."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The fast lane does not read what it would leave out as a whole."""
    return True if collection_path.name in BESIDE_TORCH and config.option.markexpr == "not slow" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cases that the fast lane leaves out; begin with files of slow tests: all workers end together."""
    known = set()
    for item in items:
        if item.get_closest_marker("first_is_enough"):
            test = item.nodeid.partition("[")[0]
            if test in known:
                item.add_marker(pytest.mark.slow)
            known.add(test)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


EVAL = Path(__file__).parents[2] / "shared" / "eval"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home with fake engines; OSC and MIDI are off."""
    made = Home(tmp_path / "home", "[triggers.osc]\nenabled = false\n")
    yield made
    made.kill()


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """Two seconds of sound."""
    return sine(tmp_path / "item.wav")


@pytest.fixture
def evaluation() -> Path:
    """The folder of the evaluation set, which lies beside the checkout."""
    if not EVAL.is_dir():
        reason = "the evaluation set is not beside the checkout (../shared/eval)"
        # CI has it; there, a missing set is a failure and not a reason to skip.
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return EVAL
