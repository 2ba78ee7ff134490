"""``dawscribe catalogue``: transcribe whole folders, report on them, export them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bridge.app import application
from bridge.cli.numbers import whole
from bridge.cli.result_folder import printable
from bridge.cli.run_options import check_chosen
from bridge.errors import InputError
from bridge.spool.options import SEPARATORS

BAD_INPUT = 2
"""Exit status where a song failed, as of bad input."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "words", nargs="+", metavar="FOLDER",
        help="folders, files or URLs to transcribe; or 'report OUT', or 'export OUT -o NEW'",
    )  # fmt: skip
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="the catalogue's folder")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a Dask cluster, such as tcp://host:8786")
    parser.add_argument("--workers", type=whole, metavar="N", help="worker processes here (as many as memory holds)")
    parser.add_argument("--stems", action="store_true", help="keep the stems, about 40 MB a song minute")
    parser.add_argument("--separator", metavar="NAME", help=SEPARATORS)
    parser.add_argument("--quality", choices=("draft", "best"), help="draft: our own nets on the mix alone, in seconds")
    parser.add_argument("--again", action="store_true", help="try songs again that failed before")
    parser.add_argument("--json", action="store_true", help="print a JSON object a line for scripts")


def run(options: argparse.Namespace) -> int:
    """Do what the first word asks for."""
    tools: dict[str, Callable[[Path, argparse.Namespace], int]] = {"report": _report, "export": _export}
    first = options.words[0]
    if first in tools and len(options.words) == 2:
        return tools[first](Path(options.words[1]), options)
    if options.output is None:
        raise InputError(
            "Name the catalogue's folder with -o; the table and the results go there.", code="catalogue-folder-missing"
        )
    return _update(options)


def _update(options: argparse.Namespace) -> int:
    from bridge.catalogue.run import Progress, fingerprint, update
    from bridge.catalogue.songs import find_songs
    from bridge.catalogue.table import Row, Table

    app = application()
    folder = options.output.absolute()
    wanted: dict[str, Any] = {"keep_stems": options.stems}
    if options.separator:
        wanted["separator"] = options.separator
    if options.quality:
        wanted["quality"] = options.quality
    if options.workers is not None and options.workers < 1:
        raise InputError(f"--workers takes a number from 1; not {options.workers}.", code="workers-invalid")
    found = list(find_songs(options.words, folder))
    check_chosen(wanted, app.settings)
    songs = [song for song in found if song.is_nameable]
    for song in (song for song in found if not song.is_nameable):
        shown = printable(Path(song.path).name)
        print(f"{shown}: left out, since its name is not in UTF-8; rename the file.", file=sys.stderr)
    table = Table(folder, create=True)

    def on_row(row: Row, progress: Progress) -> None:
        if options.json:
            line = {"song": row.path, "state": row.state, "error": row.error, **progress.to_json()}
            print(json.dumps(line), flush=True)
        else:
            print(_line(row, progress), flush=True)

    home = "" if options.scheduler else str(app.home)
    try:
        runner = _runner(options.scheduler, options.workers)
        progress = update(
            songs, table, folder, runner, on_row,
            engines=fingerprint(app.settings, wanted), options=wanted, home=home, again=options.again,
        )  # fmt: skip
    finally:
        table.close()
    if options.json:
        print(json.dumps({"end": True, **progress.to_json()}))
    else:
        kept = f", {progress.kept} done before" if progress.kept else ""
        print(f"{progress.done} songs done, {progress.failed} failed{kept}; see: dawscribe catalogue report {folder}")
    return BAD_INPUT if progress.failed or len(songs) < len(found) else 0


def _runner(scheduler: str | None, workers: int | None) -> Callable[[Iterable[Any]], Iterator[Any]]:
    if scheduler:
        from bridge.catalogue.cluster import run_on_cluster

        return partial(run_on_cluster, scheduler=scheduler)
    from bridge.catalogue.local_workers import fitting_workers, run_locally

    return partial(run_locally, workers=workers or fitting_workers())


def _line(row: Any, progress: Any) -> str:
    count = f"{progress.done + progress.failed + progress.kept}/{progress.total}"
    eta = "" if progress.eta_s is None else f", {_duration(progress.eta_s)} left"
    what = row.error or f"{row.notes} notes in {row.seconds:.1f} s"
    name = "".join(c if c.isprintable() else " " for c in Path(row.path).name)
    return f"[{count}, {progress.audio_s / 3600:.2f} h of audio, {progress.failed} failed{eta}] {name}: {what}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _report(folder: Path, options: argparse.Namespace) -> int:
    from bridge.catalogue.report import write_report
    from bridge.catalogue.table import Table

    del options
    table = Table(folder)
    try:
        print(write_report(table.rows(), folder))
    finally:
        table.close()
    return 0


def _export(folder: Path, options: argparse.Namespace) -> int:
    from bridge.catalogue.dataset import export
    from bridge.catalogue.table import Table

    table = Table(folder)
    target = options.output or folder / "dataset"
    try:
        print(f"{target}: {export(table, folder, target)} notes")
    finally:
        table.close()
    return 0
