"""The page in a real Chromium: what a person sees, hears and corrects there is what the daemon has."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.review.conftest import KNOWN, Page, open_tab, until
from tests.support import read_json, wait_for

CASE = Path(__file__).parents[1] / "data" / "edits" / "corrections.json"
TAP_WORKLET = """
class Tap extends AudioWorkletProcessor {
  process([input]) {
    const loud = [0, 1].map((c) => (input[c] ?? []).reduce((most, x) => Math.max(most, Math.abs(x)), 0));
    this.port.postMessage([currentFrame, ...loud]);
    return true;
  }
}
registerProcessor("tap", Tap);
"""
"""Listens in the audio thread: however late the page is, nothing is missed and every frame has its number."""
TAP = """async ([seconds, waitsForSound, worklet]) => {
  const { transport } = dawscribe;
  [transport.startS, transport.lookAheadS] = [3, 4];
  const pause = (ms) => new Promise((r) => setTimeout(r, ms));
  const end = performance.now() + 120000;
  // What plays from which frame on: the tap tells frames.
  const anchors = [];
  const post = Object.getPrototypeOf(transport)._post;
  transport._post = (anchor) => { anchors.push(anchor); post.call(transport, anchor); };
  await transport.play();
  if (waitsForSound) {
    const isAllThere = () => [...transport._chunks.values()].every((c) => c === 'there');
    while (!isAllThere() && performance.now() < end) await pause(20);
    anchors.length = 0;
    transport.seek(0);
  }
  const context = transport.context;
  await context.audioWorklet.addModule(`data:text/javascript,${encodeURIComponent(worklet)}`);
  const tap = new AudioWorkletNode(context, 'tap', { channelCount: 2, channelCountMode: 'explicit' });
  const heard = [];
  const rate = context.sampleRate;
  tap.port.onmessage = ({ data: [frame, ...loud] }) => {
    const a = anchors.findLast((x) => x.plays && x.since <= frame);
    if (a) loud.forEach((level, side) => heard.push([side, (a.from + (frame - a.since) * a.speed) / rate, level]));
  };
  transport.out.connect(tap);
  tap.connect(context.destination);
  let stall = 0;
  let last = performance.now();
  while ((heard.at(-1)?.[1] ?? 0) < seconds && performance.now() < end) {
    await pause(20);
    stall = Math.max(stall, performance.now() - last);
    last = performance.now();
  }
  delete transport._post;
  transport.pause();
  tap.disconnect();
  return [heard, stall];
}"""
MAX_STALL_MS = 2500
"""Here notes are handed over three seconds ahead; of a machine that lets the page wait longer nothing can be told."""
MOST_TRIES = 5
Heard = list[tuple[int, float, float]]


def listen(tab: Any, seconds: float, is_right: Callable[[Heard], bool], waits_for_sound: bool = True) -> Heard:
    """Play from the position; (side, second of the song, peak). Again where it is wrong and the machine stood still."""
    start = tab.evaluate("dawscribe.transport.position")
    for _ in range(MOST_TRIES):
        tab.evaluate("at => dawscribe.transport.seek(at)", start)
        heard, stall_ms = tab.evaluate(TAP, [seconds, waits_for_sound, TAP_WORKLET])
        if stall_ms < MAX_STALL_MS or is_right(heard):
            break
    found: Heard = heard
    return found


def items(tab: Any) -> Any:
    """The parts as the page has them."""
    return tab.evaluate(
        "dawscribe.store.item.parts.map(p => ({id: p.id, name: p.name, program: p.program,"
        " notes: p.sorted.map(n => [n.on, n.off, n.pitch, n.vel]), ghosts: [...p.ghosts.keys()]}))"
    )


def place(tab: Any, part: int, which: int) -> tuple[float, float, float]:
    """Where a note is on the screen: middle x, middle y, width."""
    found = tab.evaluate(
        """([part, which]) => {
          const { stage, store } = dawscribe;
          const lane = stage.view.lanes.find(l => l.index === part);
          const [x, y, w, h] = stage.view.box(lane, store.item.parts[part].sorted[which]);
          const r = document.getElementById('overlay').getBoundingClientRect();
          return [r.x + x + w / 2, r.y + y + h / 2, w];
        }""",
        [part, which],
    )
    return found[0], found[1], found[2]


def saved(page: Page) -> dict[str, Any]:
    return read_json(page.home.folder / "jobs" / page.job / "edits.json")


def test_it_opens_with_the_notes_of_the_result(tab: Any, fresh: Page) -> None:
    result = read_json(fresh.home.folder / "jobs" / fresh.job / "result.json")
    wanted = [[n[:4] for n in part["notes"]] for part in result["items"][0]["parts"]]
    assert [p["notes"] for p in items(tab)] == wanted
    assert "token" not in tab.url
    assert tab.title() == "song: dawscribe review"
    # The waveform and the spectrogram come from the daemon.
    until(tab, "[...dawscribe.stage.pictures._tiles.values()].some(t => t.image)")
    assert not tab.locator("#notice").is_visible()


def test_both_sides_apply_edits_alike(tab: Any) -> None:
    case = json.loads(CASE.read_text())
    made = tab.evaluate(
        """async (c) => {
          const { Item, rowOf } = await import('/static/model.js');
          const parts = c.item.parts.map((p, k) => ({ ...p, stem: p.role,
            notes: p.notes.map((n, i) => [`${k}.${i}`, n[0], n[1], n[2], n[3], n[4] ?? 1]),
            ghosts: (p.candidates ?? []).map((n, i) => [`${k}c${i}`, ...n]) }));
          const after = c.edits.reduce((item, e) => item.apply(e.ops), new Item({ ...c.item, parts }));
          const row = (n) => rowOf(n).slice(1);
          return { tempo: { confident: after.confident, points: after.tempo }, parts: after.parts.map(p => ({
            id: p.id, name: p.name, program: p.program, notes: p.sorted.map(row),
            candidates: p.sortedGhosts.map(n => [...row(n), n.reason]), bends: p.bends })) };
        }""",
        case,
    )
    assert made == case["expected"]


def wrong_places(heard: Heard) -> Heard:
    """Where the song is silent and should not be, or the other way round; the right side has its first half alone."""
    found = []
    for side, position, level in heard:
        phase, silent_from = position % 2, 4.0 if side else 99.0
        is_loud = 0.2 < phase < 0.8 and position < silent_from
        is_silent = 1.2 < phase < 1.8 or position > silent_from + 0.2
        if (is_loud and level < 0.05) or (is_silent and level > 0.005):
            found.append((side, position, level))
    return found


@pytest.mark.slow
def test_the_original_is_heard_where_it_sounds_and_on_its_side(ear: Any) -> None:
    ear.evaluate("dawscribe.transport.setCompare('original')")
    heard = listen(ear, 7.5, lambda found: not wrong_places(found))
    assert wrong_places(heard) == []
    assert len(heard) > 2 * 7 * 44_100 / 128


def keep_two_notes(tab: Any) -> None:
    """Leave notes from 1.0 to 1.5 s and from 6.0 to 6.5 s of all, and let only notes be heard."""
    tab.evaluate(
        """() => {
          const { store, transport } = dawscribe;
          for (const part of store.item.parts) {
            store.change('x', [{ op: 'notes', part: part.id, drop: [...part.notes.keys()] }]);
          }
          const put = [['e1', 1.0, 1.5, 69, 120, 1], ['e2', 6.0, 6.5, 69, 120, 1]];
          store.change('x', [{ op: 'notes', part: store.item.parts[1].id, put }]);
          transport.setCompare('notes');
        }"""
    )


def onsets(heard: Heard) -> list[float]:
    """The seconds at which it becomes loud after silence."""
    loud = sorted(p for _, p, v in heard if v > 0.01)
    return [now for before, now in pairwise([-1.0, *loud]) if now - before > 0.3]


@pytest.mark.slow
@pytest.mark.parametrize("speed", [1, 0.5])
def test_the_notes_are_heard_when_they_are_due_also_at_half_speed(ear: Any, speed: float) -> None:
    keep_two_notes(ear)
    ear.evaluate("speed => dawscribe.transport.setSpeed(speed)", speed)
    wanted = pytest.approx([1.0, 6.0], abs=0.03)
    heard = listen(ear, 7.2, lambda found: onsets(found) == wanted)
    assert onsets(heard) == wanted
    assert all(v < 0.01 for _, p, v in heard if p < 0.95 or 1.7 < p < 5.95 or p > 6.7)


@pytest.mark.slow
def test_no_note_is_lost_when_the_sampler_comes_while_it_plays(ear: Any) -> None:
    keep_two_notes(ear)
    # The other one comes when the first synthesiser has just been handed the note, long before it is due.
    ear.evaluate(
        """() => {
          const fetched = window.fetch;
          window.fetch = async (...asked) => {
            if (!String(asked[0]).endsWith('/api/soundfont')) return fetched(...asked);
            const { synth } = dawscribe.transport;
            const note = synth.note;
            await new Promise((handed) => { synth.note = (...given) => { note(...given); handed(); }; });
            return new Response(null, { status: 404 });
          };
        }"""
    )
    wanted = pytest.approx([1.0], abs=0.03)
    heard = listen(ear, 2.2, lambda found: onsets(found) == wanted, waits_for_sound=False)
    assert onsets(heard) == wanted


def test_a_candidate_is_added_dragged_undone_and_saved(tab: Any, fresh: Page) -> None:
    before = items(tab)
    tab.keyboard.press("Control+a")
    tab.locator("#roll").focus()
    tab.evaluate("dawscribe.store.choosePart(1)")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Delete")
    part = items(tab)[1]
    assert len(part["notes"]) == len(before[1]["notes"]) - 1
    assert len(part["ghosts"]) == 1
    # A click on the ghost takes it back.
    x, y = tab.evaluate(
        """() => {
          const { stage, store } = dawscribe;
          const [gx, gy, w, h] = stage.view.box(stage.lane, store.part.sortedGhosts[0]);
          const r = document.getElementById('overlay').getBoundingClientRect();
          return [r.x + gx + w / 2, r.y + gy + h / 2];
        }"""
    )
    tab.mouse.click(x, y)
    assert items(tab)[1]["notes"] == before[1]["notes"]
    # Drag the first note later by about a second and down by keys.
    x, y, _ = place(tab, 1, 0)
    per_s, row = tab.evaluate("[dawscribe.stage.view.pxPerS, dawscribe.stage.lane.row]")
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + per_s / 2, y)
    tab.mouse.move(x + per_s * 0.25, y + 2 * row)
    tab.mouse.up()
    moved = set(map(tuple, items(tab)[1]["notes"])) - set(map(tuple, before[1]["notes"]))
    ((on, off, pitch, _),) = moved
    first = before[1]["notes"][0]
    assert on == pytest.approx(first[0] + 0.25, abs=0.02)
    assert off - on == pytest.approx(first[1] - first[0], abs=1e-3)
    assert pitch == first[2] - 2
    until(tab, "dawscribe.store.isSaved")
    assert saved(fresh)["cursor"] == 3
    for _ in range(3):
        tab.keyboard.press("Control+z")
    assert items(tab) == before
    tab.keyboard.press("Control+Shift+z")
    until(tab, "dawscribe.store.isSaved")
    assert (saved(fresh)["cursor"], len(saved(fresh)["edits"])) == (1, 3)


SLOW = """const fetched = window.fetch;
window.fetch = async (...words) => { await new Promise((done) => setTimeout(done, 600)); return fetched(...words); };
undefined"""


@pytest.mark.slow
def test_who_reads_that_a_version_is_ready_may_send_the_next(tab: Any) -> None:
    tab.evaluate(SLOW)
    for version in (2, 3):
        tab.locator("#send").click()
        until(tab, f"document.getElementById('status').textContent.startsWith('Version {version} is ready')")


@pytest.mark.slow
def test_two_pages_see_each_other_and_a_stale_change_is_told(tab: Any, fresh: Page) -> None:
    other = tab.context.new_page()
    # A second window of the same browser has the cookie already.
    other.goto(fresh.url.partition("#")[0] + f"#job={fresh.job}")
    other.wait_for_selector('html[data-ready="true"]')
    name = tab.evaluate("dawscribe.store.item.parts[0].id")
    tab.evaluate("id => dawscribe.store.change('Rename part', [{ op: 'part', part: id, name: 'Kit' }])", name)
    until(other, "dawscribe.store.item.parts[0].name === 'Kit'")
    other.evaluate("dawscribe.store.undo()")
    until(tab, "dawscribe.store.item.parts[0].name !== 'Kit'")
    other.close()


@pytest.mark.slow
def test_an_item_without_notes_says_so_until_one_is_there(tab: Any) -> None:
    tab.evaluate(
        """() => {
          const { store } = dawscribe;
          for (const { id, notes, ghosts } of store.item.parts) {
            store.change("x", [{ op: "notes", part: id, drop: [...notes.keys(), ...ghosts.keys()] }]);
          }
        }"""
    )
    notice = tab.locator("#notice")
    assert notice.inner_text() == "No notes were heard in this item."
    tab.locator("#roll").focus()
    tab.keyboard.press("n")
    assert not notice.is_visible()
    tab.keyboard.press("Control+z")
    assert notice.is_visible()
    assert tab.locator("#status").inner_text() == "Undone: Add stroke"


@pytest.mark.slow
def test_space_plays_after_a_click_on_a_button(tab: Any) -> None:
    mute = tab.get_by_role("button", name="Mute Bass", exact=True)
    mute.click()
    tab.keyboard.press(" ")
    until(tab, "dawscribe.transport.isPlaying")
    assert mute.get_attribute("aria-pressed") == "true"
    # By keys the button stays chosen, and Space presses it.
    mute.focus()
    tab.keyboard.press(" ")
    assert mute.get_attribute("aria-pressed") == "false"
    assert tab.evaluate("dawscribe.transport.isPlaying")


@pytest.mark.slow
def test_everything_works_by_keyboard(tab: Any) -> None:
    tab.locator("#roll").focus()
    tab.evaluate("dawscribe.store.choosePart(1)")
    before = items(tab)[1]["notes"]
    keys = ["ArrowRight", "Alt+ArrowUp", "Alt+ArrowRight", "Control+ArrowRight", "+"]
    for key in keys:
        tab.keyboard.press(key)
    on, off, pitch, velocity = before[0]
    assert items(tab)[1]["notes"][0] == pytest.approx([on + 0.01, off + 0.02, pitch + 1, velocity + 5], abs=1e-3)
    assert "C" in tab.locator("#status").inner_text()
    tab.keyboard.press("Shift+ArrowRight")
    tab.keyboard.press("Delete")
    assert tab.locator("#status").inner_text() == "2 notes are candidates now; Enter takes them back."
    assert len(items(tab)[1]["notes"]) == len(before) - 2
    tab.keyboard.press("g")
    tab.keyboard.press("Enter")
    assert len(items(tab)[1]["notes"]) == len(before) - 1
    tab.keyboard.press("n")
    assert len(items(tab)[1]["notes"]) == len(before)
    tab.keyboard.press("?")
    assert tab.locator("dialog").is_visible()
    assert tab.evaluate("document.getElementById('dialog').scrollTop") == 0
    tab.keyboard.press("Escape")
    for key in ["f", "w", "c", "0", "z", "Shift+z", "b", "h", "h", "[", "]", "l", "Escape", "t"]:
        tab.keyboard.press(key)


@pytest.mark.slow
def test_the_page_says_why_when_the_daemon_has_gone(chromium: Any, page: Page) -> None:
    complaints: list[str] = []
    tab = open_tab(chromium, page.url, complaints)
    page.home.run("stop")
    wait_for(lambda: "does not answer" in tab.locator("#status").inner_text(), "the sentence")
    tab.context.close()
    assert [c for c in complaints if not any(known in c for known in KNOWN)] == []
