"""``dawscribe transcribe``: the pipeline in this process, no daemon needed."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from bridge import plugins
from bridge.app import Application, application
from bridge.commands.progress import Progress
from bridge.errors import InputError, StoreError
from bridge.music import STEM_ROLES
from bridge.pipeline import Pipeline
from bridge.protocol import AudioSpan, ItemRequest, ItemResult, Request
from bridge.results import write_results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="audio: WAV, AIFF, FLAC, OGG, Opus, MP3")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR",
        help="folder for song.mid, result.json and stems; with several files one folder each inside it",
    )  # fmt: skip
    parser.add_argument("--stems", metavar="ROLE,...", help=f"only these parts: {', '.join(STEM_ROLES)}")
    parser.add_argument("--separator", metavar="NAME", help="htdemucs, demucs (torch extra) or whole_mix")
    parser.add_argument("--role", choices=STEM_ROLES, help="with --separator whole_mix: what the recording is")
    parser.add_argument("--transcriber", action="append", default=[], metavar="ROLE=NAME", help="the engine for a part")
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, gpu, cuda or mps")
    parser.add_argument("--start", type=float, default=0.0, metavar="SECONDS", help="begin here in the file")
    parser.add_argument("--length", type=float, metavar="SECONDS", help="take only this much")
    parser.add_argument("--quantise", metavar="GRID", help="snap onsets to 1/4 .. 1/32, 1/8T for triplets")
    parser.add_argument("--strength", type=float, metavar="0..1", help="how far --quantise moves notes (1)")
    parser.add_argument("--no-tempo", action="store_true", help="do not look for the beat; keep 120 BPM")
    parser.add_argument("--no-stems", action="store_true", help="leave out stems/*.wav")
    parser.add_argument("--plot", action="store_true", help="also draw all parts as piano_roll.png")
    parser.add_argument("--project", type=Path, metavar="FILE.rpp", help="also write a REAPER project")
    parser.add_argument("--session", type=Path, metavar="DIR", help="also write an Ardour session (needs ardour-lua)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Transcribe every file; the first that fails stops the run and leaves nothing of its own."""
    app = application({"device": options.device} if options.device else {})
    pipeline = Pipeline(app.settings, app.context)
    folders = _folders(options.files, options.output)
    printed = []
    with _stoppable() as stopped:
        for file, folder in zip(options.files, folders, strict=True):
            started = time.monotonic()
            with Progress(file.name, stopped) as progress:
                result = _one(app, pipeline, file, folder, options, progress)
            printed.append(result)
            if not options.json:
                print(_summary(result, folder, time.monotonic() - started))
    if options.json:
        print(json.dumps(printed if len(printed) > 1 else printed[0], ensure_ascii=False))
    return 0


def _one(
    app: Application, pipeline: Pipeline, file: Path, folder: Path, options: argparse.Namespace, progress: Progress
) -> dict[str, Any]:
    """Transcribe one file into a hidden folder inside its target, then move everything up at once."""
    request = _request(file, options)
    made = _made_folders(folder)
    try:
        draft = Path(tempfile.mkdtemp(prefix=".dawscribe-", dir=folder))
    except OSError as e:
        raise StoreError(f"The folder {folder} cannot be written; choose another with -o.") from e
    try:
        outcome = pipeline.run(request, draft, progress.report, progress.count)
        result = write_results(request, outcome, draft, app.settings, app.context)
        if options.plot:
            from bridge.score.piano_roll import write_piano_roll

            write_piano_roll(outcome.items[0].score, file.stem, draft / "piano_roll.png")
        _move_into(draft, folder)
        _write_projects(app, _moved(outcome.items[0], draft, folder), request, options)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        for made_folder in reversed(made):
            # Only what this run made, and only while it is empty.
            if not any(made_folder.iterdir()):
                made_folder.rmdir()
        raise
    return result


