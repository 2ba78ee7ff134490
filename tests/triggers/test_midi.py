"""MIDI through real ports: JACK's dummy driver gives rtmidi ports without hardware."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import mido
import pytest

from bridge.midi.playback import ClockFollower, Event, follow, play
from bridge.midi.ports import find_port, midi_backend
from bridge.plugins.interfaces import Context
from bridge.triggers import midi
from bridge.triggers.midi import Gesture, parse_gesture
from tests.raising import raises_code
from tests.support import PATIENCE_S, Home, wait_for

pytestmark = pytest.mark.slow

SERVER = f"dawscribe-test-{os.getpid()}"
CLOCKS = 24
TRIES = 20
MAX_ROLL_QN = 20
"""Quarter notes that a DAW rolls while nothing sounds."""


@pytest.fixture
def jack(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A JACK server without hardware; the name of its API for mido."""
    if not shutil.which("jackd"):
        pytest.skip("jackd is not here; 'sh install/check.sh' installs it")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", SERVER)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    # Cycles of 21 ms: in shorter ones a busy machine comes late, and JACK drops what is in them.
    command = ["jackd", "--no-realtime", "-n", SERVER, "-d", "dummy", "-r", "48000", "-p", "1024"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: subprocess.run(["jack_lsp"], capture_output=True, check=False).returncode == 0, "JACK's start")
    yield "UNIX_JACK"
    server.terminate()
    server.wait()


def midi_home(tmp_path: Path, api: str) -> Home:
    config = f'[triggers.osc]\nenabled = false\n[triggers.midi]\nenabled = true\napi = "{api}"\nhost = "reaper"\n'
    return Home(tmp_path / "home", config + 'transcribe = "note 60"\ncancel = "cc 20 channel 3"\n')


def open_output(backend: Any, name: str) -> Any:
    wait_for(lambda: any(name in n for n in backend.get_output_names()), f"the port {name}")
    return backend.open_output(find_port(name, backend.get_output_names()))


def press(port: Any, message: mido.Message, obeyed: Callable[[], object], what: str) -> None:
    """Send a message, and again every second until it is obeyed: JACK gives no promise for a single one."""
    for _ in range(int(PATIENCE_S)):
        port.send(message)
        with suppress(AssertionError):
            wait_for(obeyed, what, patience_s=1.0)
            return
    pytest.fail(f"{what} did not happen")


def test_a_note_asks_reaper_for_its_selection(jack: str, tmp_path: Path) -> None:
    home = midi_home(tmp_path, jack)
    home.start()
    try:
        with open_output(midi_backend(jack), "dawscribe") as pad:
            time.sleep(0.2)
            pad.send(mido.Message("note_on", note=59))
            pad.send(mido.Message("note_on", note=60, velocity=0))
            time.sleep(0.3)
            command = home.folder / "commands" / "reaper.json"
            assert not command.exists()
            press(pad, mido.Message("note_on", note=60), command.exists, "the command for REAPER")
    finally:
        home.kill()


def test_a_controller_cancels_the_running_job(jack: str, tmp_path: Path, wav: Path) -> None:
    home = midi_home(tmp_path, jack)
    with (home.folder / "config.toml").open("a") as f:
        f.write("[separators.fake]\nseconds = 30.0\n")
    home.start()
    try:
        job = home.submit(home.request("midi-0001", wav))
        wait_for(lambda: home.status(job).get("stage") == "separate", "the separation")
        with open_output(midi_backend(jack), "dawscribe") as pedal:
            time.sleep(0.2)
            pressed = mido.Message("control_change", channel=2, control=20, value=127)
            press(pedal, pressed, lambda: home.status(job)["state"] == "cancelled", "the cancelling")
    finally:
        home.kill()


