"""MIDI files as other programs read them: tracks, channels, controllers, and times to the millisecond."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import mido
import pytest

from bridge.hosts.midi_file import MidiFile, to_midi, write_midi
from bridge.music.harmony import Chord, Key, Section
from bridge.music.notes import Bend, Note
from bridge.music.parts import Score
from bridge.music.tempo import TempoMap, TempoPoint
from bridge.plugins.interfaces import Context, Host
from bridge.spool.request import AudioSpan, ItemRequest, Request
from bridge.spool.result import ItemResult
from tests.raising import raises_code
from tests.support import track

DRUMS = track("drums", "Drums", (Note(0.0, 0.1, 36, 110), Note(0.5, 0.6, 38, 90)), is_drums=True)
BASS = track("bass", "Bass", (Note(0.0, 0.45, 40, 100), Note(0.5, 0.9, 43, 80)), (Bend(0.1, 0.5), Bend(0.5, 0.0)), 33)
REQUEST = Request("test-0001", "midi_file", (ItemRequest(AudioSpan(Path("/a.wav")), "a"),))


def _host(folder: Path) -> MidiFile:
    context = Context(model=lambda name: folder / name, cache=folder, home=folder)
    return MidiFile(MidiFile.Options(), context)


def _read(score: Score, name: str) -> Any:
    return mido.MidiFile(file=io.BytesIO(to_midi(score, name)), charset="utf-8")


def test_time_signatures_keep_their_lower_number() -> None:
    tempo = TempoMap((TempoPoint(0.0, 90.0, 6, 8), TempoPoint(4.0, 120.0, 7, 8), TempoPoint(7.5, 120.0, 3)))
    file = _read(Score((DRUMS,), 9.0, tempo), "x")
    signs = [(m.numerator, m.denominator) for m in file.tracks[0] if m.type == "time_signature"]
    assert signs == [(6, 8), (7, 8), (3, 4)]


def _events(file: Any, track: int) -> Iterator[tuple[float, Any]]:
    """(seconds, message) of a track, timed by the file's own tempo events."""
    changes, tick = [], 0
    for message in file.tracks[0]:
        tick += message.time
        if message.type == "set_tempo":
            changes.append((tick, message.tempo))
    tick = 0
    for message in file.tracks[track]:
        tick += message.time
        seconds, last, tempo = 0.0, 0, 500_000
        for at, new in changes:
            if at > tick:
                break
            seconds += (at - last) * tempo / 1e6 / file.ticks_per_beat
            last, tempo = at, new
        yield seconds + (tick - last) * tempo / 1e6 / file.ticks_per_beat, message


def _notes(file: Any, track: int) -> list[tuple[float, float, int, int]]:
    """(onset, offset, pitch, velocity); fails where a key is struck that is down, or never released."""
    down: dict[int, tuple[float, int]] = {}
    notes = []
    for seconds, message in _events(file, track):
        if message.type == "note_on" and message.velocity:
            assert message.note not in down, "struck while it was down"
            down[message.note] = (seconds, message.velocity)
        elif message.type in ("note_on", "note_off"):
            onset, velocity = down.pop(message.note)
            assert seconds > onset
            notes.append((onset, seconds, message.note, velocity))
    assert not down, "never released"
    return sorted(notes)


def _written(score: Score, folder: Path, name: str = "Song") -> Any:
    write_midi(score, name, folder / "song.mid")
    return mido.MidiFile(folder / "song.mid", charset="utf-8", clip=False)


def test_layout(tmp_path: Path) -> None:
    file = _written(Score((DRUMS, BASS), 2.0, TempoMap.constant(100.0)), tmp_path, "Übung – 1")
    assert file.type == 1
    assert [t.name for t in file.tracks] == ["Übung – 1", "Drums", "Bass"]
    conductor = {m.type: m for m in file.tracks[0]}
    assert conductor["set_tempo"].tempo == 600_000
    assert (conductor["time_signature"].numerator, conductor["time_signature"].denominator) == (4, 4)
    assert not [m for m in file.tracks[0] if not m.is_meta]
    assert {m.channel for m in file.tracks[1] if not m.is_meta} == {9}
    assert {m.channel for m in file.tracks[2] if not m.is_meta} == {0}
    assert [m.program for m in file.tracks[2] if m.type == "program_change"] == [33]
    assert [n[2:] for n in _notes(file, 1)] == [(36, 110), (38, 90)]
    # Every track is as long as the item, so that a DAW's item covers the same span.
    assert [round(list(_events(file, i))[-1][0], 3) for i in range(3)] == [2.0, 2.0, 2.0]


def test_bends_have_their_range_first(tmp_path: Path) -> None:
    file = _written(Score((DRUMS, BASS), 2.0), tmp_path)
    bass = [m for _, m in _events(file, 2) if m.type in ("control_change", "pitchwheel", "note_on")]
    assert [(m.control, m.value) for m in bass[:4]] == [(101, 0), (100, 0), (6, 12), (38, 0)]
    wheel = [(round(s, 3), m.pitch) for s, m in _events(file, 2) if m.type == "pitchwheel"]
    # At rest from the start, wherever another item left it.
    assert wheel == [(0.0, 0), (0.1, round(0.5 / 12 * 8192)), (0.5, 0)]
    # The wheel is back before the note of the same moment sounds.
    order = [m.type for s, m in _events(file, 2) if round(s, 3) == 0.5]
    assert order == ["pitchwheel", "note_on"]
    assert not [m for m in file.tracks[1] if m.type in ("control_change", "pitchwheel")]


