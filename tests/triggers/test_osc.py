"""OSC through real sockets and a real daemon: python-osc's packets, and liblo's own oscsend and oscdump."""

from __future__ import annotations

import random
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.errors import InputError
from bridge.plugins.interfaces import Context
from bridge.triggers.osc import OscTrigger
from bridge.triggers.osc.arguments import parse_options, transcribe_request
from tests.raising import raises_code
from tests.support import Home, wait_for

PACKETS = 10_000


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Controller:
    """A controller on the other end of the line."""

    opened: ClassVar[list[socket.socket]] = []

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(30)
        self.opened.append(self._socket)
        self._target = ("127.0.0.1", port)

    def send(self, address: str, *arguments: Any) -> None:
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        self._socket.sendto(builder.build().dgram, self._target)

    def send_raw(self, data: bytes) -> None:
        self._socket.sendto(data, self._target)

    def receive(self) -> tuple[Any, ...]:
        message = OscMessage(self._socket.recv(65536))
        return (message.address, *message.params)

    def receive_until(self, address: str) -> list[tuple[Any, ...]]:
        """Everything up to and with the first message at ``address``."""
        got = [self.receive()]
        while got[-1][0] != address:
            got.append(self.receive())
        return got


@pytest.fixture
def osc_home(tmp_path: Path) -> Iterator[tuple[Home, int]]:
    port = free_port()
    home = Home(tmp_path / "home", f"[triggers.osc]\nport = {port}\n")
    home.start()
    yield home, port
    home.kill()
    while Controller.opened:
        Controller.opened.pop().close()


def test_ping_transcribe_and_list(osc_home: tuple[Home, int], wav: Path) -> None:
    _, port = osc_home
    controller = Controller(port)
    controller.send("/dawscribe/ping")
    assert controller.receive()[0] == "/dawscribe/pong"
    controller.send("/dawscribe/transcribe", str(wav), 0.5, 1.0, "stems=drums,bass")
    heard = controller.receive_until("/dawscribe/done")
    assert heard[0][0] == "/dawscribe/queued"
    progress = [m for m in heard if m[0] == "/dawscribe/progress"]
    assert progress
    assert all(0.0 <= m[2] <= 1.0 for m in progress)
    job, folder = heard[-1][1:]
    assert heard[0][1] == job
    assert (Path(folder) / "result.json").exists()
    controller.send("/dawscribe/jobs")
    listed = controller.receive_until("/dawscribe/jobs/end")
    assert [m[1:3] for m in listed[:-1]] == [(job, "done")]


def test_errors_are_sentences(osc_home: tuple[Home, int], tmp_path: Path) -> None:
    _, port = osc_home
    controller = Controller(port)
    for address, arguments, expected in (
        ("/dawscribe/transcribe", (), "the path of an audio file"),
        ("/dawscribe/transcribe", (42,), "the path of an audio file"),
        ("/dawscribe/transcribe", ("relative.wav",), "give the full path"),
        ("/dawscribe/transcribe", (str(tmp_path / "none.wav"),), "There is no audio file"),
        ("/dawscribe/transcribe", (str(tmp_path), 0.0, 0.0, "stems"), "key=value"),
        ("/dawscribe/transcribe/selected", ("cubase",), "There is no DAW called"),
        ("/dawscribe/cancel", (), "Nothing is being transcribed"),
        ("/dawscribe/cancel", ("no-such-job-1",), "There is no job"),
        ("/dawscribe/nothing", (), "There is no command"),
    ):
        controller.send(address, *arguments)
        message = controller.receive_until("/dawscribe/error")[-1]
        assert expected in message[2], message
        assert message[2].endswith(".")


def test_cancel_by_osc(osc_home: tuple[Home, int], wav: Path) -> None:
    home, port = osc_home
    home.configure(f"[separators.fake]\nseconds = 30.0\n[triggers.osc]\nport = {port}\n")
    controller = Controller(port)
    controller.send("/dawscribe/transcribe", str(wav))
    job = controller.receive_until("/dawscribe/progress")[-1][1]
    controller.send("/dawscribe/cancel", job)
    assert controller.receive_until("/dawscribe/cancelled")[-1][1] == job


@pytest.mark.slow
def test_a_button_cancels_when_it_is_pressed_and_does_nothing_when_let_go(
    osc_home: tuple[Home, int], wav: Path
) -> None:
    home, port = osc_home
    home.configure(f"[separators.fake]\nseconds = 30.0\n[triggers.osc]\nport = {port}\n")
    controller = Controller(port)
    controller.send("/dawscribe/transcribe", str(wav))
    job = controller.receive_until("/dawscribe/progress")[-1][1]
    controller.send("/dawscribe/cancel", 0.0)
    controller.send("/dawscribe/ping")
    controller.receive_until("/dawscribe/pong")
    assert not (home.folder / "jobs" / job / "cancel").exists()
    controller.send("/dawscribe/cancel", 1.0)
    assert controller.receive_until("/dawscribe/cancelled")[-1][1] == job