def _write_projects(app: Application, item: ItemResult, request: Request, options: argparse.Namespace) -> None:
    """What DAWs open as a whole; these refer to the stems where they now lie."""
    span = request.items[0].audio
    if options.project:
        host = plugins.create("hosts", "reaper", app.settings.plugin_table("hosts", "reaper"), app.context)
        host.write_project(item, span, options.project.absolute())
    if options.session:
        host = plugins.create("hosts", "ardour", app.settings.plugin_table("hosts", "ardour"), app.context)
        host.write_session(item, span, options.session.absolute())


def _moved(item: ItemResult, before: Path, after: Path) -> ItemResult:
    """The item with its files where they were moved to."""

    def new(path: Path) -> Path:
        return (after / path.relative_to(before)).absolute()

    return replace(item, stems=tuple((r, new(p)) for r, p in item.stems), midi=item.midi and new(item.midi))


def _request(file: Path, options: argparse.Namespace) -> Request:
    if not file.name:
        raise InputError("Name an audio file.")
    transcribers = dict(pair.partition("=")[::2] for pair in options.transcriber)
    for role, name in transcribers.items():
        if role not in STEM_ROLES or not name:
            raise InputError(f'--transcriber takes ROLE=NAME with one of: {", ".join(STEM_ROLES)}; not "{role}".')
    chosen = {
        "stems": options.stems.split(",") if options.stems else None,
        "separator": options.separator,
        "role": options.role,
        "transcribers": transcribers,
        "quantise": options.quantise,
        "quantise_strength": options.strength,
        "find_tempo": False if options.no_tempo else None,
        "keep_stems": False if options.no_stems else None,
    }
    span = AudioSpan(file.absolute(), options.start, options.length)
    item = ItemRequest(span, file.stem or "item")
    return Request("command-line", "midi_file", (item,), {k: v for k, v in chosen.items() if v is not None})


def _folders(files: Sequence[Path], output: Path) -> list[Path]:
    """One folder per file: the output itself for a single one; equal names get a number."""
    if len(files) == 1:
        return [output]
    taken: dict[str, int] = {}
    folders = []
    for file in files:
        count = taken[file.stem] = taken.get(file.stem, 0) + 1
        folders.append(output / (file.stem if count == 1 else f"{file.stem} ({count})"))
    return folders


def _made_folders(folder: Path) -> list[Path]:
    """Make ``folder``; the folders that were missing, outermost first."""
    missing = [p for p in [folder, *folder.parents] if not p.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise StoreError(f"The folder {folder} cannot be made; choose another with -o.") from e
    return missing[::-1]


def _move_into(draft: Path, folder: Path) -> None:
    """Move what is in ``draft`` to ``folder``, over what an earlier run left there."""
    try:
        for source in sorted(draft.iterdir()):
            target = folder / source.name
            if source.is_dir() and target.is_dir():
                shutil.rmtree(target)
            source.replace(target)
        draft.rmdir()
    except OSError as e:
        raise StoreError(f"The result could not be written to {folder}; check its permissions.") from e


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Ctrl-C and SIGTERM set an event that the next report turns into a clean stop; a second one stops at once."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    before = {s: signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


def _summary(result: dict[str, Any], folder: Path, took_s: float) -> str:
    """What a person wants to read at the end."""
    item = result["items"][0]
    parts = ", ".join(f"{p['name']} {len(p['notes'])}" for p in item["parts"]) or "no notes"
    tempo = item["tempo"]
    bpm = tempo["points"][-1]["bpm"]
    beat = f"{bpm:.4g} BPM" if tempo["confident"] else "beat not certain, kept 120 BPM"
    lines = [f"{item['name']}: {parts}; {beat}; {took_s:.1f} s on {result['device']}"]
    lines += [f"  note: {w}" for w in [*item["warnings"], *result["warnings"]]]
    return "\n".join([*lines, f"  {folder / (item['midi'] or 'result.json')}"])
