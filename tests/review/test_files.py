"""Files taken from the page: each is downloaded by its link, opened by who knows the format, and compared."""

from __future__ import annotations

import io
import os
import shutil
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mido
import pytest
import rpp

from tests.e2e.ardour.session_file import Session
from tests.review.conftest import Page, open_tab, until
from tests.review.test_tools import choose, opened

pytestmark = pytest.mark.slow

DRAGGED = """(link) => {
  const data = new DataTransfer();
  link.dispatchEvent(new DragEvent('dragstart', { dataTransfer: data, bubbles: true }));
  return data.getData('DownloadURL');
}"""


def correct(tab: Any) -> Any:
    """Leave a bass of three notes on the beats of 120 BPM, F, G and A."""
    choose(tab)
    tab.evaluate(
        """() => {
          const { store } = dawscribe;
          const drop = [...store.part.notes.keys()];
          const put = [[0, 41], [0.5, 43], [1, 45]].map(([on, key], i) => [`e${i}`, on, on + 0.5, key, 90, 1]);
          store.change('Three notes', [{ op: 'notes', part: store.part.id, drop, put },
            { op: 'part', part: store.part.id, name: 'Tuba', program: 58 }]);
        }"""
    )
    until(tab, "dawscribe.store.isSaved")
    return tab


@pytest.fixture
def corrected(tab: Any) -> Any:
    """The page with the corrected bass."""
    return correct(tab)


@pytest.fixture
def refused(chromium: Any, fresh: Page) -> Iterator[Any]:
    """The same, where the browser may complain of requests that are refused."""
    opened_tab = open_tab(chromium, fresh.url, [])
    yield correct(opened_tab)
    opened_tab.context.close()


def taken(tab: Any, link: str) -> tuple[str, bytes]:
    """The name and the bytes of what a link saves."""
    with tab.expect_download() as waiting:
        opened(tab, "Files").get_by_role("link", name=link, exact=True).click()
        said = "document.getElementById('status').textContent"
        until(tab, f"{said} && !{said}.startsWith('Writing')")
        assert "is saved" in tab.locator("#status").inner_text()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_musicxml_of_a_part_has_its_notes(corrected: Any) -> None:
    name, data = taken(corrected, "MusicXML, Tuba")
    assert name == "song Tuba.musicxml"
    root = ET.fromstring(data)
    assert root.tag == "score-partwise"
    (part,) = root.findall("part")
    assert root.findtext("part-list/score-part/part-name") == "Tuba"
    pitches = [(p.findtext("step"), p.findtext("octave")) for p in part.iterfind(".//pitch")]
    assert pitches == [("F", "2"), ("G", "2"), ("A", "2")]
    divisions = int(part.findtext(".//divisions") or 0)
    for measure in part.iterfind("measure"):
        voices: dict[str, int] = {}
        for note in measure.iterfind("note"):
            if note.find("chord") is None:
                voice = note.findtext("voice") or "1"
                voices[voice] = voices.get(voice, 0) + int(note.findtext("duration") or 0)
        assert set(voices.values()) <= {4 * divisions}


@pytest.mark.daw
def test_an_ardour_session_is_made_by_ardour_itself_and_holds_the_notes(corrected: Any, tmp_path: Path) -> None:
    if shutil.which("ardour7-lua") is None:
        reason = "ardour7-lua is missing: 'sh install/check.sh' installs it"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    name, data = taken(corrected, "Ardour session")
    assert name == "song.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert all(not n.startswith("/") and ".." not in n for n in archive.namelist())
        archive.extractall(tmp_path)
    session = Session(tmp_path / "song")
    assert any(name.startswith("Tuba") for name in session.track_names)
    (tuba,) = [r for r in session.regions() if r.track.startswith("Tuba")]
    played = [(round(n.onset_s - tuba.position_s, 2), n.pitch) for n in tuba.notes]
    assert played == [(0.0, 41), (0.5, 43), (1.0, 45)]


def test_projects_and_midi_hold_the_correction(corrected: Any) -> None:
    name, data = taken(corrected, "REAPER project")
    assert name == "song.rpp"
    tracks = rpp.loads(data.decode()).findall("TRACK")
    assert "Tuba" in [row[1] for t in tracks for row in t if isinstance(row, list) and row[0] == "NAME"]
    name, data = taken(corrected, "DAWproject")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert 'name="Tuba"' in archive.read("project.xml").decode()
    for link in ("MIDI, all parts", "MIDI, Tuba"):
        _, data = taken(corrected, link)
        (track,) = [t for t in mido.MidiFile(file=io.BytesIO(data)).tracks if t.name == "Tuba"]
        assert [m.note for m in track if m.type == "note_on" and m.velocity] == [41, 43, 45]


def test_midi_is_dragged_out_as_a_file(corrected: Any, fresh: Page) -> None:
    """Chromium saves what DownloadURL names where the file is dropped; Firefox drops the link alone."""
    link = opened(corrected, "Files").get_by_role("link", name="MIDI, Tuba", exact=True)
    kind, name, url = link.evaluate(DRAGGED).split(":", 2)
    assert (kind, name) == ("audio/midi", "song Tuba.mid")
    fresh.enter()
    status, body, _ = fresh.ask("GET", url.removeprefix(f"http://127.0.0.1:{fresh.port}"))
    assert status == 200
    assert len(mido.MidiFile(file=io.BytesIO(body)).tracks) >= 1


def test_a_file_that_cannot_be_made_is_said(refused: Any, tmp_path: Path) -> None:
    (tmp_path / "song.wav").unlink()
    opened(refused, "Files").get_by_role("link", name="REAPER project").click()
    until(refused, "document.getElementById('status').textContent.startsWith('There is no audio file')")


def test_what_cannot_be_heard_again_is_said_and_changes_nothing(refused: Any, fresh: Page) -> None:
    status = refused.locator("#status")
    choose(refused)
    refused.locator("#roll").focus()
    refused.keyboard.press("r")
    assert "Mark a range first" in status.inner_text()
    # Its sound is gone.
    folder = fresh.home.folder / "jobs" / fresh.job
    for path in folder.rglob("*.wav"):
        path.unlink()
    refused.evaluate("dawscribe.store.range = [1, 3]; dawscribe.store.say('range'); undefined")
    refused.locator("#side").get_by_label("Engine").select_option("fake")
    refused.locator("#roll").focus()
    refused.keyboard.press("r")
    until(refused, "!document.getElementById('status').textContent.startsWith('Hearing')")
    assert status.inner_text().endswith(".")
    assert "were heard" not in status.inner_text()
    assert refused.evaluate("dawscribe.store.cursor") == 1
    assert refused.get_by_role("button", name="Hear range again").is_enabled()
