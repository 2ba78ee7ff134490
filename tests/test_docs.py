"""The README and the documentation tell the truth: tables, OSC addresses, commands, files, and the site builds."""

from __future__ import annotations

import ast
import dataclasses
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bridge import config
from bridge.cli import entry as cli
from bridge.plugins import registry as plugins
from bridge.triggers import osc
from tests.doc_tables import PAGES, README, ROOT, TABLES, filled
from tests.sources import MODULES, tree_of

ALL_PAGES = sorted(
    {
        *PAGES,
        *ROOT.glob("*.md"),
        *(p for top in ("docs", "daw_scripts", "training") for p in (ROOT / top).rglob("*.md")),
    }
    - set((ROOT / "daw_scripts").rglob("node_modules/**/*.md"))
)
TEXT = "".join(page.read_text(encoding="utf-8") for page in PAGES)


def test_sentences_send_readers_to_pages_that_there_are() -> None:
    said = [
        (path.name, node.value)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    sentences = [(name, text) for name, text in said if "\n" not in text and not text.endswith(")")]
    pages = [(name, page) for name, text in sentences for page in re.findall(r"docs/[\w./-]+\.md", text)]
    assert pages
    assert [(name, page) for name, page in pages if not (ROOT / page).is_file()] == []
    # It is short, and lists nothing.
    assert [(name, text) for name, text in sentences if re.search(r"\bREADME\b(?!\.md)", text)] == []


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_its_tables_are_the_codes(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert filled(text) == text, "run: python -m tests.doc_tables"


def test_every_table_stands_on_a_page() -> None:
    assert [name for name in TABLES if f"<!-- {name} -->" not in TEXT] == []


def test_every_osc_address_is_documented() -> None:
    ours = set(re.findall(r"/dawscribe(?:/[a-z]+)+", osc.__doc__ or ""))
    told = set(re.findall(r"`(/dawscribe(?:/[a-z]+)+)`", TEXT))
    assert ours <= told, ours - told


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_file_it_links_to_is_there(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", ALL_PAGES, ids=relative)
def test_every_command_it_shows_is_one(page: Path) -> None:
    for line in re.findall(r"^    dawscribe (.*)$", page.read_text(encoding="utf-8"), re.M):
        words = shlex.split(line, comments=True)
        cli.parser(words[0]).parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_option_it_names_exists(page: Path) -> None:
    for command, option in set(re.findall(r"`dawscribe ([a-z]+)[^`\n]*?(--[a-z-]+)", page.read_text(encoding="utf-8"))):
        choices = cli.parser(command)._subparsers._group_actions[0].choices  # type: ignore[union-attr]
        assert option in choices[command].format_help(), f"{command} {option}"  # type: ignore[index]


@pytest.mark.parametrize("kind", list(plugins.BUILT_IN))
def test_every_setting_of_a_plugin_is_in_default_toml(kind: str) -> None:
    settings = config.load(ROOT / "nowhere")
    for name in plugins.BUILT_IN[kind]:
        options = plugins.load(kind, name).Options
        table = {k: v for k, v in settings.table(f"{kind}.{name}").items() if k != "instruments"}
        fields = {f.name for f in dataclasses.fields(options)}
        assert set(table) == fields, f"{kind}.{name}"
        made, default = plugins.ALL[kind].options(name, table), options()
        assert made == default, f"default.toml and the code differ: {kind}.{name}"


def test_the_readme_fits_a_screen_and_a_half() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 75


def test_every_page_stands_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("nav:")[1]
    pages = sorted(p.name for p in (ROOT / "docs").glob("*.md"))
    assert [name for name in pages if name not in navigation] == []


@pytest.mark.skipif(find_spec("material") is None, reason="pip install -r install/requirements-docs.txt")
@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").is_file()
