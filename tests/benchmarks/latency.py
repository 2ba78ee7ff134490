"""How quickly the daemon answers while it works:  python -m tests.benchmarks.latency [--seconds 20]

200 jobs wait, one runs (a real separation where the model is present, else a busy fake), 50 OSC messages a second come
in; measured are the time to a pong and the time until a new job is acknowledged.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import tempfile
import time
from pathlib import Path

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from bridge.app import application
from bridge.errors import ModelError
from tests.support import Home, sine, wait_for

WAITING = 200
RATE_HZ = 50


def message(address: str, *arguments: str | float) -> bytes:
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    data: bytes = builder.build().dgram
    return data


def timed(line: socket.socket, data: bytes, answer: str) -> float:
    """Milliseconds from sending ``data`` to the message at ``answer``."""
    start = time.perf_counter()
    line.send(data)
    while OscMessage(line.recv(65536)).address != answer:
        pass
    return (time.perf_counter() - start) * 1000


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        line.settimeout(10)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        home = Home(Path(folder) / "home", f"[triggers.osc]\nport = {port}\n[separators.fake]\nseconds = 600.0\n")
        load = use_real_model(home)
        song = sine(Path(folder) / "song.wav", seconds=120)
        home.start()
        line.connect(("127.0.0.1", port))
        for number in range(WAITING):
            home.submit(home.request(f"waiting-{number:04d}", song, host=f"host{number % 3}"))
        wait_for(lambda: len(list((home.folder / "jobs").iterdir())) == WAITING, "the queue")
        wait_for(lambda: any(status(home, n) == "running" for n in range(WAITING)), "the running job")
        pings, jobs = [], []
        for number in range(int(options.seconds * RATE_HZ)):
            began = time.perf_counter()
            pings.append(timed(line, message("/dawscribe/ping"), "/dawscribe/pong"))
            if number % 10 == 0:
                request = message("/dawscribe/transcribe", str(song), float(number), 1.0)
                jobs.append(timed(line, request, "/dawscribe/queued"))
            time.sleep(max(0.0, 1 / RATE_HZ - (time.perf_counter() - began)))
        home.kill()
    print(f"while {load}, {WAITING} jobs waiting, {RATE_HZ} OSC messages a second")
    for name, values in (("ping to pong", pings), ("job to acknowledgement", jobs)):
        median, late = statistics.median(values), quantile(values, 0.99)
        print(f"{name:24} median {median:6.2f} ms   99 of 100 {late:6.2f} ms   n {len(values)}")


def use_real_model(home: Home) -> str:
    """Let the home separate with the real model where it is present; what is running, in words."""
    try:
        application().store.path("htdemucs")
    except ModelError:
        return "a fake engine runs (the model is not here)"
    config, folder = home.folder / "config.toml", application().store.path("htdemucs").parent
    text = config.read_text(encoding="utf-8").replace('separator = "fake"', 'separator = "htdemucs"')
    config.write_text(f'{text}\n[models]\nfolders = ["{folder}"]\n', encoding="utf-8")
    return "HTDemucs separates a song"


def status(home: Home, number: int) -> str:
    return str(home.status(f"waiting-{number:04d}").get("state"))


if __name__ == "__main__":
    main()