@pytest.mark.slow
def test_values_that_no_file_can_hold_leave_nothing_behind(osc_home: tuple[Home, int], wav: Path) -> None:
    home, port = osc_home
    controller = Controller(port)
    for value in ("NaN", "Infinity", "1e999", '"\\ud800"'):
        controller.send("/dawscribe/transcribe", str(wav), 0.0, 0.0, f"quantise_strength={value}")
        sentence = controller.receive_until("/dawscribe/error")[-1][2]
        assert "quantise_strength" in sentence
    assert not list((home.folder / "jobs").glob(".*"))


def own_address() -> str:
    """This machine's address on its network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no network")
        return str(s.getsockname()[0])


@pytest.mark.slow
def test_answers_reach_another_address_while_only_this_machine_is_heard(tmp_path: Path) -> None:
    """The tablet stands in for one on the network: what comes from a loopback address never leaves a machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tablet:
        tablet.bind((own_address(), 0))
        tablet.settimeout(30)
        address, tablet_port = tablet.getsockname()
        port = free_port()
        home = Home(tmp_path / "home", f'[triggers.osc]\nport = {port}\nreply = "{address}:{tablet_port}"\n')
        home.start()
        try:
            Controller(port).send("/dawscribe/ping")
            data, sender = tablet.recvfrom(65536)
            assert OscMessage(data).address == "/dawscribe/pong"
            assert not sender[0].startswith("127.")
        finally:
            home.kill()


