"""The README tells the truth: its tables, its OSC addresses, its files."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import pytest

from bridge import config
from bridge.cli import entry as cli
from bridge.plugins import registry as plugins
from bridge.triggers import osc
from tests.readme_tables import README, filled

PAGES = [
    p for pattern in ("*.md", "*/*.md", "*/*/*/*.md") for p in README.parent.glob(pattern) if ".venv" not in p.parts
]
TEXT = README.read_text(encoding="utf-8")


def test_its_tables_are_the_codes() -> None:
    assert filled(TEXT) == TEXT, "run: python -m tests.readme_tables"


def test_every_osc_address_is_documented() -> None:
    ours = set(re.findall(r"/dawscribe(?:/[a-z]+)+", osc.__doc__ or ""))
    told = set(re.findall(r"`(/dawscribe(?:/[a-z]+)+)`", TEXT))
    assert ours <= told, ours - told


def test_every_file_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (README.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(README.parent)))
def test_every_command_it_shows_is_one(page: Path) -> None:
    for line in re.findall(r"^    dawscribe (.*)$", page.read_text(encoding="utf-8"), re.M):
        words = shlex.split(line, comments=True)
        cli.parser(words[0]).parse_args(words)


def test_every_option_it_names_exists() -> None:
    for command, option in set(re.findall(r"`dawscribe ([a-z]+)[^`\n]*?(--[a-z-]+)", TEXT)):
        choices = cli.parser(command)._subparsers._group_actions[0].choices  # type: ignore[union-attr]
        assert option in choices[command].format_help(), f"{command} {option}"  # type: ignore[index]


@pytest.mark.parametrize("kind", list(plugins.BUILT_IN))
def test_every_setting_of_a_plugin_is_in_default_toml(kind: str) -> None:
    settings = config.load(README.parent / "nowhere")
    for name in plugins.BUILT_IN[kind]:
        options = plugins.load(kind, name).Options
        table = {k: v for k, v in settings.table(f"{kind}.{name}").items() if k != "instruments"}
        fields = {f.name for f in dataclasses.fields(options)}
        assert set(table) == fields, f"{kind}.{name}"
        made, default = plugins.options(plugins.load(kind, name), table, f"{kind}.{name}"), options()
        assert made == default, f"default.toml and the code differ: {kind}.{name}"
