"""The attack as a command: ``python -m tests.faults.campaign [PART ...] [--count N] [--seed N]``.

Each part tries one kind of trouble on real processes and files, and prints what it found; the exit status is 1 where a
promise was broken: a job lost or doubled, a daemon that hangs or ends, a crash, a hang, an error without a sentence.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from bridge.triggers.osc.packets import MAX_MESSAGES, MalformedError, messages
from tests.faults.audio_files import mutated
from tests.faults.osc_packets import packets
from tests.support import Home, read_json, sine, wait_for
from tests.triggers.test_osc import Controller, free_port

FINAL = ("done", "failed", "cancelled")
PACKET_S = 2.0
"""A packet that takes longer leads the parser round."""
GROWTH_BYTES = 200 << 20
"""Addresses that reading a packet may take."""
QUIET = "[triggers.osc]\nenabled = false\n[separators.fake]\nseconds = 0.3\n"


class BrokenError(AssertionError):
    """A promise that was not kept."""


def check(holds: object, what: str) -> None:
    """Raise :class:`BrokenError` with ``what`` unless it holds."""
    if not holds:
        raise BrokenError(what)


# --- packets ------------------------------------------------------------------------------------------------


def try_packets(count: int, seed: int, folder: Path) -> str:
    """Read packets built on the parser's structure, bounded in time and memory; then send some to a daemon."""
    process = multiprocessing.get_context("spawn").Process(target=_read_packets, args=(count, seed))
    process.start()
    process.join()
    check(process.exitcode == 0, f"the reader of packets ended with {process.exitcode}")
    port = free_port()
    home = Home(folder / "osc", f"[triggers.osc]\nport = {port}\n")
    sent = 0
    with running(home):
        controller = Controller(port)
        for sent, packet in enumerate(packets(min(count, 5000), seed + 1), 1):
            with suppress(OSError):  # larger than this system sends
                controller.send_raw(packet)
            if sent % 50 == 0:
                controller.send("/dawscribe/ping")
                controller.receive_until("/dawscribe/pong")
        check(time.time() - home.beat()["heartbeat"] < 10, "the daemon's heart stands still")
    return f"{count} packets read, {sent} sent"


def _read_packets(count: int, seed: int) -> None:
    """End with an error at the first packet that takes too long or too much."""
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + GROWTH_BYTES, in_use + GROWTH_BYTES))
    for packet in packets(count, seed):
        signal.setitimer(signal.ITIMER_REAL, PACKET_S)  # its signal ends the process
        with suppress(MalformedError):
            check(len(messages(packet)) <= MAX_MESSAGES, "too many messages of one packet")
        signal.setitimer(signal.ITIMER_REAL, 0)


# --- audio --------------------------------------------------------------------------------------------------


def try_audio(count: int, seed: int, folder: Path) -> str:
    """Read changed sound files: each is heard or has a sentence, none crashes, hangs, or leaves a file behind."""
    ends: Counter[str] = Counter()
    faults: list[str] = []
    reader = _reader()
    for path in mutated(folder, count, seed):
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(f"{path}\n")
        reader.stdin.flush()
        answer = reader.stdout.readline().strip()
        if not answer:
            answer = f"CRASH: {reader.wait()}"
            reader = _reader()
        word = answer.split(":")[0]
        ends[word] += 1
        if word in ("ok", "told"):
            path.unlink()
        else:
            faults.append(f"{path.name} {answer[:120]}")
    reader.kill()
    check(not faults, f"{len(faults)} files: {'; '.join(faults[:20])} (kept in {folder})")
    return ", ".join(f"{word} {number}" for word, number in ends.items())


def _reader() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.reader"]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


# --- daemons ------------------------------------------------------------------------------------------------


@contextmanager
def running(home: Home) -> Any:
    """A daemon while the block runs."""
    try:
        yield home.start()
    finally:
        home.kill()
        while Controller.opened:
            Controller.opened.pop().close()


