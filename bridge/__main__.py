"""Start a process of dawscribe that takes no code from the current folder.

``python -m bridge COMMAND`` is the command line. ``python .../bridge/__main__.py COMMAND`` is the same for what starts
without a person at the keyboard (the daemon, its worker, a service): a DAW's current folder is the project's, and a
song from the net could bring a ``bridge.py`` or ``numpy.py`` of its own, which ``-m`` would look for there first.
Nothing but ``sys`` may be imported before the search path is right: our own modules would hide those of the standard
library.
"""

from __future__ import annotations

import sys

WORKER = "worker"
"""The first argument that starts the worker process, with the home as the second."""
CATALOGUE_WORKER = "catalogue-worker"
"""The only argument that starts a worker process of a catalogue."""


def _clear_path() -> None:
    """Leave out this file's folder and the current one; add the folder that our package is in, as the last."""
    if not getattr(sys.flags, "safe_path", False):  # since 3.11
        del sys.path[0]
    import os

    package = os.path.dirname(os.path.abspath(__file__))
    above = os.path.dirname(package)
    try:
        current = os.path.realpath(os.getcwd())
    except OSError:  # it is gone
        current = ""
    # PYTHONPATH=:/somewhere, a slip that many shells have, names the current folder too.
    trusted = [p for p in sys.path if p and (os.path.realpath(p) != current or os.path.realpath(p) == above)]
    sys.path[:] = trusted if above in trusted else [*trusted, above]


def main() -> int:
    """Run the command line or a worker process."""
    _clear_path()
    if sys.argv[1:2] == [WORKER]:
        from bridge.jobs.worker import main as work

        return work(sys.argv[2])
    if sys.argv[1:] == [CATALOGUE_WORKER]:
        from bridge.catalogue.worker import main as serve

        return serve()
    from bridge.cli.entry import main as command

    return command()


if __name__ == "__main__":
    sys.exit(main())
