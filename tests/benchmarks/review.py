"""Times of the review page in a real Chromium:  python -m tests.benchmarks.review

Opening a result of four minutes, drawing while ten minutes are scrolled, decoding a part of four minutes at another
sensitivity, and making the version for the DAW. Beside the time it prints the processor time of the page's main thread,
which alone draws and answers, and of the daemon: other work on the machine changes those little. Last comes the load.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from tests.review.conftest import FLAGS, Page, open_tab
from tests.support import Home, wait_for

RATE = 44_100
NOTES_A_SECOND = 8
"""In each of four parts: 2,000 notes a minute, more than a dense song has."""
FRAMES = 300
MAX_JOB_S = 900.0
"""The note network hears four minutes in one on a quiet machine."""
RUNS = 5
SCROLL = """async (frames) => {
  const { stage } = dawscribe;
  stage.view.pxPerS = 80;
  stage.view.clamp();
  const gaps = [];
  const step = (stage.view.length - 15) / frames;
  let last = performance.now();
  stage.frameTimes.length = 0;
  for (let i = 0; i < frames; i++) {
    stage.view.start = i * step;
    stage.redraw();
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }
  return [[...stage.frameTimes], gaps];
}"""


def sound(path: Path, seconds: float) -> Path:
    """A chord that changes every half second, with strokes."""
    t = np.arange(int(0.5 * RATE)) / RATE
    rng = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", RATE, 2) as file:
        for _ in range(int(seconds * 2)):
            keys = rng.choice(np.arange(48, 76), 3, replace=False)
            tone = sum(np.sin(2 * np.pi * 440 * 2 ** ((k - 69) / 12) * t) for k in keys) * 0.08
            tone += 0.2 * rng.normal(size=len(t)) * np.exp(-t * 60)
            file.write(np.stack([tone * np.exp(-3 * t)] * 2, 1))
    return path


def job(home: Home, folder: Path, name: str, seconds: float, options: dict[str, Any] | None = None) -> Path:
    """A finished job; its folder."""
    home.submit(home.request(name, sound(folder / f"{name}.wav", seconds), {"keep_stems": True, **(options or {})}))
    wait_for(lambda: home.status(name).get("state") in ("done", "failed"), name, MAX_JOB_S)
    assert home.status(name)["state"] == "done"
    return home.folder / "jobs" / name


def make_dense(folder: Path) -> int:
    """Give each part of a result as many notes as a dense song has; how many they are."""
    path = folder / "result.json"
    data = json.loads(path.read_text())
    item = data["items"][0]
    rng = np.random.default_rng(2)
    for part in item["parts"]:
        onsets = np.sort(rng.uniform(0, item["length_s"] - 1, int(item["length_s"] * NOTES_A_SECOND)))
        keys = [36, 38, 42, 46] if part["is_drums"] else list(range(40, 80))
        part["note_fields"] = ["onset_s", "offset_s", "pitch", "velocity", "confidence"]
        part["notes"] = [
            [round(o, 4), round(o + 0.2, 4), int(rng.choice(keys)), int(rng.integers(30, 120)), 0.9] for o in onsets
        ]
    path.write_text(json.dumps(data))
    return sum(len(part["notes"]) for part in item["parts"])


class Meter:
    """Time since it was made, and the processor time of the pages' main threads and of the daemon."""

    def __init__(self, home: Home) -> None:
        self._daemon = int(home.beat()["pid"])
        self._gone: dict[int, float] = {}
        self._began = time.monotonic()
        self._since = self._now()

    def _now(self) -> tuple[float, float]:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "--type=renderer" in process.cmdline():
                    main = next(t for t in process.threads() if t.id == process.pid)
                    self._gone[process.pid] = main.user_time + main.system_time
        daemon = psutil.Process(self._daemon).cpu_times()
        return sum(self._gone.values()), daemon.user + daemon.system

    def read(self) -> tuple[float, float, float]:
        """Seconds: passed, of the pages, of the daemon."""
        page, daemon = self._now()
        return time.monotonic() - self._began, page - self._since[0], daemon - self._since[1]


def opening_s(chromium: Any, page: Page) -> tuple[float, float, float]:
    """Seconds from the address to the page that can be worked with, and of the processor."""
    meter = Meter(page.home)
    tab = open_tab(chromium, page.url, [])
    found = meter.read()
    tab.context.close()
    return found


def middle(runs: Sequence[tuple[float, float, float]]) -> str:
    """The median of several runs, in words."""
    passed, page, daemon = (statistics.median(column) for column in zip(*runs, strict=True))
    return f"{passed:.2f} s (processor: page {page:.2f} s, daemon {daemon:.2f} s)"


def main() -> None:
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        folder = Path(place)
        home = Home(folder / "home", "[triggers.osc]\nenabled = false\n")
        home.start()
        try:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            four = job(home, folder, "bench-four", 240.0)
            count = make_dense(four)
            opened = [opening_s(browser, Page(home, "bench-four")) for _ in range(RUNS)]
            print(f"open 4 min, {count} notes: {middle(opened)}", flush=True)
            page = Page(home, "bench-four")
            page.enter()
            sent = []
            for seq in range(RUNS):
                meter = Meter(home)
                assert page.ask("POST", "/api/jobs/bench-four/send", {"seq": 0})[0] == 200, seq
                sent.append(meter.read())
            print(f"update: {middle(sent)}", flush=True)
            ten = job(home, folder, "bench-ten", 600.0)
            count = make_dense(ten)
            tab = open_tab(browser, Page(home, "bench-ten").url, [])
            tab.evaluate(SCROLL, FRAMES)  # pictures of the sound are made once
            tab.wait_for_timeout(5000)
            meter = Meter(home)
            drawn, gaps = (sorted(times) for times in tab.evaluate(SCROLL, FRAMES))
            busy_ms = 1000 * meter.read()[1] / FRAMES
            print(
                f"scroll 10 min, {count} notes: draws in {statistics.median(drawn):.1f} ms, "
                f"95 of 100 in {drawn[int(0.95 * len(drawn))]:.1f} ms; a frame every {statistics.median(gaps):.1f} ms, "
                f"of them {busy_ms:.1f} ms of the main thread's processor time",
                flush=True,
            )
            tab.context.close()
            options = {"separator": "whole_mix", "role": "other", "transcribers": {"other": "notes"}}
            job(home, folder, "bench-decode", 240.0, options)
            page = Page(home, "bench-decode")
            page.enter()
            decoded = []
            for n in range(RUNS + 1):
                data = {"item": 0, "part": "other", "sensitivity": 0.3 + 0.1 * n}
                meter = Meter(home)
                status, body, _ = page.ask("POST", "/api/jobs/bench-decode/decode", data)
                assert status == 200, body
                decoded.append(meter.read())
            print(f"decode 4 min anew: {middle(decoded[1:])}; first {middle(decoded[:1])}", flush=True)
            browser.close()
        finally:
            home.kill()
    print("load: " + ", ".join(f"{x:.1f}" for x in os.getloadavg()) + f" on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
