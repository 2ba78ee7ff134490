"""Packets of every kind: read where they are sound, refused whole where they are not, at once and in little memory."""

from __future__ import annotations

import socket
import struct
import tracemalloc
from pathlib import Path

import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.plugins.interfaces import Context
from bridge.triggers.osc import OscTrigger
from bridge.triggers.osc.packets import MAX_DEPTH, MAX_MESSAGES, MalformedError, messages
from tests.faults.osc_packets import BUNDLE, circle, packets, size, text
from tests.raising import raises_code
from tests.support import Home, wait_for
from tests.triggers.test_osc import Controller, free_port, osc_home

__all__ = ["osc_home"]
PING = text(b"/dawscribe/ping") + text(b",")


def message(address: str, *arguments: object) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def nested(depth: int) -> bytes:
    packet = PING
    for _ in range(depth):
        packet = BUNDLE + size(len(packet)) + packet
    return packet


def test_what_python_osc_builds_is_read() -> None:
    values = ["ä b", 3, 0.5, True, False, None, b"blob", ""]
    assert messages(message("/dawscribe/x", *values)) == [("/dawscribe/x", values)]
    assert messages(b"/dawscribe/ping\0") == [("/dawscribe/ping", [])]
    inner, outer = OscBundleBuilder(IMMEDIATELY), OscBundleBuilder(IMMEDIATELY)
    first, second = OscMessageBuilder("/a"), OscMessageBuilder("/b")
    second.add_arg(7)
    inner.add_content(second.build())
    outer.add_content(first.build())
    outer.add_content(inner.build())
    assert messages(outer.build().dgram) == [("/a", []), ("/b", [7])]


def test_a_last_number_may_lack_its_zero_bytes() -> None:
    assert messages(text(b"/a") + text(b",f") + struct.pack(">f", 2.0)[:1]) == [("/a", [2.0])]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0",
        b"a",
        text(b"/a") + text(b",i"),
        text(b"/a") + text(b",s") + b"abcd",
        text(b"/a") + text(b",s") + text(b"\xff"),
        text(b"/a") + text(b",b") + size(-4) + b"abcd",
        text(b"/a") + text(b",b") + size(2**31 - 1) + b"abcd",
        text(b"/a") + text(b",[s]") + text(b"x"),
        text(b"/a") + text(b"s") + text(b"x"),
        text(b"/a") + text(b"," + b"T" * 65),
        BUNDLE[:12],
        BUNDLE + size(2)[:2],
        BUNDLE + size(len(PING)) + PING + size(-4 - len(PING)),
        circle(60_000),
        nested(MAX_DEPTH + 1),
        BUNDLE + (size(len(PING)) + PING) * (MAX_MESSAGES + 1),
        *(
            BUNDLE + size(n) + PING
            for n in (-(2**31), -24, -20, -4, 0, 1, 2, 3, len(PING) - 1, len(PING) + 4, 2**31 - 1)
        ),
    ],
    ids=lambda p: p[:40].hex(),
)
def test_a_packet_that_is_wrong_anywhere_is_refused_whole(packet: bytes) -> None:
    with pytest.raises(MalformedError):
        messages(packet)


def test_limits_are_what_may_still_come() -> None:
    assert len(messages(BUNDLE + (size(len(PING)) + PING) * MAX_MESSAGES)) == MAX_MESSAGES
    assert messages(nested(MAX_DEPTH)) == [("/dawscribe/ping", [])]


def test_every_packet_ends_in_bounded_memory() -> None:
    """Built on the format's own structure; the campaign runs 100,000 of them."""
    most = 0
    tracemalloc.start()
    try:
        for packet in packets(400):
            # What making the packet took is not the reader's.
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            try:
                found = messages(packet)
            except MalformedError:
                found = []
            assert len(found) <= MAX_MESSAGES
            most = max(most, tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    assert most < 1 << 20


@pytest.mark.slow
def test_a_daemon_answers_after_the_packets_that_stopped_it(osc_home: tuple[Home, int]) -> None:
    home, port = osc_home
    controller = Controller(port)
    for packet in (BUNDLE + size(-4) + b"abcd", circle(60_000)):
        controller.send_raw(packet)
    controller.send("/dawscribe/ping")
    assert controller.receive()[0] == "/dawscribe/pong"
    before = home.beat()["heartbeat"]
    wait_for(lambda: home.beat()["heartbeat"] > before, "the next heartbeat")


@pytest.mark.slow
def test_one_sender_gets_one_list_a_second(osc_home: tuple[Home, int]) -> None:
    _, port = osc_home
    controller = Controller(port)
    ask = text(b"/dawscribe/jobs") + text(b",")
    for _ in range(20):
        controller.send_raw(BUNDLE + (size(len(ask)) + ask) * MAX_MESSAGES)
    controller.send("/dawscribe/ping")
    got = controller.receive_until("/dawscribe/pong")
    assert [m[0] for m in got].count("/dawscribe/jobs/end") <= 2
    # The last one is answered all the same, once its second has passed.
    assert controller.receive() == ("/dawscribe/jobs/end",)


@pytest.mark.slow
def test_echoes_are_not_answered_and_unknown_words_once(osc_home: tuple[Home, int]) -> None:
    _, port = osc_home
    controller = Controller(port)
    for name in ("pong", "error", "queued", "progress", "done", "cancelled", "job", "jobs/end"):
        controller.send(f"/dawscribe/{name}", "x", "y")
    for _ in range(5):
        controller.send("/dawscribe/nothing")
    controller.send("/dawscribe/ping")
    got = controller.receive_until("/dawscribe/pong")
    assert [m[0] for m in got] == ["/dawscribe/error", "/dawscribe/pong"]
    assert "no command" in got[0][2]


@pytest.mark.parametrize("reply", ["127.0.0.1:9910", "localhost:9910", "127.0.0.5:9910"])
def test_answers_to_itself_are_refused(reply: str, tmp_path: Path) -> None:
    context = Context(lambda name: tmp_path, tmp_path, tmp_path)
    with raises_code("osc-reply-to-itself"):
        OscTrigger(OscTrigger.Options(reply=reply), context)
    OscTrigger(OscTrigger.Options(reply=reply.replace("9910", "9911")), context)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_answers_go_to_an_ipv6_address_in_brackets(tmp_path: Path) -> None:
    port = free_port()
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as tablet:
        try:
            tablet.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no ::1")
        tablet.settimeout(30)
        reply = f"[::1]:{tablet.getsockname()[1]}"
        home = Home(tmp_path / "home", f'[triggers.osc]\nport = {port}\nreply = "{reply}"\n')
        home.start()
        try:
            Controller(port).send("/dawscribe/ping")
            assert tablet.recv(1000).startswith(b"/dawscribe/pong\0")
        finally:
            home.kill()
            while Controller.opened:
                Controller.opened.pop().close()


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_an_ipv4_sender_is_known_where_ipv6_listens(tmp_path: Path) -> None:
    port = free_port()
    home = Home(tmp_path / "home", f'[triggers.osc]\nport = {port}\nhost = "::"\nallow = ["203.0.113.0/24"]\n')
    home.start()
    try:
        if home.beat()["triggers"]["osc"] != "listening":
            pytest.skip(home.beat()["triggers"]["osc"])
        controller = Controller(port)
        controller.send("/dawscribe/ping")
        assert controller.receive()[0] == "/dawscribe/pong"
    finally:
        home.kill()
        while Controller.opened:
            Controller.opened.pop().close()
