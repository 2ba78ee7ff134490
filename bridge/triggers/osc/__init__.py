"""OSC over UDP: commands in, progress out, for controllers and DAWs without a script.

In (default 127.0.0.1:9910): ``/dawscribe/transcribe`` path [start_s [length_s]] [key=value ...],
``/dawscribe/transcribe/selected`` host [key=value ...], ``/dawscribe/cancel`` [id], ``/dawscribe/jobs``,
``/dawscribe/ping``. Out, to the sender or to a set address: ``/dawscribe/queued`` id, ``/dawscribe/progress`` id
fraction stage eta_s, ``/dawscribe/done`` id folder, ``/dawscribe/error`` id sentence, ``/dawscribe/cancelled`` id,
``/dawscribe/job`` id state fraction name, ``/dawscribe/pong`` version.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bridge import __version__
from bridge.errors import ConfigError, DawscribeError, InputError, PluginError
from bridge.plugins.interfaces import Context, Desk, JobReport
from bridge.triggers.osc.arguments import is_let_go, job_argument, parse_options, text_argument, transcribe_request

Address = tuple[str, int]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PREFIX = "/dawscribe"
MOST_WATCHED = 1000
"""Jobs whose sender is remembered; a flood of requests must not grow the memory."""
MOST_PENDING = 256
"""Commands worked on at a time; more are dropped, as UDP itself would."""
PROGRESS_S = 0.1
"""Seconds between progress messages of a job."""
log = logging.getLogger("dawscribe.osc")


class OscTrigger:
    """Listens for OSC commands."""

    @dataclass(frozen=True, slots=True)
    class Options:
        """Settings of ``[triggers.osc]``."""

        enabled: bool = True
        host: str = "127.0.0.1"
        """Address to listen on; anything but this machine needs ``allow``."""
        port: int = 9910
        allow: tuple[str, ...] = ()
        """Addresses or networks of other machines that may send; needed where ``host`` is not this machine's own."""
        reply: str = ""
        """"host:port" that all answers go to; empty: to whoever asked."""

    def __init__(self, options: Options, context: Context) -> None:
        loopback = _is_loopback(options.host)
        if not loopback and not options.allow:
            raise ConfigError(
                f'triggers.osc.host "{options.host}" can be reached from other machines; '
                'list those that may send in triggers.osc.allow, or use "127.0.0.1".'
            )
        self._options = options
        self._allowed = [_network(a) for a in options.allow]
        self._reply = _address(options.reply) if options.reply else None

    async def run(self, desk: Desk) -> None:
        """See :class:`bridge.plugins.interfaces.Trigger`."""
        answers = await self._open_answers() if self._reply else None
        try:
            transport, endpoint = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Endpoint(desk, self._allowed, answers),
                local_addr=(self._options.host, self._options.port),
            )
        except OSError as e:
            if answers:
                answers.close()
            raise PluginError(
                f"OSC port {self._options.port} cannot be opened ({e.strerror}); "
                "set triggers.osc.port to a free one in config.toml."
            ) from e
        desk.watch(endpoint.job_changed)
        try:
            await asyncio.Event().wait()
        finally:
            transport.close()
            if answers:
                answers.close()

    async def _open_answers(self) -> asyncio.DatagramTransport:
        """A socket of its own for the set reply address: the one that listens on this machine reaches no other."""
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, remote_addr=self._reply
            )
        except OSError as e:
            raise PluginError(
                f'Answers cannot be sent to "{self._options.reply}" ({e.strerror}); check triggers.osc.reply.'
            ) from e
        return transport


