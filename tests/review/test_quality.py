"""The page as a piece of software: types, lint, size, nothing from elsewhere, no serious fault for assistive tools."""

from __future__ import annotations

import json
import os
import re
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(str(resources.files("bridge.review")))
STATIC = FOLDER / "static"
MAX_BYTES = 3_000_000


def packages() -> Path:
    """node_modules of the page; without it the tests are skipped, but not in CI."""
    folder = FOLDER / "node_modules"
    if not folder.is_dir():
        reason = "the page's checks are not installed; run: npm ci --ignore-scripts --prefix bridge/review"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return folder


def test_types_and_lint_are_clean() -> None:
    binaries = packages() / ".bin"
    for command in (["tsc", "-p", "."], ["eslint", "static"]):
        done = subprocess.run(
            [str(binaries / command[0]), *command[1:]], cwd=FOLDER, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_what_a_person_can_do_is_right_as_a_function() -> None:
    packages()
    tests = sorted(map(str, Path(__file__).parent.glob("*.test.mjs")))
    done = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_documentation_lists_every_shortcut() -> None:
    packages()
    ask = "import('./static/keys.js').then(m => console.log(JSON.stringify(m.SHORTCUTS.map(s => [s.keys, s.text]))))"
    said = subprocess.run(["node", "-e", ask], cwd=FOLDER, capture_output=True, text=True, check=True).stdout
    text = (FOLDER.parents[1] / "docs" / "review.md").read_text(encoding="utf-8")
    wanted = [" ".join(f"`{key}`" for key in keys) + f" | {what}" for keys, what in json.loads(said)]
    rows = re.findall(r"^\| (`.*?) \|$", text.partition("## Shortcuts")[2], re.M)
    assert rows == wanted


def test_all_of_it_is_small_and_asks_nobody_else() -> None:
    files = [p for p in STATIC.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < MAX_BYTES
    for path in files:
        if "vendor" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert set(re.findall(r"(?:https?|wss?)://[^\s\"'`]*", text)) <= {
                "http://www.w3.org/2000/svg",
                "ws://${location.host}/api/live/${encodeURIComponent(job)}",
            }, path.name


def test_the_vendored_synthesiser_has_its_licence_beside_it() -> None:
    assert "Apache License" in (STATIC / "vendor" / "LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.first_is_enough
def test_no_serious_fault_for_assistive_tools(tab: Any, theme: str) -> None:
    axe = (packages() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    if tab.evaluate("document.documentElement.dataset.theme") != theme:
        tab.keyboard.press("t")
    tab.evaluate("dawscribe.store.choosePart(1); document.querySelectorAll('details').forEach(d => { d.open = true; })")
    tab.locator("#roll").focus()
    tab.keyboard.press("ArrowRight")
    for opens in (False, True):
        if opens:
            tab.keyboard.press("?")
        found = tab.evaluate(
            axe + "\n; axe.run().then(r => r.violations.filter(v => "
            "['serious', 'critical'].includes(v.impact)).map(v => [v.id, v.nodes.map(n => n.html)]))"
        )
        assert found == []  # fmt: skip


OUT_OF_PLACE = """() => {
  const wide = document.documentElement.clientWidth;
  const found = document.documentElement.scrollWidth > wide ? ["the page is wider than its window"] : [];
  for (const control of document.querySelectorAll("#bar button, #bar select, #parts button, #side input")) {
    const place = control.getBoundingClientRect();
    const isOutside = place.width && (place.left < 0 || place.right > wide + 1);
    if (isOutside) found.push(`outside: ${control.id || control.title}`);
  }
  const area = (id) => document.getElementById(id).getBoundingClientRect();
  const boxes = ["bar", "parts", "stage", "side"].map((id) => [id, area(id)]);
  for (const [a, one] of boxes) for (const [b, two] of boxes) {
    const across = Math.min(one.right, two.right) - Math.max(one.left, two.left);
    const down = Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top);
    if (a < b && across > 1 && down > 1) found.push(`${a} lies over ${b}`);
  }
  const roll = area("roll");
  if (roll.width < 150 || roll.height < 80) found.push("no room for notes");
  return found;
}"""


@pytest.mark.parametrize("size", [(320, 256), (360, 640), (640, 480), (760, 400), (1024, 600), (1280, 720)])
@pytest.mark.first_is_enough
def test_nothing_is_out_of_reach_in_a_window_of_any_size(tab: Any, size: tuple[int, int]) -> None:
    # 320 by 256 is what four times the size leaves of 1280 by 1024 (WCAG 2.1, 1.4.10).
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    tab.evaluate("() => new Promise(requestAnimationFrame)")
    assert tab.evaluate(OUT_OF_PLACE) == []