@pytest.mark.slow
def test_a_port_that_is_taken_is_tried_again(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        home = Home(tmp_path / "home", f"[triggers.osc]\nport = {port}\n")
        home.start()
        try:
            wait_for(lambda: "tried again" in home.beat()["triggers"]["osc"], "the sentence")
            other.close()
            wait_for(lambda: home.beat()["triggers"]["osc"] == "listening", "the next try")
            controller = Controller(port)
            controller.send("/dawscribe/ping")
            assert controller.receive()[0] == "/dawscribe/pong"
        finally:
            home.kill()


@pytest.mark.slow
def test_liblo_understands_us(osc_home: tuple[Home, int], wav: Path) -> None:
    """The reference implementation's own programs, over real sockets."""
    if not shutil.which("oscsend"):
        pytest.skip("liblo's tools are not here; 'sh install/check.sh' installs them")
    home, port = osc_home
    home.kill()
    answers = free_port()
    home.configure(f'[triggers.osc]\nport = {port}\nreply = "127.0.0.1:{answers}"\n')
    home.start()
    with oscdump(answers) as lines:

        def pong() -> bool:
            # oscdump does not say when it listens, so the ping is repeated until the answer is seen.
            subprocess.run(["oscsend", "localhost", str(port), "/dawscribe/ping"], check=True)
            return "/dawscribe/pong" in "".join(lines())

        wait_for(pong, "an answer in oscdump")
        subprocess.run(
            ["oscsend", "localhost", str(port), "/dawscribe/transcribe", "sffs", str(wav), "0", "0", "stems=bass"],
            check=True,
        )
        wait_for(lambda: "/dawscribe/done" in "".join(lines()), "the job's end in oscdump")
        seen = "".join(lines())
    assert re.search(r"/dawscribe/pong s \"", seen), seen
    assert re.search(r"/dawscribe/progress sfsf \"osc-[0-9a-f-]+\" ", seen), seen


@contextmanager
def oscdump(port: int) -> Iterator[Any]:
    process = subprocess.Popen(
        ["stdbuf", "-oL", "oscdump", str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    got: list[str] = []
    import threading

    reader = threading.Thread(target=lambda: got.extend(iter(process.stdout.readline, "")), daemon=True)  # type: ignore[union-attr]
    reader.start()
    try:
        yield lambda: got
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def malformed(rng: random.Random, number: int) -> bytes:
    """One bad packet of many kinds."""
    kind = number % 8
    good = OscMessageBuilder("/dawscribe/transcribe")
    good.add_arg("/nowhere/x.wav")
    good.add_arg(1.0)
    data: bytes = good.build().dgram
    if kind == 0:
        return rng.randbytes(rng.randrange(0, 200))
    if kind == 1:
        return data[: rng.randrange(len(data))]
    if kind == 2:
        flipped = bytearray(data)
        for _ in range(4):
            flipped[rng.randrange(len(flipped))] = rng.randrange(256)
        return bytes(flipped)
    if kind == 3:
        return b"#bundle\0" + rng.randbytes(8) + struct.pack(">i", rng.randrange(-(2**31), 2**31)) + data
    if kind == 4:
        return b"/dawscribe/cancel\0\0\0,s\0\0" + b"../../etc/passwd\0\0\0\0"
    if kind == 5:
        return b"/dawscribe/ping\0," + b"[" * rng.randrange(1, 300) + b"\0\0\0\0"
    if kind == 6:
        inner = data
        for _ in range(rng.randrange(1, 40)):
            inner = b"#bundle\0" + bytes(8) + struct.pack(">i", len(inner)) + inner
        return inner[:60000]
    return b"/dawscribe/transcribe\0\0\0,b\0\0" + struct.pack(">i", 2**31 - 1) + b"x" * 20


@pytest.mark.slow
def test_ten_thousand_malformed_packets(osc_home: tuple[Home, int]) -> None:
    home, port = osc_home
    pid = home.beat()["pid"]
    flood = Controller(port)
    rng = random.Random(1)
    control = Controller(port)
    early = 0
    for number in range(PACKETS):
        flood.send_raw(malformed(rng, number))
        if number % 20 == 0:
            # The socket's buffer is finite: a ping keeps the flood to what the daemon has really read.
            control.send("/dawscribe/ping")
            control.receive_until("/dawscribe/pong")
        if number == PACKETS // 5:
            early = memory_kb(pid)
    control.send("/dawscribe/ping")
    assert control.receive()[0] == "/dawscribe/pong"
    assert home.beat()["pid"] == pid
    assert memory_kb(pid) < early + 10_000, "the daemon's memory grew under the flood"
    outside = [p for p in home.folder.parent.iterdir() if p.name != "home"]
    assert not outside, outside


def memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    return int(found[1])


def test_other_machines_need_a_list(tmp_path: Path) -> None:
    context = Context(lambda name: tmp_path, tmp_path, tmp_path)
    with raises_code("osc-open-to-others"):
        OscTrigger(OscTrigger.Options(host="0.0.0.0"), context)
    OscTrigger(OscTrigger.Options(host="0.0.0.0", allow=("192.168.1.20",)), context)
    with raises_code("osc-allow-invalid"):
        OscTrigger(OscTrigger.Options(host="0.0.0.0", allow=("tablet",)), context)


@pytest.mark.slow
def test_a_network_may_send_and_others_may_not(tmp_path: Path) -> None:
    mine = own_address()
    for network, heard in ((f"{mine}/24", True), ("203.0.113.0/24", False)):
        port = free_port()
        home = Home(
            tmp_path / network.replace("/", "-"),
            f'[triggers.osc]\nport = {port}\nhost = "0.0.0.0"\nallow = ["{network}"]\n',
        )
        home.start()
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tablet:
                tablet.bind((mine, 0))
                tablet.settimeout(30 if heard else 1)
                tablet.sendto(OscMessageBuilder("/dawscribe/ping").build().dgram, (mine, port))
                if heard:
                    assert OscMessage(tablet.recv(65536)).address == "/dawscribe/pong"
                else:
                    with pytest.raises(TimeoutError):
                        tablet.recv(65536)
        finally:
            home.kill()


def test_options_are_key_value_strings() -> None:
    assert parse_options(["quantise=1/16", "quantise_strength=0.5", "keep_stems=false", "stems=drums,bass"]) == {
        "quantise": "1/16",
        "quantise_strength": 0.5,
        "keep_stems": False,
        "stems": ["drums", "bass"],
    }
    assert parse_options(["transcriber.bass=notes"]) == {"transcribers": {"bass": "notes"}}
    assert parse_options(["stems=drums, bass,", "find_tempo=Off", "keep_stems = 1"]) == {
        "stems": ["drums", "bass"],
        "find_tempo": False,
        "keep_stems": True,
    }
    with raises_code("option-not-key-value"):
        parse_options([3])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("quantize=1/16", 'no option "quantize"; did you mean "quantise"'),
        ("transcriber.vocal=notes", 'did you mean "transcriber.vocals"'),
        ("transcribers=notes", 'no option "transcribers"'),
        ("loudness=3", "docs/osc-midi.md tells of them"),
        ("keep_stems=perhaps", "send keep_stems=on or keep_stems=off"),
    ],
)
def test_an_option_that_is_none_is_refused_and_the_nearest_named(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_options([text])


def test_a_request_by_osc_takes_path_start_length() -> None:
    request = transcribe_request(["/a/b.wav", 1, 2.5])
    assert request["items"][0]["audio"] == {"path": "/a/b.wav", "start_s": 1.0, "length_s": 2.5}
    assert transcribe_request(["/a/b.wav"])["items"][0]["audio"]["length_s"] is None
    for wrong in (float("nan"), float("inf"), -1.0):
        with raises_code("span-invalid"):
            transcribe_request(["/a/b.wav", wrong])
