"""dawscribe against what a user would run instead, on one machine in one go.

python -m tests.benchmarks.peers [--seconds 8 30 240] [--runs 5] [--peer PYTHON] [-o FOLDER]

Prints a table and writes it with a chart to FOLDER. PYTHON is one of an environment with demucs 4.1 and basic-pitch
(they do not fit every Python that dawscribe runs on); without it, their route is left out and said to be. The
runs of all routes take turns, so that whatever else the machine does meets them alike.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from bridge.app import application
from tests.benchmarks import chart
from tests.benchmarks.measure import Cost, children, median, process_cost, run

HERE = Path(__file__).parent
DEMO = HERE.parents[1] / "bridge" / "data" / "demo.ogg"
Route = Callable[[Path, Path], Cost]
"""Item and an empty folder -> what it cost."""
TORCH, ONNX, COLD, SPLEETER, DRAFT, WARM = (
    "demucs + basic-pitch (PyTorch)",
    "ONNX Runtime, separation alone",
    "dawscribe, cold",
    "dawscribe with spleeter, cold",
    "dawscribe, draft, cold",
    "dawscribe, warm daemon",
)
ROADS: dict[str, tuple[str, ...]] = {
    COLD: (),
    SPLEETER: ("--separator", "spleeter"),
    DRAFT: ("--quality", "draft"),
}
"""Route -> the options of its command."""
AVX2 = ", AVX2"
"""Ends the name of a route that computes as on a processor without AVX-512."""


def item(path: Path, seconds: float) -> Path:
    """The demo song, over and over, until it is as long as wanted."""
    samples, rate = soundfile.read(DEMO, dtype="float32", always_2d=True)
    count = round(seconds * rate)
    soundfile.write(path, np.tile(samples, (-(-count // len(samples)), 1))[:count], rate)
    return path


def torch_route(python: Path, repo: Path) -> Route:
    """``demucs`` and then ``basic-pitch`` on the three pitched stems, as their manuals say."""

    def measure(audio: Path, folder: Path) -> Cost:
        command: list[str | Path] = [python, "-m", "demucs", "--repo", repo, "-n", "htdemucs", "-d", "cpu"]
        command += ["-o", folder, audio]
        first = run(command)
        stems = [folder / "htdemucs" / audio.stem / f"{role}.wav" for role in ("bass", "vocals", "other")]
        notes = folder / "notes"
        notes.mkdir()
        # What the command "basic-pitch" does; its own set-up asks for TensorFlow, which this Python may not have.
        second = run([python, "-c", "from basic_pitch.predict import main; main()", notes, *stems])
        return Cost(first.wall_s + second.wall_s, first.cpu_s + second.cpu_s, max(first.peak_mb, second.peak_mb))

    return measure


def onnx_route(model: Path) -> Route:
    """The same network file on ONNX Runtime."""
    return lambda audio, folder: run([sys.executable, "-m", "tests.benchmarks.onnx_route", model, audio, folder])


def environment(home: Path, model: Path) -> dict[str, str]:
    """A home of its own that keeps as few earlier results as it can."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text("[cache]\nlimit_gb = 0.0\n[triggers.osc]\nenabled = false\n")
    return {**os.environ, "DAWSCRIBE_HOME": str(home), "DAWSCRIBE_MODELS": str(model.parent)}


def cold_route(env: dict[str, str], *options: str) -> Route:
    """``dawscribe transcribe``, a new process each time."""
    command = [sys.executable, "-m", "bridge", "transcribe", *options]
    return lambda audio, folder: run([*command, audio, "-o", folder], env)