def ended_well(home: Home, jobs: list[str]) -> Counter[str]:
    """How jobs ended; each of them, once, whole."""
    ends: Counter[str] = Counter()
    for job in jobs:
        status = home.wait_end(job)
        folder = home.folder / "jobs" / job
        if status["state"] == "done":
            check(read_json(folder / "result.json").get("items"), f"{job} is done and has no result")
        else:
            check(status["message"] or status["state"] == "cancelled", f"{job} failed without a sentence")
        ends[status["state"]] += 1
        check(not list(folder.glob(".*")), f"{job} left drafts behind")
    check(not list((home.folder / "jobs").glob(".*")), "drafts of jobs are left")
    return ends


def try_kills(count: int, seed: int, folder: Path) -> str:
    """End daemon and worker the hard way at random moments: no job is lost, doubled or half-written."""
    rng = random.Random(seed)
    home = Home(folder / "kills", QUIET)
    wav, jobs = sine(folder / "kills.wav"), []
    with running(home):
        for number in range(count):
            jobs.append(home.submit(home.request(f"kill-{number:05d}", wav, {"stems": ["bass"]})))
            time.sleep(rng.random() * 0.8)
            victim = home.beat().get("worker" if rng.random() < 0.4 else "pid")
            if victim:
                with suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            home.reap()
            home.start_if_dead()
        ends = ended_well(home, jobs)
        check(not list((home.folder / "inbox").iterdir()), "requests are left in the inbox")
    return f"{count} kills: {dict(ends)}"