def test_a_bend_at_the_start_is_the_first_place_of_the_wheel(tmp_path: Path) -> None:
    part = track("vocals", "Vocals", (Note(0, 1, 60, 90),), (Bend(0.0, -1.0),))
    file = _written(Score((part,), 1.0), tmp_path)
    assert [(s, m.pitch) for s, m in _events(file, 1) if m.type == "pitchwheel"] == [(0.0, round(-8192 / 12))]


def test_bends_beyond_the_range_are_held_at_its_end(tmp_path: Path) -> None:
    part = track("vocals", "Vocals", (Note(0, 1, 60, 90),), (Bend(0.1, 30.0), Bend(0.2, -30.0)))
    file = _written(Score((part,), 1.0), tmp_path)
    assert [m.pitch for m in file.tracks[1] if m.type == "pitchwheel"] == [0, 8191, -8192]


@pytest.mark.parametrize(
    "tempo",
    [
        TempoMap(),
        TempoMap.constant(30.0),
        TempoMap.constant(299.7),
        TempoMap.constant(119.987),
        TempoMap.from_points(
            [TempoPoint(0, 137.31, 3)] + [TempoPoint(i * 2.03, 90 + i % 7 * 8.3) for i in range(1, 900)]
        ),
    ],
    ids=["default", "slow", "fast", "odd", "900 changes"],
)
@pytest.mark.first_is_enough
def test_notes_stay_where_they_sound_to_the_millisecond(tempo: TempoMap, tmp_path: Path) -> None:
    rng = random.Random(5)
    onsets = [i * 3.6 + rng.random() for i in range(1000)]
    notes = tuple(Note(t, t + rng.uniform(0.05, 2.0), 40 + i % 40, 1 + i % 127) for i, t in enumerate(onsets))
    file = _written(Score((track("other", "Other", notes),), 3700.0, tempo), tmp_path)
    read = _notes(file, 1)
    assert len(read) == len(notes)
    limit = 0.0011 if tempo.points[0].bpm == 30 else 0.0005
    for note, (onset, offset, pitch, velocity) in zip(notes, read, strict=True):
        assert abs(onset - note.onset_s) < limit and abs(offset - note.offset_s) < limit
        assert (pitch, velocity) == (note.pitch, note.velocity)


def test_beats_of_the_map_are_beats_of_the_file(tmp_path: Path) -> None:
    tempo = TempoMap.from_points([TempoPoint(0, 150.0, 1), TempoPoint(0.4, 113.3, 4), TempoPoint(9.0, 97.0)])
    beats = tuple(Note(tempo.to_s(q), tempo.to_s(q) + 0.1, 60, 90) for q in range(20))
    file = _written(Score((track("other", "Other", beats),), 12.0, tempo), tmp_path)
    ticks, now = [], 0
    for message in file.tracks[1]:
        now += message.time
        if message.type == "note_on":
            ticks.append(now)
    assert all(abs(t - q * file.ticks_per_beat) <= 1 for q, t in enumerate(ticks))
    signs = [m for m in file.tracks[0] if m.type == "time_signature"]
    assert [m.numerator for m in signs] == [1, 4]


def test_a_key_is_released_before_it_is_struck_again(tmp_path: Path) -> None:
    notes = (
        Note(0.0, 1.0, 60, 50),
        Note(0.5, 1.5, 60, 60),  # struck while down
        Note(1.5, 2.0, 60, 70),  # struck the moment it is released
        Note(1.50001, 2.5, 60, 90),  # the same moment, as far as ticks can tell
        Note(3.0, 3.00001, 60, 80),  # shorter than a tick
    )
    file = _written(Score((track("piano", "Piano", notes),), 4.0), tmp_path)
    read = [(round(a, 2), round(b, 2), v) for a, b, _, v in _notes(file, 1)]
    assert read == [(0.0, 0.5, 50), (0.5, 1.5, 60), (1.5, 2.5, 90), (3.0, 3.0, 80)]


def test_seventeen_parts_never_play_on_the_drum_channel(tmp_path: Path) -> None:
    parts = tuple(track("other", f"Part {i}", (Note(0, 1, 60, 90),)) for i in range(17))
    file = _written(Score((DRUMS, *parts), 1.0), tmp_path)
    channels = [{m.channel for m in t if not m.is_meta} for t in file.tracks[1:]]
    assert channels[0] == {9} and all(c != {9} for c in channels[1:])
    assert len({c.pop() for c in channels[1:16]}) == 15


def test_no_parts_is_a_file_with_a_conductor_track(tmp_path: Path) -> None:
    file = _written(Score((), 3.0), tmp_path)
    assert len(file.tracks) == 1
    assert file.length == pytest.approx(3.0, abs=0.001)