def test_play_sends_a_result_in_time(jack: str, tmp_path: Path, home: Home, wav: Path) -> None:
    home.configure(f'[triggers.osc]\nenabled = false\n[triggers.midi]\napi = "{jack}"\n')
    home.run("transcribe", wav, "-o", tmp_path / "out")
    written = [m for m in mido.MidiFile(tmp_path / "out" / "song.mid") if m.type == "note_on" and m.velocity > 0]
    command = [sys.executable, "-m", "bridge", "play", str(tmp_path / "out" / "song.mid"), "--port", "RtMidiIn"]
    with midi_backend(jack).open_input("recorder", virtual=True) as recorder:
        # A busy machine comes too late for JACK's cycles, and what is in them is lost: again, until all come through.
        for _ in range(TRIES):
            subprocess.run(command, env=home.env, check=True, timeout=60, stdout=subprocess.DEVNULL)
            heard = [m for m in recorder.iter_pending() if m.type == "note_on" and m.velocity > 0]
            if len(heard) == len(written):
                break
    assert [(m.channel, m.note) for m in heard] == [(m.channel, m.note) for m in written]
    assert len(heard) > 4


def heard_notes(recorder: Any) -> list[int]:
    """The keys struck since the last call."""
    return [m.note for m in recorder.iter_pending() if m.type == "note_on" and m.velocity > 0]


def roll(clock: Any, recorder: Any) -> list[int]:
    """A DAW that plays at 240 BPM from quarter note 2 until something sounds, and stops; the keys that sounded."""
    time.sleep(0.3)
    clock.send(mido.Message("songpos", pos=8))
    clock.send(mido.Message("continue"))
    heard: list[int] = []
    # JACK drops what a busy machine is late with: clocks that are lost make the DAW slower, no more.
    for _ in range(CLOCKS * MAX_ROLL_QN):
        clock.send(mido.Message("clock"))
        time.sleep(60 / 240 / CLOCKS)
        heard += heard_notes(recorder)
        if heard:
            break
    time.sleep(0.2)
    clock.send(mido.Message("stop"))
    return heard + heard_notes(recorder)


def test_play_follows_a_clock(jack: str, tmp_path: Path, home: Home) -> None:
    """A clock at 240 BPM that starts at quarter note 2: the note at 3 sounds, the one at 1 does not."""
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    midi.tracks.append(track)
    for qn in (1, 3):
        track.append(mido.Message("note_on", note=60 + qn, velocity=90, time=480 if qn == 1 else 480 * 2 - 100))
        track.append(mido.Message("note_off", note=60 + qn, time=100))
    midi.save(tmp_path / "two.mid")
    home.configure(f'[triggers.osc]\nenabled = false\n[triggers.midi]\napi = "{jack}"\n')
    backend = midi_backend(jack)
    with backend.open_input("recorder", virtual=True) as recorder:
        command = [sys.executable, "-m", "bridge", "play", str(tmp_path / "two.mid"), "--port", "RtMidiIn", "--clock"]
        player = subprocess.Popen(command, env=home.env, stdout=subprocess.PIPE, text=True)
        try:
            with open_output(backend, "dawscribe clock") as clock:
                assert player.stdout is not None
                assert "Following the clock" in player.stdout.readline()
                # The song position may be lost as well: the DAW starts again from there.
                for _ in range(TRIES):
                    heard = roll(clock, recorder)
                    if heard == [63]:
                        break
        finally:
            player.send_signal(signal.SIGINT)
            player.communicate(timeout=30)
    assert heard == [63]


class Desk:
    """A desk whose DAW does not answer before it is cancelled."""

    def __init__(self) -> None:
        self.asked = 0
        self.cancelled = asyncio.Event()

    async def request_selected(self, host: str, options: Any) -> None:
        self.asked += 1
        await self.cancelled.wait()

    def cancel(self, job_id: str | None) -> list[str]:
        self.cancelled.set()
        return []


