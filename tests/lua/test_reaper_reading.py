"""What of an item the daemon gets to hear."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.lua.desk import Desk
from tests.lua.disk import room_for
from tests.reaper_sim import audio as sim_audio
from tests.reaper_sim.api_envelopes import ensure
from tests.reaper_sim.api_undo_api import Undo_DoUndo2
from tests.reaper_sim.defaults import new_take, new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.midi_events import MidiData
from tests.reaper_sim.model import Item, Point, Project, Source
from tests.reaper_sim.plugins import find, instance
from tests.reaper_sim.rpp_file import text as rpp_text


def test_an_untouched_item_is_a_span_of_its_file(desk: Desk) -> None:
    desk.take.values["D_STARTOFFS"] = 0.5
    desk.item.values["D_VOL"] = 0.5
    asked = desk.request()
    span = asked["items"][0]["audio"]
    assert (span["path"], span["start_s"], span["length_s"], span["gain"]) == (str(desk.song), 0.5, 3.0, 0.5)


def test_the_time_selection_cuts_the_item(desk: Desk) -> None:
    desk.project.time_selection = (2.0, 3.5)
    desk.transcribe()
    assert [(i.start, i.length) for i in desk.project.tracks[2].items] == [(2.0, 1.5)]


def reverse(item: Item) -> None:
    take = item.active_take
    assert take is not None
    take.source = Source(type="SECTION", parent=take.source, reverse=True)


CHANGES: dict[str, Any] = {
    "rate": lambda i: i.active_take.values.update(D_PLAYRATE=1.25, B_PPITCH=0),
    "pitch": lambda i: i.active_take.values.update(D_PITCH=3),
    "loop": lambda i: (i.values.update(B_LOOPSRC=1), i.active_take.values.update(D_STARTOFFS=3.5)),
    "reverse": reverse,
    "section": lambda i: setattr(
        i.active_take,
        "source",
        Source(type="SECTION", parent=i.active_take.source, section_start_s=1.0, section_length_s=0.5),
    ),
    "stretch": lambda i: i.active_take.stretch.extend([[0.0, 0.0, 0.0], [3.0, 2.0, 0.0]]),
    "left only": lambda i: i.active_take.values.update(I_CHANMODE=3),
    "starts before its file": lambda i: i.active_take.values.update(D_STARTOFFS=-0.5),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_item_is_read_as_it_sounds(desk: Desk, change: str) -> None:
    desk.item.values["D_LENGTH"] = 1.0
    CHANGES[change](desk.item)
    expected = sim_audio.render(desk.take, 44100, 2, 0.0, 44100)
    assert expected is not None
    asked = desk.request()
    assert asked["items"][0]["temporary"] is True
    heard = desk.heard(asked)
    np.testing.assert_allclose(heard, expected, atol=1e-6)
    desk.finish(asked)
    desk.reaper.idle()
    assert list((desk.home / "audio").iterdir()) == []


def test_take_fx_are_rendered_and_everything_is_put_back(desk: Desk) -> None:
    plugin = find("Volume Adjustment")
    assert plugin is not None
    desk.take.fx.append(instance(plugin))
    desk.take.fx[0].params[0][1] = 0.0  # -6 dB
    history = desk.reaper.history(desk.project)
    history.add("the user's last step")
    before = rpp_text(desk.project)
    asked = desk.request()
    assert rpp_text(desk.project) == before
    assert history.names == ["the user's last step"]
    assert {p.name for p in Path(desk.project.path).parent.glob("*render*")} == set()
    plain, _ = soundfile.read(desk.song, always_2d=True)
    np.testing.assert_allclose(desk.heard(asked), plain[: 3 * 44100] * 10 ** (-6 / 20), atol=1e-5)


def test_take_fx_are_rendered_behind_another_tab_without_touching_that_one(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0  # read slice by slice, so that the user has the time to change tabs
    second = audio_item(desk.project.tracks[0], desk.song, 6.0, 2.0)
    second.values["B_UISEL"] = 1.0
    plugin = find("Volume Adjustment")
    assert plugin is not None
    second.active_take.fx.append(instance(plugin))  # type: ignore[union-attr]
    desk.reaper.history(desk.project).add("the user's last step")
    other = Project(path=str(desk.song.parent / "other.rpp"))
    other.tracks = [new_track("Precious")]
    audio_item(other.tracks[0], desk.song, 0.0, 2.0).values["B_UISEL"] = 1.0
    before = rpp_text(other), rpp_text(desk.project)
    desk.run("Transcribe selected items")
    song = desk.project
    desk.reaper.projects.append(other)
    desk.reaper.project = other
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    assert desk.reaper.project is other
    assert (rpp_text(other), rpp_text(song)) == before
    assert desk.reaper.history(other).names == []
    desk.reaper.close()


def test_the_chosen_take_is_rendered_also_when_the_user_has_turned_to_another(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0  # read slice by slice, so that the user has the time to press T
    second = audio_item(desk.project.tracks[0], desk.song, 6.0, 2.0)
    second.values["B_UISEL"] = 1.0
    chosen = second.active_take
    plugin = find("Volume Adjustment")
    assert chosen is not None
    assert plugin is not None
    chosen.fx.append(instance(plugin))
    other = new_take(second, Source(path=str(tone(desk.song.parent / "other.wav", 4.0, hz=550.0))), "other")
    desk.reaper.history(desk.project).add("the user's last step")
    desk.run("Transcribe selected items")
    desk.reaper.call("SetActiveTake", other)
    desk.reaper.history(desk.project).add("next take")
    before = rpp_text(desk.project)
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")))
    assert rpp_text(desk.project) == before
    span = desk.taken_over()["items"][1]["audio"]
    plain, _ = soundfile.read(desk.song, always_2d=True)
    np.testing.assert_allclose(soundfile.read(span["path"])[0][: 2 * 44100], plain[: 2 * 44100], atol=1e-5)
    desk.reaper.close()


@pytest.mark.parametrize("name", ["Volume", "Mute"])
def test_take_envelopes_are_heard(desk: Desk, name: str) -> None:
    ensure(desk.take, name).points = [Point(time=0, value=1.0, shape=1), Point(time=1.0, value=0.0, shape=1)]
    desk.reaper.history(desk.project).add("the user's last step")
    before = rpp_text(desk.project)
    asked = desk.request()
    assert rpp_text(desk.project) == before
    heard = desk.heard(asked)
    assert np.abs(heard[:44000]).max() > 0.3
    assert np.abs(heard[44300:]).max() == 0.0


def test_an_envelope_that_is_switched_off_is_not_heard(desk: Desk) -> None:
    envelope = ensure(desk.take, "Volume")
    envelope.points, envelope.active = [Point(time=0, value=0.0)], False
    asked = desk.request()
    assert asked["items"][0]["audio"]["path"] == str(desk.song)


def test_what_the_simulation_cannot_render_is_reported(desk: Desk) -> None:
    ensure(desk.take, "Pitch").points = [Point(time=0, value=12.0)]
    desk.reaper.history(desk.project).add("the user's last step")
    asked = desk.request()
    assert asked["items"][0]["temporary"] is True
    assert any('"Pitch" is not simulated' in warning for warning in desk.reaper.warnings)
    desk.reaper.warnings.clear()


def test_a_render_reaches_a_home_on_another_disk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other_disk = Path("/dev/shm")
    if not other_disk.is_dir() or other_disk.stat().st_dev == desk.home.stat().st_dev:
        pytest.skip("needs a second file system at /dev/shm")
    plugin = find("Volume Adjustment")
    assert plugin is not None
    desk.take.fx.append(instance(plugin))
    desk.reaper.history(desk.project).add("the user's last step")
    with tempfile.TemporaryDirectory(dir=other_disk) as folder:
        desk.home = Path(folder) / "home"
        for name in ("inbox", "jobs"):
            (desk.home / name).mkdir(parents=True)
        desk.beat()
        monkeypatch.setenv("DAWSCRIBE_HOME", str(desk.home))
        asked = desk.request()
        assert Path(asked["items"][0]["audio"]["path"]).is_relative_to(desk.home)
        assert {p.name for p in Path(desk.project.path).parent.glob("*render*")} == set()
        assert len(desk.heard(asked)) == 3 * 44100
        desk.finish(asked)
        desk.reaper.idle()
        assert list((desk.home / "audio").iterdir()) == []


def slow_item(desk: Desk, seconds: float = 20.0) -> None:
    """The item takes many ticks to read."""
    desk.take.source.path = str(tone(desk.song.parent / "long.wav", seconds + 1.0))
    desk.item.values["D_LENGTH"] = seconds
    desk.take.values["D_PITCH"] = 1.0
    desk.reaper.history(desk.project).add("the user's last step")


def read_until_half(desk: Desk) -> Any:
    script = desk.run("Transcribe selected items")
    desk.reaper.run_until(lambda: any(p.stat().st_size > 500_000 for p in (desk.home / "audio").iterdir()))
    return script


@pytest.mark.slow
def test_an_undo_elsewhere_does_not_disturb_the_reading(desk: Desk) -> None:
    slow_item(desk)
    desk.project.tracks[1].name = "renamed"
    desk.reaper.history(desk.project).add("rename")
    read_until_half(desk)
    before = desk.item
    Undo_DoUndo2(desk.reaper, desk.project)
    assert not before.alive
    (track, *_) = desk.project.tracks
    expected = sim_audio.render(track.items[0].takes[0], 44100, 2, 0.0, 20 * 44100)  # type: ignore[arg-type]
    assert expected is not None
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")), 60.0)
    np.testing.assert_allclose(desk.heard(desk.taken_over()), expected, atol=1e-6)
    desk.reaper.close()


@pytest.mark.slow
def test_an_item_changed_while_it_is_read_is_read_again(desk: Desk) -> None:
    slow_item(desk)
    read_until_half(desk)
    desk.take.values["D_PITCH"] = -2.0
    expected = sim_audio.render(desk.take, 44100, 2, 0.0, 20 * 44100)
    desk.reaper.run_until(lambda: any((desk.home / "inbox").glob("*.json")), 60.0)
    assert expected is not None
    np.testing.assert_allclose(desk.heard(desk.taken_over()), expected, atol=1e-6)
    desk.reaper.close()


def test_an_item_changed_again_and_again_gets_a_sentence(desk: Desk) -> None:
    slow_item(desk)
    read_until_half(desk)
    for pitch in (2.0, 3.0, 4.0):
        desk.take.values["D_PITCH"] = pitch
        desk.reaper.tick()
    desk.reaper.idle()
    assert desk.said == '"song" was changed while it was read; transcribe it again.'
    assert list((desk.home / "audio").iterdir()) == []


def test_all_channels_of_a_file_are_read(desk: Desk) -> None:
    sound = np.linspace(-0.5, 0.5, 44100 * 2)[:, None] * np.arange(1, 7) / 6
    soundfile.write(desk.song, sound, 44100, subtype="FLOAT")
    desk.item.values["D_LENGTH"] = 1.0
    desk.take.values.update(D_PLAYRATE=1.25, B_PPITCH=0)
    expected = sim_audio.render(desk.take, 44100, 6, 0.0, 44100)
    heard = desk.heard(desk.request())
    assert expected is not None
    assert heard.shape == (44100, 6)
    np.testing.assert_allclose(heard, expected, atol=1e-6)


def test_a_disk_that_is_full_at_the_last_sample_is_said(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0
    with room_for(44 + 3 * 44100 * 2 * 4 - 100):
        desk.run("Transcribe selected items")
        desk.reaper.idle()
    assert "free some disk space" in desk.said
    assert not any((desk.home / "inbox").iterdir())
    assert list((desk.home / "audio").iterdir()) == []


def test_audio_that_was_left_long_ago_is_removed(desk: Desk) -> None:
    audio = desk.home / "audio"
    audio.mkdir(exist_ok=True)
    week = 7 * 24 * 3600
    old, fresh = (f"reaper-{int(time.time()) - age}-000001-1.wav" for age in (week + 60, week - 60))
    for name in (old, fresh, "mine.wav"):
        (audio / name).write_bytes(b"")
    desk.transcribe()
    assert sorted(p.name for p in audio.iterdir()) == sorted([fresh, "mine.wav"])


def empty(desk: Desk) -> None:
    desk.item.takes.clear()


def midi(desk: Desk) -> None:
    desk.item.takes.clear()
    new_take(desk.item, Source(type="MIDI", midi=MidiData(end=960.0)), "keys")


def missing(desk: Desk) -> None:
    desk.song.unlink()


def nothing(desk: Desk) -> None:
    desk.item.values["B_UISEL"] = 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [(empty, "is empty"), (midi, "MIDI already"), (missing, "missing"), (nothing, "Select one")],
)
def test_what_cannot_be_heard_gets_one_sentence_and_changes_nothing(desk: Desk, change: Any, words: str) -> None:
    change(desk)
    before = rpp_text(desk.project)
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert words in desk.said
    assert len(desk.reaper.messages) == 1
    assert rpp_text(desk.project) == before
    assert desk.reaper.history(desk.project).names == []
    assert not any((desk.home / "inbox").iterdir())


def test_slivers_beside_a_longer_item_are_left_out(desk: Desk) -> None:
    desk.item.values["D_LENGTH"] = 0.07
    audio_item(desk.project.tracks[0], desk.song, 6.0, 2.0).values["B_UISEL"] = 1.0
    asked = desk.request()
    assert [item["position_s"] for item in asked["items"]] == [6.0]
    desk.reaper.close()


def test_a_selection_of_slivers_only_is_refused_by_the_first_ones_name(desk: Desk) -> None:
    desk.item.values["D_LENGTH"] = 0.099
    sliver = audio_item(desk.project.tracks[0], desk.song, 6.0, 0.02)
    sliver.values["B_UISEL"] = 1.0
    assert sliver.active_take is not None
    sliver.active_take.name = "the second"
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert desk.said.startswith('"song" is shorter than 0.1 s')
    assert not any((desk.home / "inbox").iterdir())


def test_an_item_of_a_tenth_of_a_second_is_long_enough(desk: Desk) -> None:
    desk.item.values["D_LENGTH"] = 0.1
    desk.take.values["D_PITCH"] = 1.0
    assert len(desk.heard(desk.request())) == 4410
    desk.reaper.close()


def test_an_item_deleted_while_it_is_read_ends_the_job(desk: Desk) -> None:
    desk.take.values["D_PITCH"] = 1.0
    script = desk.run("Transcribe selected items")
    desk.reaper.tick()
    desk.reaper.call("DeleteTrackMediaItem", desk.project.tracks[0], desk.item)
    desk.reaper.idle()
    assert "deleted" in desk.said
    assert not script.running
