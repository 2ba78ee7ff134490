"""What of a selection is heard together, apart, or not at all."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.lua.desk import Desk
from tests.reaper_sim.defaults import new_item, new_take, new_track
from tests.reaper_sim.demo import audio_item, tone
from tests.reaper_sim.midi_events import MidiData
from tests.reaper_sim.model import Item, Source
from tests.reaper_sim.plugins import find, instance


def choose(*items: Item) -> None:
    for item in items:
        item.values["B_UISEL"] = 1.0


def test_what_cannot_be_heard_is_left_out_and_counted(desk: Desk) -> None:
    track = desk.project.tracks[0]
    empty, midi, second = new_item(track, 5.0, 1.0), new_item(track, 6.0, 1.0), new_item(track, 7.0, 1.0)
    for item in (midi, second):
        new_take(item, Source(type="MIDI", midi=MidiData(end=960.0)), "keys")
    missing = audio_item(track, tone(desk.song.parent / "gone.wav", 1.0), 8.0, 1.0)
    (desk.song.parent / "gone.wav").unlink()
    choose(empty, midi, second, missing)
    asked = desk.request()
    assert [i["name"] for i in asked["items"]] == ["song"]
    (script,) = desk.reaper.scripts
    desk.reaper.tick()
    assert "Left out: 1 empty, 2 MIDI, 1 missing." in " ".join(text for text, _, _ in script.frame)
    desk.reaper.close()


def test_a_selection_without_any_sound_is_one_sentence(desk: Desk) -> None:
    desk.item.values["B_UISEL"] = 0.0
    choose(new_item(desk.project.tracks[0], 5.0, 1.0), new_item(desk.project.tracks[0], 6.0, 1.0))
    desk.run("Transcribe selected items")
    assert desk.said == "None of the 2 selected items can be heard (2 empty); select an item with audio."


def test_a_time_selection_that_cuts_is_said_and_can_be_left_aside(desk: Desk) -> None:
    desk.project.time_selection = (2.0, 2.5)
    desk.request()
    (script,) = desk.reaper.scripts
    desk.reaper.tick()
    assert "Only 0.5 s of 3.0 s" in " ".join(text for text, _, _ in script.frame)
    desk.reaper.close()
    desk.choose(more="whole")
    assert desk.request("Transcribe with options")["items"][0]["audio"]["length_s"] == 3.0
    desk.reaper.close()


def comp(desk: Desk) -> list[Item]:
    """The song's item split twice, the second piece another take, the third overlapping it with a crossfade."""
    other = tone(desk.song.parent / "other.wav", 4.0, hz=550.0)
    track = desk.project.tracks[0]
    desk.item.values["D_LENGTH"] = 1.0
    second = audio_item(track, other, 2.0, 1.0)
    third = audio_item(track, desk.song, 2.9, 1.0)
    second.values["D_FADEOUTLEN_AUTO"] = third.values["D_FADEINLEN_AUTO"] = 0.1
    third.values["D_VOL"] = 0.5
    choose(second, third)
    return [desk.item, second, third]


def test_a_comp_is_one_span_as_it_is_heard(desk: Desk) -> None:
    items = comp(desk)
    asked = desk.request()
    (item,) = asked["items"]
    assert (item["position_s"], round(item["audio"]["length_s"], 6)) == (1.0, 2.9)
    assert item["sources"] == [i.guid for i in items]
    heard = desk.heard(asked)
    song, _ = soundfile.read(desk.song, always_2d=True)
    other, _ = soundfile.read(desk.song.parent / "other.wav", always_2d=True)
    np.testing.assert_allclose(heard[:44100], song[:44100], atol=1e-5)
    np.testing.assert_allclose(heard[44200 : 44100 + 39000], other[100:39000], atol=1e-5)
    np.testing.assert_allclose(heard[2 * 44100 + 100 :][:30000], 0.5 * song[4510:34510], atol=1e-4)
    # In the crossfade both sound.
    middle = round(1.95 * 44100)
    expected = other[round(0.95 * 44100)] * 0.5 + 0.5 * song[round(0.05 * 44100)] * 0.5
    np.testing.assert_allclose(heard[middle], expected, atol=0.01)
    desk.finish(asked)
    desk.reaper.idle()
    assert [(i.start, round(i.length, 6)) for i in desk.project.tracks[2].items] == [(1.0, 2.9)]