def test_deliver_writes_a_file_per_item_and_hands_the_items_on(tmp_path: Path) -> None:
    host = _host(tmp_path)
    assert isinstance(host, Host)
    names = ["Song", "song", "../../etc/passwd", "a\0b\nc", "", "x" * 400, "Übung 日本"]
    items = [ItemResult(n, Score((BASS,), 2.0)) for n in names]
    folder = tmp_path / "out"
    delivered = host.deliver(items, REQUEST, folder)
    paths = [i.midi for i in delivered if i.midi]
    assert [i.name for i in delivered] == names
    assert all(p.parent == folder and p.is_file() for p in paths)
    # Told apart also where capitals are not.
    assert len({p.name.casefold() for p in paths}) == len(names)
    assert {p.name for p in folder.iterdir() if p.is_file()} == {p.name for p in paths}
    assert paths[0].name == "Song.mid"


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with raises_code("output-unwritable"):
        write_midi(Score((BASS,), 2.0), "Song", tmp_path / "file" / "song.mid")
    (tmp_path / "song.mid").mkdir()
    with raises_code("output-unwritable"):
        write_midi(Score((BASS,), 2.0), "Song", tmp_path / "song.mid")
    assert {p.name for p in tmp_path.iterdir()} == {"file", "song.mid"}


def test_hostile_names_stay_names() -> None:
    file = _read(Score((), 1.0), "a\nb\x00c \ud800")
    assert "\n" not in file.tracks[0].name and "\0" not in file.tracks[0].name


FULL = Score(
    (replace(DRUMS, pieces={36: "kick", 38: "snare", 42: "closed hat"}), BASS), 8.0, TempoMap.constant(120.0),
    keys=(Key(0.4, 6.0, 6, minor=True), Key(6.0, 8.0, 8, minor=False)),
    chords=(Chord(0.0, 2.0, "F#m"), Chord(2.0, 4.0, "F#m"), Chord(4.0, 6.0, "N"), Chord(6.0, 8.0, "D")),
    sections=(Section(0.0, 6.0, "Verse"), Section(6.0, 8.0, "Chorus")),
)  # fmt: skip


def test_sections_chords_and_key_are_named(tmp_path: Path) -> None:
    file = _written(FULL, tmp_path)
    markers = [(round(s, 3), m.text) for s, m in _events(file, 0) if m.type == "marker"]
    assert markers == [(0.0, "Verse"), (0.0, "F#m"), (6.0, "Chorus"), (6.0, "D")]
    keys = [(round(s, 3), m.key) for s, m in _events(file, 0) if m.type == "key_signature"]
    assert keys == [(0.0, "F#m"), (6.0, "Ab")]


@pytest.mark.parametrize("minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_has_a_signature(tonic: int, minor: bool, tmp_path: Path) -> None:
    key = Key(0.0, 1.0, tonic, minor)
    file = _written(Score((BASS,), 1.0, keys=(key,)), tmp_path)
    (written,) = [m.key for m in file.tracks[0] if m.type == "key_signature"]
    letters = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    assert (letters[written[0]] + written.count("#") - written.count("b")) % 12 == tonic
    assert written.endswith("m") == minor


def test_the_keys_of_drums_are_named_where_they_are_known(tmp_path: Path) -> None:
    file = _written(FULL, tmp_path)
    assert [[m.text for m in t if m.type == "text"] for t in file.tracks] == [[], ["36 kick, 38 snare"], []]


def test_nothing_is_added_that_is_not_known(tmp_path: Path) -> None:
    file = _written(Score((DRUMS, BASS), 2.0), tmp_path)
    kinds = {m.type for t in file.tracks for m in t}
    assert not kinds & {"text", "marker", "key_signature"}


def test_every_part_is_a_file_of_its_own_and_those_of_before_go(tmp_path: Path) -> None:
    item = ItemResult("Song", FULL)
    (made,) = _host(tmp_path).deliver([item], REQUEST, tmp_path)
    assert made.extra["part_files"] == ["parts/Drums.mid", "parts/Bass.mid"]
    whole, bass = mido.MidiFile(tmp_path / "song.mid"), mido.MidiFile(tmp_path / "parts" / "Bass.mid")
    assert [t.name for t in bass.tracks] == ["Song", "Bass"]
    assert _notes(bass, 1) == _notes(whole, 2)
    assert [m for m in bass.tracks[0] if m.is_meta] == [m for m in whole.tracks[0] if m.is_meta]
    _host(tmp_path).deliver([ItemResult("Song", replace(FULL, parts=(DRUMS,)))], REQUEST, tmp_path)
    assert [p.name for p in (tmp_path / "parts").iterdir()] == ["Drums.mid"]


def test_parts_of_several_items_and_of_one_name_do_not_meet(tmp_path: Path) -> None:
    item = ItemResult("a/b", replace(FULL, parts=(BASS, BASS)))
    made = _host(tmp_path).deliver([item, item], REQUEST, tmp_path)
    names = [name for one in made for name in one.extra["part_files"]]
    assert len({n.casefold() for n in names}) == 4
    assert all((tmp_path / n).is_file() for n in names)
