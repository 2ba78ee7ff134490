"""The tools at the page's right: splitting by place, clean-up, quantising and the beat, each with its preview."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.errors import JobCancelled
from bridge.music.notes import Note
from bridge.review import sound
from bridge.review.beat import beat_again
from bridge.review.places import places
from bridge.score.beat.hints import Hints
from bridge.score.edits.sheet import sheet_of
from tests.review.conftest import Page, until
from tests.support import read_json

RATE = 44_100
CHANGED = "dawscribe.store.cursor"
SHOWN = "[...(dawscribe.stage.preview ?? dawscribe.store.item).parts[1].notes.values()].map(n => n.on)"
POINTS = "dawscribe.store.item.tempo"


def panned(path: Path, tones: list[tuple[float, float, int, float]]) -> sound.Source:
    """Tones as (start, end, key, place), panned with constant power, in a stereo file of four seconds."""
    t = np.arange(4 * RATE) / RATE
    sides = np.zeros((len(t), 2))
    for start, end, key, place in tones:
        angle = (place + 1) * np.pi / 4
        tone = sum(np.sin(2 * np.pi * 440 * 2 ** ((key - 69) / 12) * h * t) / h for h in range(1, 6))
        sides += 0.1 * np.outer(tone * (t >= start) * (t < end), [np.cos(angle), np.sin(angle)])
    soundfile.write(path, sides, RATE)
    return sound.Source("other", (path,), RATE, 2, len(t))


@pytest.mark.parametrize("place", [-1.0, -0.5, 0.0, 0.3, 1.0])
def test_a_note_is_placed_where_it_was_panned_though_another_sounds(tmp_path: Path, place: float) -> None:
    source = panned(tmp_path / "a.wav", [(0.5, 1.5, 60, place), (0.0, 4.0, 66, -place)])
    notes = {"a": Note(0.5, 1.5, 60, 80), "b": Note(2.0, 3.0, 66, 80), "silent": Note(3.0, 3.5, 30, 80)}
    found = places(source, notes, is_drums=False)
    assert found["a"] == pytest.approx(place, abs=0.06)
    assert found["b"] == pytest.approx(-place, abs=0.06)
    strokes = places(source, {"c": Note(2.0, 2.1, 38, 80)}, is_drums=True)
    assert strokes["c"] == pytest.approx(-place, abs=0.02)


def test_mono_and_silence_lie_in_the_middle(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "m.wav", np.zeros(RATE), RATE)
    source = sound.Source("bass", (tmp_path / "m.wav",), RATE, 1, RATE)
    assert places(source, {"a": Note(0.1, 0.5, 40, 80), "b": Note(9.0, 9.5, 40, 80)}, is_drums=False) == {
        "a": 0.0,
        "b": 0.0,
    }


def choose(tab: Any, part: int = 1) -> None:
    tab.evaluate("part => dawscribe.store.choosePart(part)", part)


def opened(tab: Any, section: str) -> Any:
    """A section of the tools, unfolded."""
    found = tab.locator("#side details").filter(has=tab.locator(f"summary:text-is('{section}')"))
    found.evaluate("d => { d.open = true; }")
    return found


@pytest.mark.slow
def test_a_part_is_split_where_it_sounds(tab: Any, fresh: Page) -> None:
    choose(tab)
    # The tone that sounds is an A3.
    tab.evaluate(
        """() => {
          const { store } = dawscribe;
          const put = store.part.sorted.map(n => [n.id, n.on, n.off, 57, n.vel, n.conf]);
          store.change('A3', [{ op: 'notes', part: store.part.id, put }]);
        }"""
    )
    before = tab.evaluate("dawscribe.store.part.sorted.map(n => n.on)")
    tab.get_by_label("Split at this place").fill("-50")
    opened(tab, "Part").get_by_role("button", name="Split").nth(2).click()
    until(tab, "document.getElementById('status').textContent.includes('sound left of there')")
    # The song's second half is on the left alone.
    parts = tab.evaluate("dawscribe.store.item.parts.map(p => [p.id, p.name, p.sorted.map(n => n.on)])")
    assert parts[1][2] == [on for on in before if on < 4]
    assert parts[2] == ["bass-2", "Bass left", [on for on in before if on >= 4]]
    until(tab, "dawscribe.store.isSaved")
    tab.get_by_label("Split at this place").fill("-50")
    opened(tab, "Part").get_by_role("button", name="Split").nth(2).click()
    until(tab, "document.getElementById('status').textContent.includes('nothing was split')")
    assert tab.evaluate(CHANGED) == 2


@pytest.mark.slow
def test_values_that_are_typed_one_after_the_other_all_stay(tab: Any) -> None:
    choose(tab)
    tab.locator("#roll").focus()
    tab.keyboard.press("ArrowRight")
    section = opened(tab, "Note")
    for label, value in (("Pitch", "64"), ("Onset, s", "0.25"), ("Length, s", "0.125"), ("Velocity", "33")):
        section.get_by_label(label).fill(value)
        section.get_by_label(label).press("Enter")
    first = tab.evaluate("[dawscribe.store.selected[0]].map(n => [n.pitch, n.on, n.off, n.vel])[0]")
    assert first == pytest.approx([64, 0.25, 0.375, 33])


@pytest.mark.slow
def test_a_clean_up_is_shown_before_it_is_taken_back(tab: Any) -> None:
    choose(tab)
    tab.evaluate(
        """() => {
          const { store } = dawscribe;
          const [a, b] = store.part.sorted;
          const ghost = (n) => [n.id, n.on, n.off, n.pitch, n.vel, n.conf, 'spurious'];
          store.change('x', [{ op: 'ghosts', part: store.part.id, put: [ghost(a), ghost(b)] }]);
        }"""
    )
    count = len(tab.evaluate(SHOWN))
    box = opened(tab, "Part").get_by_label("Drop ghosts (2)")
    assert box.is_checked()
    box.hover()
    assert len(tab.evaluate(SHOWN)) == count + 2
    assert tab.evaluate(CHANGED) == 1
    tab.mouse.move(600, 300)
    assert len(tab.evaluate(SHOWN)) == count
    box.click()
    assert tab.evaluate("[dawscribe.store.part.notes.size, dawscribe.store.cursor]") == [count + 2, 2]
    box = opened(tab, "Part").get_by_label("Drop ghosts (2)")
    assert not box.is_checked()
    # Nothing but what was done is shown until one comes back to it.
    assert tab.evaluate("dawscribe.stage.preview") is None
    tab.mouse.move(600, 300)
    tab.locator("#roll").focus()
    # The keyboard's way: its focus shows, Space does, and what it does is taken back.
    box.focus()
    assert len(tab.evaluate(SHOWN)) == count
    tab.keyboard.press("Space")
    assert tab.evaluate("dawscribe.store.part.notes.size") == count
    assert tab.evaluate("dawscribe.stage.preview") is None
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Control+z")
    assert tab.evaluate("dawscribe.store.part.notes.size") == count


@pytest.mark.slow
def test_quantise_shows_what_it_would_do_and_does_it_then(tab: Any) -> None:
    choose(tab)
    tab.evaluate(
        """() => {
          const { store } = dawscribe;
          const late = store.part.sorted.map(n => [n.id, n.on + 0.1, n.off + 0.1, n.pitch, n.vel, n.conf]);
          store.change('Late', [{ op: 'notes', part: store.part.id, put: late }]);
        }"""
    )
    before = tab.evaluate(SHOWN)
    section = opened(tab, "Quantise")
    section.get_by_label("Grid").select_option("1")
    strength = section.get_by_label("Strength")
    strength.focus()
    strength.evaluate("e => { e.value = 0.5; e.dispatchEvent(new Event('input')); }")
    half = tab.evaluate(SHOWN)
    assert half == pytest.approx([on - 0.05 for on in before], abs=1e-3)
    assert tab.evaluate(CHANGED) == 1
    tab.locator("#roll").focus()
    assert tab.evaluate(SHOWN) == before
    section.get_by_role("button", name="Quantise").click()
    assert tab.evaluate(SHOWN) == half
    assert tab.evaluate(CHANGED) == 2


@pytest.mark.slow
def test_the_grid_is_corrected_by_hand(tab: Any) -> None:
    section = opened(tab, "Tempo")
    assert section.get_by_label("BPM", exact=True).input_value() == "120"
    section.get_by_role("button", name="× 2").click()
    assert tab.evaluate(POINTS)[0]["bpm"] == 240
    section.get_by_role("button", name="× ½").click()
    section.get_by_label("BPM", exact=True).fill("97.3")
    section.get_by_label("BPM", exact=True).press("Enter")
    assert tab.evaluate(POINTS)[0]["bpm"] == 97.3
    section.get_by_label("Beats a bar", exact=True).fill("3")
    section.get_by_label("Beats a bar", exact=True).press("Enter")
    section.get_by_label("First bar, s").fill("0.42")
    section.get_by_label("First bar, s").press("Enter")
    points = tab.evaluate(POINTS)
    assert (points[1]["time_s"], points[1]["bpm"], points[1]["beats_per_bar"]) == (0.42, 97.3, 3)
    # A beat, then the bar lines, are dragged on the ruler.
    beats = tab.evaluate("dawscribe.stage.beats.slice(0, 8)")
    at = "t => dawscribe.stage.view.x(t) + document.getElementById('ruler').getBoundingClientRect().x"
    y = tab.evaluate("document.getElementById('ruler').getBoundingClientRect().y + 10")

    def drag(from_s: float, to_s: float, *keys: str) -> None:
        for key in keys:
            tab.keyboard.down(key)
        tab.mouse.move(tab.evaluate(at, from_s), y)
        tab.mouse.down()
        tab.mouse.move(tab.evaluate(at, (from_s + to_s) / 2), y)
        tab.mouse.move(tab.evaluate(at, to_s), y)
        tab.mouse.up()
        for key in keys:
            tab.keyboard.up(key)

    drag(beats[3]["time"], beats[3]["time"] + 0.1, "Alt")
    moved = tab.evaluate("dawscribe.stage.beats[3].time")
    assert moved == pytest.approx(beats[3]["time"] + 0.1, abs=0.02)
    drag(tab.evaluate("dawscribe.stage.beats[4].time"), tab.evaluate("dawscribe.stage.beats[5].time"), "Alt", "Shift")
    assert tab.evaluate("dawscribe.stage.beats[5].beat") == 0
    # And by keys.
    tab.locator("#roll").focus()
    tab.evaluate("dawscribe.transport.seek(dawscribe.stage.beats[6].time)")
    before = tab.evaluate("dawscribe.stage.beats[6].time")
    tab.keyboard.press("Alt+.")
    assert tab.evaluate("dawscribe.stage.beats[6].time") == pytest.approx(before + 0.01, abs=1e-3)
    tab.keyboard.press("d")
    assert tab.evaluate("dawscribe.stage.beats[6].beat") == 0
    until(tab, "dawscribe.store.isSaved")
    assert tab.evaluate(CHANGED) == 9


def click_track(path: Path) -> Path:
    """Sixteen seconds of clicks at 100 BPM, the first at 0.3 s, every third louder."""
    t = np.arange(16 * RATE)
    track = np.zeros(len(t))
    for number, at in enumerate(np.arange(0.3, 15.9, 0.6)):
        i = round(at * RATE)
        click = np.exp(-np.arange(4000) / 300) * np.sin(np.arange(4000) * (0.3 if number % 3 else 0.1))
        track[i : i + 4000] += (0.3 if number % 3 else 0.8) * click[: len(track[i : i + 4000])]
    soundfile.write(path, track, RATE)
    return path


def test_the_beat_is_found_again_with_what_is_known(served: Any, tmp_path: Path) -> None:
    job = "review-beat-01"
    served.submit(served.request(job, click_track(tmp_path / "clicks.wav")))
    assert served.wait_end(job)["state"] == "done"
    page = Page(served, job)
    page.enter()

    def ask(**hints: object) -> tuple[int, Any]:
        status, body, _ = page.ask("POST", f"/api/jobs/{job}/beat", {"item": 0, **hints})
        return status, json.loads(body)

    status, found = ask(beats_per_bar=3, first_downbeat=0.3)
    assert status == 200, found
    assert found["confident"]
    bar = next(p for p in found["points"] if p["beats_per_bar"] == 3)
    assert bar["bpm"] == pytest.approx(100, abs=0.5)
    assert bar["time_s"] % 1.8 == pytest.approx(0.3, abs=0.03)
    status, found = ask(bpm=50)
    assert found["points"][-1]["bpm"] == pytest.approx(50, abs=0.1)
    for wrong in ({"bpm": 1}, {"bpm": "x"}, {"beats_per_bar": 0}, {"beats_per_bar": 1e300}, {"first_downbeat": -1}):
        assert ask(**wrong)[0] == 400, wrong
    assert ask(bpm=10**400)[0] == 400
    status, said = ask(first_downbeat=9999)
    assert (status, "comes after the item's end" in said["message"]) == (400, True)
    assert page.ask("POST", f"/api/jobs/{job}/beat", {"item": 7})[0] == 400


def test_the_beat_is_not_looked_for_when_nobody_waits(fresh: Page, tmp_path: Path) -> None:
    (item,) = read_json(fresh.folder / "result.json")["items"]
    mix = panned(tmp_path / "a.wav", [(0.5, 1.5, 60, 0.0)])
    assert beat_again(mix, sheet_of(item), item, Hints()).points
    with pytest.raises(JobCancelled):
        beat_again(mix, sheet_of(item), item, Hints(), is_gone=lambda: True)