class OnePort:
    """A MIDI library with one port; what is played on it is heard by whoever opened it."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.open = names, 0

    def open_input(self, name: str, callback: Callable[[Any], object], virtual: bool = False) -> Any:
        self.play = callback
        self.open += 1
        return self

    def get_input_names(self) -> list[str]:
        return self.names

    def close(self) -> None:
        self.open -= 1


def test_a_cancel_waits_for_no_daw_and_for_no_clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library, desk = OnePort([]), Desk()
    monkeypatch.setattr(midi, "midi_backend", lambda api: library)

    async def life() -> None:
        trigger = midi.MidiTrigger(midi.MidiTrigger.Options(), Context(lambda n: tmp_path, tmp_path, tmp_path))
        running = asyncio.create_task(trigger.run(desk))  # type: ignore[arg-type]  # what a gesture asks for
        while not library.open:
            await asyncio.sleep(0.01)
        library.play(mido.Message("note_on", note=60))
        while not desk.asked:
            await asyncio.sleep(0.01)
        for _ in range(1000):
            library.play(mido.Message("clock"))
        library.play(mido.Message("note_on", note=61))
        await asyncio.wait_for(desk.cancelled.wait(), PATIENCE_S)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(life())
    assert library.open == 0


def test_a_pad_that_is_not_there_leaves_no_port_open(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    library = OnePort(["piano"])
    monkeypatch.setattr(midi, "midi_backend", lambda api: library)
    options = midi.MidiTrigger.Options(port="pad")
    trigger = midi.MidiTrigger(options, Context(lambda n: tmp_path, tmp_path, tmp_path))
    with raises_code("midi-port-unknown"):
        asyncio.run(trigger.run(Desk()))  # type: ignore[arg-type]
    assert library.open == 0


def test_gestures_are_parsed_and_matched() -> None:
    assert parse_gesture("cc 20 channel 16") == Gesture("cc", 20, 15)
    assert parse_gesture("") is None
    for wrong in ("note", "note x", "note 128", "knob 3", "note 60 channel 17", "note 60 60"):
        with raises_code("midi-gesture-invalid"):
            parse_gesture(wrong)
    assert Gesture("program", 5).matches(mido.Message("program_change", program=5))
    assert not Gesture("cc", 20).matches(mido.Message("control_change", control=20, value=10))


def test_a_port_that_is_not_there_is_a_sentence() -> None:
    with raises_code("midi-port-unknown"):
        find_port("x", ["a", "b"])


def test_the_follower_counts_clocks_and_stands_still_when_they_stop() -> None:
    clock = ClockFollower()
    assert clock.position(0.0) is None
    clock.feed(mido.Message("start"), 0.0)
    for number in range(CLOCKS + 1):
        clock.feed(mido.Message("clock"), number * 0.02)
    now = CLOCKS * 0.02
    assert clock.position(now) == pytest.approx(1.0)
    halfway = clock.position(now + 0.01)
    assert halfway == pytest.approx(1.0 + 0.5 / CLOCKS, abs=0.002)
    assert clock.position(now + 60.0) == pytest.approx(1.0 + 1 / CLOCKS)
    clock.feed(mido.Message("stop"), now)
    assert clock.position(now) is None


def test_clocks_that_come_in_one_go_are_counted() -> None:
    clock = ClockFollower()
    clock.feed(mido.Message("start"), 5.0)
    for _ in range(CLOCKS + 1):
        clock.feed(mido.Message("clock"), 5.0)
    assert clock.position(5.0) == pytest.approx(1.0)


def test_own_time_sends_everything_in_order_and_ends_silent() -> None:
    sent: list[Any] = []
    events = [Event(0.0, mido.Message("note_on", note=1)), Event(0.02, mido.Message("note_off", note=1))]
    play(events, sent.append, lambda: False)
    assert [m.type for m in sent[:2]] == ["note_on", "note_off"]
    assert all(m.control == 123 for m in sent[2:])


def test_a_jump_prepares_programs_but_plays_no_past_notes() -> None:
    sent: list[Any] = []
    events = [
        Event(0.0, mido.Message("program_change", program=33)),
        Event(1.0, mido.Message("note_on", note=40)),
        Event(4.0, mido.Message("note_on", note=44)),
    ]
    script = iter([[mido.Message("songpos", pos=16), mido.Message("continue"), mido.Message("clock")]])
    rounds = iter(range(5))
    follow(events, sent.append, lambda: next(script, []), lambda: next(rounds, None) is None)
    assert [m.type for m in sent if m.type != "control_change"] == ["program_change", "note_on"]
    assert [m.note for m in sent if m.type == "note_on"] == [44]