def test_all_items_of_a_span_are_muted_when_the_source_is(desk: Desk) -> None:
    items = comp(desk)
    desk.choose(mute_source="yes")
    asked = desk.request("Transcribe with options")
    desk.finish(asked)
    desk.reaper.idle()
    assert [i.values["B_MUTE"] for i in items] == [1, 1, 1]


@pytest.mark.parametrize("why", ["a gap", "take FX", "a mute", "another track"])
def test_items_that_do_not_belong_together_stay_apart(desk: Desk, why: str) -> None:
    track = desk.project.tracks[1 if why == "another track" else 0]
    second = audio_item(track, desk.song, 4.2 if why == "a gap" else 4.0, 2.0)
    choose(second)
    if why == "take FX":
        plugin = find("Volume Adjustment")
        assert plugin is not None
        assert second.active_take is not None
        second.active_take.fx.append(instance(plugin))
        desk.reaper.history(desk.project).add("fx")
    if why == "a mute":
        second.values["B_MUTE"] = 1.0
    assert len(desk.request()["items"]) == 2
    desk.reaper.close()


def microphones(desk: Desk) -> list[Item]:
    """Three microphones of one recording, the last a moment late and half as loud."""
    items = [desk.item]
    for number, start in enumerate((1.0, 1.01), 2):
        desk.project.tracks.append(new_track(f"Mic {number}"))
        path = tone(desk.song.parent / f"mic{number}.wav", 4.0, hz=110.0 * number)
        items.append(audio_item(desk.project.tracks[-1], path, start, 2.0))
    items[2].values["D_VOL"] = 0.5
    for item in items:
        item.values["I_GROUPID"] = 3.0
    choose(*items)
    return items


def test_the_microphones_of_a_group_are_asked_about_once_and_mixed(desk: Desk) -> None:
    microphones(desk)
    desk.reaper.answers.append(6)
    asked = desk.request()
    assert len(asked["items"]) == 1
    assert next(text for _, text, kind in desk.reaper.messages if kind == 3).startswith("These 3 items are one group")
    heard = desk.heard(asked)
    files = [
        soundfile.read(desk.song.parent / name, always_2d=True)[0] for name in ("song.wav", "mic2.wav", "mic3.wav")
    ]
    late = round(0.01 * 44100)
    expected = files[0][44100:44200] + files[1][44100:44200] + 0.5 * files[2][44100 - late : 44200 - late]
    np.testing.assert_allclose(heard[44100:44200], expected, atol=1e-4)
    # Where the shorter ones have ended only the first is left.
    np.testing.assert_allclose(heard[-4410:], files[0][3 * 44100 - 4410 : 3 * 44100], atol=1e-5)
    assert len(asked["items"][0]["sources"]) == 3
    desk.reaper.close()


def test_the_microphones_of_a_group_can_be_heard_each_by_itself_or_not_at_all(desk: Desk) -> None:
    microphones(desk)
    desk.reaper.answers.append(7)
    assert len(desk.request()["items"]) == 3
    desk.reaper.close()
    desk.reaper.answers.append(2)
    desk.run("Transcribe selected items")
    desk.reaper.idle()
    assert not any((desk.home / "inbox").iterdir())


def test_a_command_from_outside_asks_nobody_and_mixes(desk: Desk) -> None:
    microphones(desk)
    (desk.home / "commands").mkdir()
    command: dict[str, Any] = {"command": "transcribe_selected", "time": int(time.time()), "options": {}}
    (desk.home / "commands" / "reaper.json").write_text(json.dumps(command))
    assert len(desk.request()["items"]) == 1
    assert desk.reaper.messages == []
    desk.reaper.close()


def test_choices_are_remembered_for_their_project(desk: Desk) -> None:
    desk.choose(quantise="1/8", grid_source="project", sensitivity="0,7", role="bass")
    options = desk.request("Transcribe with options")["options"]
    assert options == {
        "keep_stems": True, "quantise": "1/8", "quantise_strength": 1.0, "grid_source": "project", "sensitivity": 0.7,
        "separator": "whole_mix", "role": "bass",
    }  # fmt: skip
    desk.reaper.close()
    assert desk.request()["options"] == options
    desk.reaper.close()


def test_a_choice_that_is_mistyped_is_said_at_once(desk: Desk) -> None:
    desk.choose(stems="bas")
    desk.choose(stems="bass")
    assert desk.request("Transcribe with options")["options"]["stems"] == ["bass"]
    assert [text for _, text, kind in desk.reaper.messages if kind == 0] == [
        '"bas" is no part; the parts are: drums bass vocals guitar piano other.'
    ]
    desk.reaper.close()