def try_copies(count: int, seed: int, folder: Path) -> str:
    """Copy a home while it works and tear what was not synced, as a power cut does: the copy goes on."""
    rng = random.Random(seed)
    total: Counter[str] = Counter()
    wav = sine(folder / "copies.wav")
    for turn in range(count):
        home = Home(folder / f"flight{turn}", QUIET)
        with running(home):
            jobs = [home.submit(home.request(f"copy-{turn:03d}-{n}", wav, {"stems": ["bass"]})) for n in range(4)]
            wait_for(partial(_any, home.folder / "jobs", "copy-*"), "a job")
            time.sleep(rng.random() * 2)
            copy = Home(folder / f"landed{turn}", QUIET)
            # What goes while it is copied is missing in the copy.
            with suppress(shutil.Error):
                shutil.copytree(home.folder, copy.folder, dirs_exist_ok=True, ignore_dangling_symlinks=True)
        (copy.folder / "daemon.json").unlink(missing_ok=True)
        for torn in [*copy.folder.glob("jobs/*/status.json"), *copy.folder.glob("cache/**/*")]:
            if torn.is_file() and rng.random() < 0.5:
                size = torn.stat().st_size
                torn.write_bytes(rng.choice((b"", bytes(size), torn.read_bytes()[: size // 2])))
        with running(copy):
            safe = [
                j for j in jobs if (copy.folder / "jobs" / j).exists() or (copy.folder / "inbox" / f"{j}.json").exists()
            ]
            total += ended_well(copy, safe)
        shutil.rmtree(home.folder)
        shutil.rmtree(copy.folder)
    return f"{count} copies: {dict(total)}"


def _any(folder: Path, pattern: str) -> bool:
    return any(folder.glob(pattern))


def try_inbox(count: int, seed: int, folder: Path) -> str:
    """Fill the inbox with hostile names and contents: each is refused or removed, and the daemon stays quick."""
    rng = random.Random(seed)
    home = Home(folder / "inbox", QUIET)
    wav = sine(folder / "inbox.wav")
    names = (
        "..",
        "a b",
        "UPPER-CASE-0001",
        "x" * 200,
        "-rf",
        "con",
        "nul\n0001",
        "\x1b[31m-0001",
        "job-000\xff",
        "ok-{}",
    )
    with running(home):
        oldest_s = 0.0
        for number in range(count):
            name = rng.choice(names).format(f"{number:06d}")
            content = rng.choice((b"", b"{}", b"[" * 9000, b"\xff\xfe", rng.randbytes(300), b'{"id": 1e999}'))
            with suppress(OSError):
                (home.folder / "inbox" / f"{name}.json").write_bytes(content)
            if number % 200 == 0:
                oldest_s = max(oldest_s, time.time() - home.beat()["heartbeat"])
        job = home.submit(home.request("honest-0001", wav))
        check(home.wait_end(job)["state"] == "done", "an honest job among hostile files failed")
        wait_for(lambda: not list((home.folder / "inbox").glob("*.json")), "an empty inbox")
        check(oldest_s < 6, f"the heartbeat was {oldest_s:.0f} s old; scripts call that dead")
    outside = [p for p in folder.iterdir() if p.name not in ("inbox", "inbox.wav")]
    check(not outside, f"something was written outside the home: {outside}")
    return f"{count} files, oldest heartbeat {oldest_s:.1f} s"


def try_limits(count: int, seed: int, folder: Path) -> str:
    """Run daemons that may open few files and write little: jobs fail with a sentence, the daemon stays."""
    said = []
    wav = sine(folder / "limits.wav")
    for turn, (name, limit) in enumerate([(resource.RLIMIT_NOFILE, 24), (resource.RLIMIT_FSIZE, 60_000)] * count):
        home = Home(folder / f"limits{turn}", QUIET)
        before = resource.getrlimit(name)
        resource.setrlimit(name, (limit, before[1]))
        try:
            daemon = home.start()
        finally:
            resource.setrlimit(name, before)
        try:
            status = home.wait_end(home.submit(home.request("limit-0001", wav)))
            check(status["state"] == "done" or status["message"].endswith("."), f"no sentence: {status}")
            check(daemon.poll() is None, "the daemon ended")
            said.append(status["message"][:60])
        finally:
            home.kill()
    return f"{len(said)} daemons: {dict(Counter(said))}"


def try_hung(count: int, seed: int, folder: Path) -> str:
    """Stop a worker as a dead network drive does: its job ends with a sentence, the next one runs."""
    wav = sine(folder / "hung.wav")
    home = Home(folder / "hung", "[triggers.osc]\nenabled = false\n[separators.fake]\nseconds = 5.0\n")
    with running(home):
        job = home.submit(home.request("hung-00001", wav))
        worker = wait_for(lambda: home.status(job).get("stage") == "separate" and home.beat().get("worker"), "a worker")
        os.kill(worker, signal.SIGSTOP)
        wait_for(lambda: home.status(job).get("state") in FINAL, "the end of the hung job", 120)
        check("hangs" in home.status(job)["message"], home.status(job)["message"])
        other = home.submit(home.request("hung-00002", sine(folder / "other.wav", seconds=1.0)))
        check(home.wait_end(other)["state"] == "done", "the next job failed")
    return "a hung worker was ended, and the next job ran"


PARTS: dict[str, tuple[Callable[[int, int, Path], str], int]] = {
    "packets": (try_packets, 100_000),
    "audio": (try_audio, 400),
    "kills": (try_kills, 60),
    "copies": (try_copies, 6),
    "inbox": (try_inbox, 2000),
    "limits": (try_limits, 1),
    "hung": (try_hung, 1),
}
"""Part -> what tries it, and how often."""


def main() -> int:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(description="Attack dawscribe on this machine and say what breaks.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of: {', '.join(PARTS)}")
    parser.add_argument("--count", type=int, help="how many of each, instead of the part's own number")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    broken = {}
    for name in options.parts or PARTS:
        attempt, count = PARTS[name]
        folder = Path(tempfile.mkdtemp(prefix=f"dawscribe-{name}-"))
        began = time.monotonic()
        try:
            said = attempt(options.count or count, options.seed, folder)
            shutil.rmtree(folder, ignore_errors=True)
        except (BrokenError, AssertionError) as e:
            broken[name] = said = f"BROKEN: {e}"
        print(f"{name:8} {time.monotonic() - began:6.1f} s  {said}", flush=True)
    print(json.dumps({"broken": broken}))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
