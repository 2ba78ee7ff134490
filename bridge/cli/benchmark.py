"""Measure the embedded separators and the draft here, in every way to compute, and keep the best as settings."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bridge.app import Application
from bridge.audio.recording import Recording
from bridge.audio.span_import import import_span
from bridge.cli.config_edit import with_settings
from bridge.errors import DawscribeError
from bridge.files import write_output
from bridge.inference.speed import Demand, machine_gflops, span_words
from bridge.music.notes import Note
from bridge.pipeline.pipeline import Pipeline
from bridge.plugins import registry
from bridge.spool.request import AudioSpan, ItemRequest, Request

DEMO = Path(__file__).parents[1] / "data" / "demo.ogg"
SEPARATORS = ("htdemucs", "spleeter")
LENGTH_S = 14.0
"""Two segments of HTDemucs, two pieces of Spleeter: the first one warms up, with both the seam is there."""
DRAFT, DRAFT_S = "draft", 20.0
"""Name of the draft's row, and the seconds it hears: long enough that the next job is forecast by it."""
SONG_S = 240.0
"""Length that a person asks about: a song of four minutes."""
WORTH = 0.95
"""A setting that is not at least so much faster than what "auto" takes is not written."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One way to compute, and what it took."""

    separator: str
    device: str
    precision: str
    load_s: float
    seconds_per_s: float
    """Of computing, for a second of sound."""
    memory_mb: float | None
    gflops: float | None
    """1e9 operations a second that it reached."""
    problem: str = ""

    @property
    def line(self) -> str:
        """Return the row for a person."""
        name = f"{self.separator:10} {self.device:8} {self.precision:5}"
        if self.problem:
            return f"{name} not possible: {self.problem}"
        reached = "" if self.gflops is None else f", {self.gflops:.0f} GFLOP/s"
        return (
            f"{name} {self.seconds_per_s:6.2f} s for a second of sound{reached}; a 4 min song in "
            f"{span_words(self.load_s + SONG_S * self.seconds_per_s)}, loaded in {self.load_s:.1f} s"
        )


class _Silent:
    """Progress that nobody watches."""

    def fraction(self, fraction: float) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""

    def notes(self, part_id: str, notes: Sequence[Note]) -> None:
        """See :class:`bridge.plugins.interfaces.Progress`."""


def run_benchmark(app: Application, *, as_json: bool) -> int:
    """Measure, print, and write what is faster than "auto"; 0 where anything could be measured, else 2."""
    print(f"A large matrix product reaches {machine_gflops():.0f} GFLOP/s in f32 here.", file=sys.stderr)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        mix = import_span(DEMO, Path(folder) / "mix.wav", length_s=LENGTH_S)
        for row in _rows(app, mix):
            rows.append(row)
            if not as_json:
                print(row.line, flush=True)
    written = _write_best(app, rows)
    if as_json:
        print(json.dumps({"rows": [asdict(r) for r in rows], "written": written}))
    else:
        print(written)
    return 0 if any(not r.problem for r in rows) else 2


def ways(devices: Sequence[str]) -> list[tuple[str, str]]:
    """Return (device, precision) of every way to compute, the one that "auto" takes first.

    Args:
        devices: names as :func:`bridge.inference.network.devices` gives them.
    """
    extra = [("gpu", "f16")] if any(d.split(".")[0] == "gpu" for d in devices) else []
    return [("auto", "auto"), ("cpu", "f32"), *([("cpu", "bf16")] if _knows_bf16() else []), *extra]


def _knows_bf16() -> bool:
    import openvino as ov

    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _rows(app: Application, mix: Recording) -> Iterator[Measured]:
    from bridge.inference.network import devices

    yield _draft(app)
    for name in SEPARATORS:
        for device, precision in ways([d for d, _ in devices()]):
            yield _measured(app, name, device, precision, mix)


def _draft(app: Application) -> Measured:
    """Hear the demo as a draft; the pipeline itself remembers what it took, for the forecast of the next job."""
    pipeline = Pipeline(app.settings, app.context)
    span = AudioSpan(DEMO, 0.0, DRAFT_S)
    request = Request("benchmark", "midi_file", (ItemRequest(span, "demo"),), {"quality": DRAFT})
    starts, device = [time.perf_counter()], "CPU"
    try:
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                device = pipeline.run(request, Path(folder), lambda stage, fraction: None).device
            starts.append(time.perf_counter())
    except DawscribeError as e:
        return Measured(DRAFT, "auto", "auto", 0.0, 0.0, None, None, str(e))
    first, second = starts[1] - starts[0], starts[2] - starts[1]
    return Measured(DRAFT, device.lower(), "auto", max(0.0, first - second), second / DRAFT_S, None, None)


def _measured(app: Application, name: str, device: str, precision: str, mix: Recording) -> Measured:
    table = {**app.settings.plugin_table("separators", name), "precision": precision}
    start = time.perf_counter()
    try:
        plugin = registry.SEPARATORS.create(name, table, replace(app.context, device=device))
        load_s = time.perf_counter() - start
        times = []
        for _ in range(2):  # the first also touches memory for the first time
            start = time.perf_counter()
            for _piece in plugin.separate(mix, plugin.stems, _Silent()):
                pass
            times.append(time.perf_counter() - start)
    except DawscribeError as e:
        return Measured(name, device, precision, 0.0, 0.0, None, None, str(e))
    per_s = min(times) / mix.length_s
    demand = getattr(plugin, "demand", None)
    memory_mb = demand.memory_mb if isinstance(demand, Demand) else None
    gflops = demand.gflop_per_s / per_s if isinstance(demand, Demand) else None
    return Measured(name, device, precision, load_s, per_s, memory_mb, gflops)


def best_settings(rows: Sequence[Measured]) -> dict[str, str]:
    """Return dotted setting -> value where another way is clearly faster than "auto"; the device by HTDemucs alone."""
    found: dict[str, str] = {}
    for name in dict.fromkeys(r.separator for r in rows):
        own = [r for r in rows if r.separator == name and not r.problem]
        auto = next((r for r in own if r.device == "auto"), None)
        if auto is None:
            continue
        best = min(own, key=lambda r: r.seconds_per_s)
        if best.seconds_per_s < WORTH * auto.seconds_per_s:
            found[f"separators.{name}.precision"] = best.precision
            if name == SEPARATORS[0]:
                found["device"] = best.device
    return found


def _write_best(app: Application, rows: Sequence[Measured]) -> str:
    """Write the settings that pay, but none that the user has set; the sentence about it."""
    wanted = best_settings(rows)
    own = {name for name, _, origin in app.settings.lines() if origin != "default"}
    kept = sorted(set(wanted) & own)
    new = {name: value for name, value in wanted.items() if name not in own}
    file = app.home / "config.toml"
    if new:
        named = ", ".join(f"{name} = {value}" for name, value in new.items())
        text = with_settings(file.read_text(encoding="utf-8") if file.exists() else "", new)
        if text is None:
            return f"Faster would be {named}; write it into {file} yourself."
        write_output(file, text.encode("utf-8"))
        return f"Written to {file}: {named}."
    if kept:
        return f"Faster would be {', '.join(f'{n} = {wanted[n]}' for n in kept)}; {file} has values of your own."
    return 'The setting "auto" is the fastest here; nothing was changed.'