def has_avx512(flags: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether the processor is said to have AVX-512 (only Linux says it)."""
    try:
        return "avx512f" in flags.read_text(encoding="ascii", errors="ignore").split()
    except OSError:
        return True


def roads(env: dict[str, str]) -> dict[str, Route]:
    """Every road from a sound to notes, and each again as on a processor that has AVX2 alone, where this has more."""
    if not has_avx512():
        return {name: cold_route(env, *options) for name, options in ROADS.items()}
    older = {**env, "ONEDNN_MAX_CPU_ISA": "AVX2", "DAWSCRIBE_HOME": env["DAWSCRIBE_HOME"] + "-avx2"}
    Path(older["DAWSCRIBE_HOME"]).mkdir(mode=0o700, exist_ok=True)
    found = {}
    for name, options in ROADS.items():
        found[name] = cold_route(env, *options)
        found[name + AVX2] = cold_route(older, *options)
    return found


def warm_route(home: Path, pid: int) -> Route:
    """A request to a running daemon whose worker has the models loaded."""
    number = 0

    def measure(audio: Path, folder: Path) -> Cost:
        nonlocal number
        number += 1
        name = f"benchmark-{os.getpid()}-{number}"
        wanted = {"protocol": 1, "id": name, "host": "midi_file", "options": {}}
        draft = home / "inbox" / f"{name}.tmp"
        draft.parent.mkdir(exist_ok=True)
        # Another level each time: the same sound would come out of the cache of stems.
        span = {"path": str(audio), "gain": 1.0 - number * 1e-4}
        draft.write_text(json.dumps({**wanted, "items": [{"name": audio.stem, "audio": span}]}))
        before = sum(process_cost(p)[0] for p in [pid, *children(pid)])
        start = time.perf_counter()
        draft.rename(draft.with_suffix(".json"))
        state = ""
        while state != "done":
            time.sleep(0.01)
            status = home / "jobs" / name / "status.json"
            said = json.loads(status.read_text()) if status.exists() else {}
            state = said.get("state", "")
            if state in ("failed", "cancelled"):
                raise RuntimeError(said["message"])
        wall_s = time.perf_counter() - start
        costs = [process_cost(p) for p in [pid, *children(pid)]]
        return Cost(wall_s, sum(c for c, _ in costs) - before, max(m for _, m in costs))

    return measure


def table(costs: dict[str, dict[str, list[Cost]]]) -> str:
    """Medians as Markdown; the ratio is how many times faster than the PyTorch route, where that ran."""
    head = ("item", "route", "wall s", "processor s", "peak MB", "times faster", "wall s with AVX2 alone")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, routes in costs.items():
        reference = median(routes[TORCH]).wall_s if TORCH in routes else None
        for route, runs in routes.items():
            if route.endswith(AVX2):
                continue
            m = median(runs)
            ratio = f"{reference / m.wall_s:.1f}" if reference else ""
            older = f"{median(routes[route + AVX2]).wall_s:.1f}" if route + AVX2 in routes else ""
            cells = (name, route, f"{m.wall_s:.1f}", f"{m.cpu_s:.1f}", f"{m.peak_mb:.0f}", ratio, older)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, nargs="+", default=[8, 30, 240])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer", type=Path, help="Python of an environment with demucs and basic-pitch")
    parser.add_argument("-o", "--out", type=Path, default=Path("out") / "benchmarks")
    return parser.parse_args()


def main() -> None:
    """Measure, print, draw."""
    chosen = arguments()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        model = application().store.path("htdemucs")
        home = work / "home"
        env = environment(home, model)
        routes: dict[str, Route] = {}
        if chosen.peer:
            run([chosen.peer, HERE / "demucs_repo.py", work / "repo"])
            routes[TORCH] = torch_route(chosen.peer, work / "repo")
        else:
            print("No --peer: the PyTorch route is left out.")
        if importlib.util.find_spec("onnxruntime"):
            routes[ONNX] = onnx_route(model)
        routes |= roads(env)
        costs = measured(routes, chosen, work, home, env)
    cores = f"{os.cpu_count()} processor cores{'' if has_avx512() else ' without AVX-512'}"
    text = f"{cores}, load {os.getloadavg()[0]:.1f}; medians of {chosen.runs} runs.\n\n{table(costs)}\n"
    print(text)
    (chosen.out / "peers.md").write_text(text)
    times = {i: {r: median(c).wall_s for r, c in by.items()} for i, by in costs.items()}
    chart.draw(chosen.out / "peers.png", times)


def measured(
    routes: dict[str, Route], chosen: argparse.Namespace, work: Path, home: Path, env: dict[str, str]
) -> dict[str, dict[str, list[Cost]]]:
    """item -> route -> runs."""
    daemon = subprocess.Popen([sys.executable, "-m", "bridge", "daemon"], env=env)
    try:
        while not (home / "daemon.json").exists():
            time.sleep(0.05)
        warm = warm_route(home, daemon.pid)
        # Loads the models and fills the cache of compiled networks, for the cold route too: it is made once ever.
        warm(item(work / "first.wav", 1.0), work)
        costs: dict[str, dict[str, list[Cost]]] = {}
        for seconds in chosen.seconds:
            name = f"{seconds:g} s"
            audio = item(work / f"{seconds:g}.wav", seconds)
            by = costs.setdefault(name, {})
            for number in range(chosen.runs):
                for route, measure in {**routes, WARM: warm}.items():
                    folder = work / "out"
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir()
                    cost = measure(audio, folder)
                    by.setdefault(route, []).append(cost)
                    print(f"{name}, run {number + 1}, {route}: {cost.wall_s:.1f} s", flush=True)
        return costs
    finally:
        daemon.terminate()
        daemon.wait()


if __name__ == "__main__":
    main()
