"""``dawscribe transcribe``: the pipeline in this process, no daemon needed."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from bridge.app import Application, application
from bridge.cli.many_files import ManyFiles
from bridge.cli.numbers import decimal
from bridge.cli.progress import Progress
from bridge.cli.project_files import writer, writers
from bridge.cli.result_folder import MIDI, PLOT, check_free, draft_in, printable, publish, result_folders
from bridge.cli.run_options import add_run_options, check_chosen, chosen_options, listed
from bridge.errors import DawscribeError, InputError, StoreError
from bridge.inference.malloc import limit_malloc_arenas
from bridge.music.notes import STEM_ROLES
from bridge.music.tempo import DEFAULT_BPM
from bridge.pipeline.pipeline import Pipeline
from bridge.pipeline.results import RESULT, moved, write_results
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import ItemResult
from bridge.spool.untrusted_json import MAX_NUMBER

FORMER_SESSION = ".ardour"
"""Suffix that the former --session DIR stands for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    kinds = "WAV, AIFF, FLAC, OGG, Opus, MP3, M4A, MP4, MOV, WMA, WebM and others"
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help=f"audio: {kinds}")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR",
        help="folder for song.mid, result.json and stems; with several files one folder each inside it",
    )  # fmt: skip
    add_run_options(parser)
    parser.add_argument("--start", type=decimal, default=0.0, metavar="SECONDS", help="begin here in the file")
    parser.add_argument("--length", type=decimal, metavar="SECONDS", help="take only this much")
    parser.add_argument("--plot", action="store_true", help="also draw all parts as piano_roll.png")
    parser.add_argument(
        "--project", type=Path, metavar="FILE", action="append", default=[],
        help=f"also write a project of a DAW: FILE{', FILE'.join(writers())}",
    )  # fmt: skip
    parser.add_argument(
        "--session", type=lambda text: Path(text + FORMER_SESSION), dest="project", action="append",
        help=argparse.SUPPRESS,
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Transcribe every file.

    One that fails leaves nothing of its own, and the others are done.
    """
    limit_malloc_arenas()
    app = application({"device": options.device} if options.device else {})
    requests = [_request(file, options) for file in options.files]
    resolved = check_chosen(requests[0].options, app.settings)
    folders = result_folders(options.files, options.output)
    _check_targets(app, folders, options)
    files = ManyFiles(options.files)
    pipeline = Pipeline(app.settings, app.context)
    looked = resolved.find_tempo or resolved.hints.any
    finished: list[dict[str, Any]] = []
    try:
        with _stoppable() as stopped:
            for number in files:
                request, folder, started = requests[number], folders[number], time.monotonic()
                with files.trying(number):
                    with Progress(request.items[0].name, stopped) as progress:
                        result, item = _one(app, pipeline, request, folder, progress)
                    finished.append(result)
                    if not options.json:
                        print(_summary(result, folder, time.monotonic() - started, looked=looked))
                    for made in _write_projects(app, item, request, folder, options):
                        if not options.json:
                            print(f"  {made}")
    finally:
        if options.json and finished:
            print(json.dumps(finished if len(requests) > 1 else finished[0]))
    return files.end()


def _one(
    app: Application, pipeline: Pipeline, request: Request, folder: Path, progress: Progress
) -> tuple[dict[str, Any], ItemResult]:
    """Transcribe one file into a draft, then move everything up at once."""
    with draft_in(folder) as draft:
        try:
            outcome = pipeline.run(request, draft, progress.report, progress.count, progress.forecast)
            result = write_results(request, outcome, draft, app.settings, app.context)
            if request.extra.get("plot"):
                from bridge.score.piano_roll import write_piano_roll

                write_piano_roll(outcome.items[0].score, request.items[0].name, draft / PLOT)
        except StoreError as e:
            if str(draft) not in str(e):
                raise
            # The draft is gone when this is read.
            message = f"The result could not be written to {folder}; check the free space and the permissions there."
            raise StoreError(message, code="result-unwritable") from e
        publish(draft, folder)
        return result.data, moved(result.items[0], draft, folder)


def _check_targets(app: Application, folders: Sequence[Path], options: argparse.Namespace) -> None:
    """Refuse before the long work what could not be written after it."""
    if options.project and len(options.files) > 1:
        raise InputError(
            "--project takes one audio file at a time; run dawscribe once per file.", code="project-many-files"
        )
    for target in options.project:
        writer(app, target).check_project(target.absolute(), options.files[0].absolute())
    stems = listed(options.stems) or STEM_ROLES
    keep = app.settings.get("output.keep_stems") and options.keep_stems is not False
    names = {RESULT, MIDI, *([PLOT] if options.plot else ()), *(f"stems/{role}.wav" for role in stems if keep)}
    for folder in folders:
        check_free(folder, names, options.files)


def _write_projects(
    app: Application, item: ItemResult, request: Request, folder: Path, options: argparse.Namespace
) -> Iterator[Path]:
    """Write the projects that DAWs open as a whole; these refer to the stems where they now lie."""
    span = request.items[0].audio
    try:
        for target in options.project:
            made = writer(app, target).write_project(item, span, target.absolute())
            # An Ardour session is a folder, and its file lies in it.
            yield target if made == target.absolute() else made
    except DawscribeError as e:
        raise type(e)(f"The result is in {folder}, but not all was written: {e}", code=e.code) from e


def _request(file: Path, options: argparse.Namespace) -> Request:
    if not file.name:
        raise InputError("Name an audio file.", code="audio-not-named")
    if not 0 <= options.start <= MAX_NUMBER:
        raise InputError(
            f"--start takes seconds from the beginning of the file, 0 or more; not {options.start:g}.",
            code="start-invalid",
        )
    if options.length is not None and not 0 < options.length <= MAX_NUMBER:
        raise InputError(f"--length takes seconds, more than 0; not {options.length:g}.", code="length-invalid")
    span = AudioSpan(file.absolute(), options.start, options.length)
    item = ItemRequest(span, printable(file.stem) or "item")
    extra = {"plot": PLOT} if options.plot else {}
    return Request("command-line", "midi_file", (item,), chosen_options(options), extra)


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """Ctrl-C, SIGTERM and SIGHUP set an event that the next report turns into a clean stop; a second stops at once."""
    stopped = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()

    signals = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # The terminal was closed; nohup asks to go on all the same.
        signals.append(signal.SIGHUP)
    before = {s: signal.signal(s, stop) for s in signals}
    try:
        yield stopped
    finally:
        for s, handler in before.items():
            signal.signal(s, handler)


def _summary(result: dict[str, Any], folder: Path, took_s: float, *, looked: bool) -> str:
    """Sum up the result for a person; ``looked`` is whether the beat was looked for."""
    item = result["items"][0]
    parts = ", ".join(f"{p['name']} {len(p['notes'])}" for p in item["parts"]) or "no notes"
    tempo = item["tempo"]
    bpm = tempo["points"][-1]["bpm"]
    beat = f"{bpm:.4g} BPM"
    if looked and not tempo["confident"]:
        is_none = len(tempo["points"]) == 1 and bpm == DEFAULT_BPM
        beat = "no beat found" if is_none else f"about {beat}, not certain"
    lines = [f"{item['name']}: {parts}; {beat}; {took_s:.1f} s on {result['device']}"]
    lines += [f"  note: {w}" for w in [*item["warnings"], *result["warnings"]]]
    return "\n".join([*lines, f"  {folder / (item['midi'] or 'result.json')}"])
