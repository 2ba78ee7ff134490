"""``dawscribe doctor``: versions, devices, models, plugins; what is missing and how to get it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata

from bridge import __version__
from bridge.app import Application, application
from bridge.errors import DawscribeError, StoreError
from bridge.files import own_home
from bridge.pipeline.hearing_plan import needs_stems
from bridge.pipeline.options import resolve_options
from bridge.plugins.install_hint import pip_install
from bridge.plugins.registry import ALL, SEPARATORS, TRANSCRIBERS
from bridge.plugins.terms import check_terms

PACKAGES = ("numpy", "openvino", "soundfile", "av", "soxr", "mido", "python-osc", "pillow")
"""Packages that the core stands on; the torch extra is told with its separator."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    what: str
    ok: bool
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="print as JSON")
    parser.add_argument(
        "--benchmark", action="store_true", help="measure the separators here and keep the best settings"
    )


def run(options: argparse.Namespace) -> int:
    """Print every finding; the status is 0 if the main job can run, else 2."""
    app = application()
    if options.benchmark:
        from bridge.cli.benchmark import run_benchmark

        return run_benchmark(app, as_json=options.json)
    checks = [*_system(), *_home(app), *_packages(), *_devices(app), _job_settings(app), *_models(app), *_plugins(app)]
    if options.json:
        print(json.dumps([asdict(f) for f in checks]))
    else:
        for f in checks:
            print(f"{'ok     ' if f.ok else 'MISSING'} {f.what:26} {f.text}")
    return 0 if all(f.ok for f in checks if not f.what.startswith("optional")) else 2


def _system() -> Iterator[Finding]:
    yield Finding("dawscribe", True, __version__)
    yield Finding("Python", sys.version_info >= (3, 10), f"{platform.python_version()} on {platform.platform()}")


def _home(app: Application) -> Iterator[Finding]:
    try:
        own_home(app.home)
        writable = os.access(app.home, os.W_OK)
    except StoreError:
        writable = False
    yield Finding("home", writable, str(app.home) + ("" if writable else " cannot be written; check its permissions"))


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(f"package {name}", True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(f"package {name}", False, pip_install(name))


def _devices(app: Application) -> Iterator[Finding]:
    try:
        from bridge.inference.network import devices

        found = dict(devices())
    except Exception as e:  # whatever a driver trips over belongs in the report
        yield Finding("devices", False, f"{e}; reinstall openvino")
        return
    yield from (Finding(f"device {name}", True, text) for name, text in found.items())
    yield _wanted_device(app, ["auto", *found])


def _wanted_device(app: Application, usable: Sequence[str]) -> Finding:
    from bridge.inference.network import TORCH_DEVICES

    wanted = app.settings.get("device")
    of_torch = wanted in TORCH_DEVICES
    if wanted in usable:
        return Finding("setting device", True, wanted)
    if of_torch and app.settings.get("separation.separator") != "htdemucs":
        return Finding("setting device", True, f"{wanted} for the separator; all else computes on the processor")
    why = "is for the separator demucs" if of_torch else "is not here"
    text = f'"{wanted}" {why}; set device in {app.home / "config.toml"} to one of: {", ".join(usable)}'
    return Finding("setting device", False, text)


def _job_settings(app: Application) -> Finding:
    """Find out whether a job that says nothing itself would be taken."""
    try:
        options = resolve_options({}, app.settings)
        SEPARATORS.load(options.separator)
        for name in {n for names in options.transcribers.values() for n in names}:
            TRANSCRIBERS.load(name)
    except DawscribeError as e:
        return Finding("settings of jobs", False, f"{e} Correct it in {app.home / 'config.toml'}.")
    return Finding("settings of jobs", True, f"quality {options.quality}")


def _engines(app: Application) -> set[str]:
    """The separator and the transcribers of the settings; none where they make no sense."""
    try:
        options = resolve_options({}, app.settings)
    except DawscribeError:
        return set()
    separator = {options.separator} if needs_stems(options.transcribers) else set()
    return separator.union(*options.transcribers.values())


def _models(app: Application) -> Iterator[Finding]:
    engines = _engines(app)
    for row in app.store.rows():
        ok = row.state == "present"
        text = f"{row.state}, {row.size / 1e6:.1f} MB, {row.use}"
        if not ok:
            text += f"; 'dawscribe models fetch {row.name}' gets it"
        needed = not engines.isdisjoint(row.engines)
        yield Finding(f"{'' if needed else 'optional '}model {row.name}", ok, text)


def _plugins(app: Application) -> Iterator[Finding]:
    engines = _engines(app)
    for kind, registry in ALL.items():
        for name in registry.names():
            try:
                plugin = registry.load(name)
                options = registry.options(name, app.settings.plugin_table(kind, name))
                check_terms(kind, name, plugin, app.settings.values, ours=name in registry.built_in)
                missing = getattr(plugin, "missing", lambda _options: "")(options)
            except DawscribeError as e:
                missing = str(e)
            needed = name in engines or kind == "hosts" or app.settings.table(f"triggers.{name}").get("enabled", False)
            yield Finding(f"{'' if needed else 'optional '}{kind[:-1]} {name}", not missing, missing or "ready")
