"""The process keeps the memory that it takes again at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

MOST_PAGES = 2000
"""That a spectrogram of 9 s may ask the system for: 8 MB. It was 30,000 while glibc gave all back after each piece."""
CODE = """
import resource
import numpy as np
from bridge.inference.malloc import limit_malloc_arenas
from bridge.note_maps.features import Vqt
limit_malloc_arenas()
vqt, sound = Vqt(), np.random.default_rng(1).standard_normal(200_000).astype(np.float32)
vqt(sound)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
vqt(sound)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own ways")
def test_a_spectrogram_takes_its_memory_from_the_system_once() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(done.stdout) < MOST_PAGES
