"""OSC over UDP.

Commands in, progress out, for controllers and DAWs without a script.

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
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridge import __version__
from bridge.errors import ConfigError, DawscribeError, PluginError
from bridge.plugins.interfaces import Context, JobReport, JobService
from bridge.triggers.osc.arguments import is_let_go, job_argument, parse_options, text_argument, transcribe_request
from bridge.triggers.osc.packets import MalformedError, messages

Address = tuple[str, int]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PREFIX = "/dawscribe"
MAX_WATCHED = 1000
"""Jobs whose sender is remembered; a flood of requests must not grow the memory."""
MAX_PENDING = 256
"""Commands worked on at a time; more are dropped, as UDP itself would."""
PROGRESS_S = 0.1
"""Seconds between progress messages of a job."""
PAUSE_S = 1.0
"""Between two lists of the jobs, or two complaints, to one sender: a list is 330 times as long as what asks for it."""
MAX_SENDERS = 1000
"""Senders whose last answer is remembered."""
COMMANDS = ("transcribe", "transcribe/selected", "cancel")
"""Commands worked on in a task of their own."""
ANSWERS = ("pong", "queued", "progress", "done", "error", "cancelled", "job", "jobs/end")
"""Addresses that we send ourselves; coming in, it is an echo, and an answer to it would go round for ever."""
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
                'list those that may send in triggers.osc.allow, or use "127.0.0.1".',
                code="osc-open-to-others",
            )
        self._options = options
        self._allowed = [_network(a) for a in options.allow]
        self._reply = _address(options.reply) if options.reply else None
        if self._reply and self._reply[1] == options.port and _is_same_machine(self._reply[0], options.host):
            raise ConfigError(
                f'triggers.osc.reply "{options.reply}" is where dawscribe listens; name the address of the controller.',
                code="osc-reply-to-itself",
            )

    async def run(self, service: JobService) -> None:
        """See :class:`bridge.plugins.interfaces.Trigger`."""
        answers = await self._open_answers() if self._reply else None
        try:
            transport, endpoint = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Endpoint(service, self._allowed, answers),
                local_addr=(self._options.host, self._options.port),
            )
        except OSError as e:
            if answers:
                answers.close()
            raise PluginError(
                f"OSC port {self._options.port} cannot be opened ({e.strerror}); "
                "set triggers.osc.port to a free one in config.toml.",
                code="osc-port-unopened",
            ) from e
        stop_watching = service.watch(endpoint.job_changed)
        try:
            await asyncio.Event().wait()
        finally:
            stop_watching()
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
                f'Answers cannot be sent to "{self._options.reply}" ({e.strerror}); check triggers.osc.reply.',
                code="osc-reply-unreachable",
            ) from e
        return transport


class _Endpoint(asyncio.DatagramProtocol):
    """One UDP socket; every packet is hostile.

    Args:
        service: what obeys.
        allowed: networks beside this machine that may send.
        answers: where all answers go; None: to whoever asked.
    """

    def __init__(
        self, service: JobService, allowed: Sequence[Network], answers: asyncio.DatagramTransport | None
    ) -> None:
        self._service, self._allowed, self._answers = service, allowed, answers
        self._senders: OrderedDict[str, Address] = OrderedDict()
        self._told: dict[str, float] = {}
        self._turns = _Turns()
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # asyncio hands a DatagramTransport

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        sender = _ip(addr[0])
        if sender is None or not (sender.is_loopback or any(sender in n for n in self._allowed)):
            return
        try:
            found = messages(data)
        except MalformedError as e:
            log.debug("malformed OSC packet: %s", e)
            return
        for address, arguments in found:
            self._obey(address, arguments, addr)

    def _obey(self, address: str, arguments: Sequence[Any], sender: Address) -> None:
        name = address.removeprefix(PREFIX + "/")
        if name == address or name in ANSWERS:
            return
        if name == "ping":
            self._send(sender, "/pong", __version__)
        elif name == "jobs":
            self._list_soon(sender)
        elif name in COMMANDS:
            if len(self._tasks) < MAX_PENDING:
                task = asyncio.get_running_loop().create_task(self._command(address, arguments, sender))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        elif self._turns.wait_s(("unknown", sender)) == 0.0:
            sentence = f"There is no command {address[:60]}; docs/osc-midi.md lists them."
            self._send(sender, "/error", "", sentence)

    def _list_soon(self, sender: Address) -> None:
        """Send the list now, or once its turn comes; who asks ten times in a second gets it twice."""
        wait_s = self._turns.wait_s(("jobs", sender))
        if wait_s == 0.0:
            self._list(sender)
        elif wait_s is not None:
            asyncio.get_running_loop().call_later(wait_s, self._list, sender)

    async def _command(self, address: str, arguments: Sequence[Any], sender: Address) -> None:
        job_id = ""
        try:
            if address == f"{PREFIX}/transcribe":
                request = transcribe_request(arguments)
                job_id = request["id"]
                self._senders[job_id] = sender
                while len(self._senders) > MAX_WATCHED:
                    self._senders.popitem(last=False)
                await self._service.submit(request)
            elif address == f"{PREFIX}/transcribe/selected":
                host = text_argument(arguments, "the name of a DAW, such as reaper")
                await self._service.request_selected(host, parse_options(arguments[1:]))
            elif not is_let_go(arguments):
                job_id = job_argument(arguments) or ""
                self._service.cancel(job_id or None)
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
        for job in self._service.jobs()[-100:]:
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


class _Turns:
    """The time from which somebody may next be answered what is long, or what nobody asked for."""

    def __init__(self) -> None:
        self._next: OrderedDict[Any, float] = OrderedDict()

    def wait_s(self, who: Any) -> float | None:
        """Seconds until the turn that this call takes; None where one is taken already and still to come."""
        now = time.monotonic()
        at = max(now, self._next.pop(who, 0.0))
        if at - now > PAUSE_S:
            self._next[who] = at
            return None
        self._next[who] = at + PAUSE_S
        while len(self._next) > MAX_SENDERS:
            self._next.popitem(last=False)
        return at - now


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address in ``host``, that of IPv4 where one came in through IPv6; None where it is a name."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _is_same_machine(one: str, other: str) -> bool:
    """Return whether two addresses of the settings are both this machine's own, as far as can be told here."""
    names = {one.strip("[]").casefold(), other.casefold()}
    return len(names) == 1 or all(_is_loopback(name) or name in ("0.0.0.0", "::", "") for name in names)  # noqa: S104


def _is_loopback(host: str) -> bool:
    ip = _ip(host)
    return host.casefold() == "localhost" if ip is None else ip.is_loopback


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as e:
        message = f'triggers.osc.allow takes addresses such as "192.168.1.20" or "192.168.1.0/24", not "{text[:40]}".'
        raise ConfigError(message, code="osc-allow-invalid") from e


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f'triggers.osc.reply must be "host:port", not "{text}".', code="osc-reply-invalid")
    # An address of IPv6 stands in brackets before its port.
    return host.removeprefix("[").removesuffix("]"), int(port)
