"""Runs ReaScripts on a project: ``python -m tests.reaper_sim SCRIPT... [--rpp FILE] [--save FILE]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.reaper_sim import Reaper, SimulationError
from tests.reaper_sim.demo import demo_project
from tests.reaper_sim.rpp_file import save
from tests.reaper_sim.rpp_load import load


def main() -> int:
    """Runs each script to its end; 1 when one breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scripts", nargs="+", type=Path)
    parser.add_argument("--rpp", type=Path, help="the project to open; without it a small demo project")
    parser.add_argument("--save", type=Path, help="where to write the project afterwards")
    parser.add_argument("--no-extensions", action="store_true", help="a REAPER without SWS and js_ReaScriptAPI")
    parser.add_argument("--ticks", type=int, default=60, help="how long scripts that defer may run")
    options = parser.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        extra = () if options.no_extensions else ("sws", "js_ReaScriptAPI")
        reaper = Reaper(Path(folder), extensions=extra)
        project = load(options.rpp) if options.rpp else demo_project(Path(folder))
        reaper.open(project)
        for script in options.scripts:
            try:
                reaper.run(script)
                for _ in range(options.ticks):
                    reaper.tick()
                reaper.close()
            except SimulationError as error:
                broken = 1
                sys.stderr.write(f"{script.name}: {error}\n")
        sys.stdout.write(reaper.console)
        if options.save:
            save(reaper.project, options.save)
    return broken


if __name__ == "__main__":
    raise SystemExit(main())