class _Endpoint(asyncio.DatagramProtocol):
    """One UDP socket; every packet is hostile.

    Args:
        desk: what obeys.
        allowed: networks beside this machine that may send.
        answers: where all answers go; None: to whoever asked.
    """

    def __init__(self, desk: Desk, allowed: Sequence[Network], answers: asyncio.DatagramTransport | None) -> None:
        self._desk, self._allowed, self._answers = desk, allowed, answers
        self._senders: OrderedDict[str, Address] = OrderedDict()
        self._told: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # asyncio hands a DatagramTransport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if not _is_loopback(addr[0]) and not any(ipaddress.ip_address(addr[0]) in n for n in self._allowed):
            return
        for address, arguments in _messages(data):
            if address == f"{PREFIX}/ping":
                self._send(addr, "/pong", __version__)
            elif address == f"{PREFIX}/jobs":
                self._list(addr)
            elif address.startswith(PREFIX + "/") and len(self._tasks) < MOST_PENDING:
                task = asyncio.get_running_loop().create_task(self._command(address, arguments, addr))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _command(self, address: str, arguments: Sequence[Any], sender: Address) -> None:
        job_id = ""
        try:
            if address == f"{PREFIX}/transcribe":
                request = transcribe_request(arguments)
                job_id = request["id"]
                self._senders[job_id] = sender
                while len(self._senders) > MOST_WATCHED:
                    self._senders.popitem(last=False)
                await self._desk.submit(request)
            elif address == f"{PREFIX}/transcribe/selected":
                host = text_argument(arguments, "the name of a DAW, such as reaper")
                await self._desk.request_selected(host, parse_options(arguments[1:]))
            elif address == f"{PREFIX}/cancel":
                if not is_let_go(arguments):
                    job_id = job_argument(arguments) or ""
                    self._desk.cancel(job_id or None)
            else:
                raise InputError(f"There is no command {address[:60]}; the README lists the OSC commands.")
        except DawscribeError as e:
            self._senders.pop(job_id, None)
            self._send(sender, "/error", job_id, str(e))
        except Exception:
            log.exception("OSC %s", address)
            self._send(sender, "/error", job_id, "Something inside dawscribe went wrong; see 'dawscribe logs'.")

    def job_changed(self, job: JobReport) -> None:
        """Tell the job's sender (or the set address) how far it is."""
        target = self._senders.get(job.id)
        if target is None and self._answers is None:
            return
        status = job.status
        if status.state == "queued":
            self._send(target, "/queued", job.id)
        elif status.state == "running":
            now = time.monotonic()
            if now - self._told.get(job.id, 0.0) >= PROGRESS_S:
                self._told = {job.id: now}
                eta_s = -1.0 if status.eta_s is None else status.eta_s
                self._send(target, "/progress", job.id, float(status.fraction), status.stage, float(eta_s))
        else:
            if status.state == "done":
                self._send(target, "/done", job.id, str(job.folder))
            elif status.state == "failed":
                self._send(target, "/error", job.id, status.message)
            else:
                self._send(target, "/cancelled", job.id)
            self._senders.pop(job.id, None)

    def _list(self, sender: Address) -> None:
        for job in self._desk.jobs()[-100:]:
            self._send(sender, "/job", job.id, job.status.state, float(job.status.fraction), job.name)
        self._send(sender, "/jobs/end")

    def _send(self, target: Address | None, name: str, *values: str | float) -> None:
        from pythonosc.osc_message_builder import OscMessageBuilder

        builder = OscMessageBuilder(PREFIX + name)
        for value in values:
            builder.add_arg(value, "f" if isinstance(value, float) else "s")
        if self._answers is not None:
            self._answers.sendto(builder.build().dgram)
        elif self._transport is not None and target is not None:
            self._transport.sendto(builder.build().dgram, target)


def _messages(data: bytes) -> Iterator[tuple[str, list[Any]]]:
    """The messages of a packet; none where it is malformed."""
    from pythonosc.osc_packet import OscPacket

    try:
        for timed in OscPacket(data).messages:
            yield str(timed.message.address), list(timed.message.params)
    except Exception as e:  # whatever the parser trips over, the packet is at fault
        log.debug("malformed OSC packet: %s", e)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as e:
        message = f'triggers.osc.allow takes addresses such as "192.168.1.20" or "192.168.1.0/24", not "{text[:40]}".'
        raise ConfigError(message) from e


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f'triggers.osc.reply must be "host:port", not "{text}".')
    return host, int(port)
