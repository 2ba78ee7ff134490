"""The daemon's side of the spool, as small as it can be: requests are taken over, and answered when a test says so."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Sequence[float]


class Desk:
    """A home with a daemon that hears what it is told to hear."""

    def __init__(self, home: Path) -> None:
        self.home = home
        for name in ("inbox", "jobs", "commands"):
            (home / name).mkdir(parents=True, exist_ok=True)
        self.beat()

    def beat(self, **changes: Any) -> None:
        """Renew daemon.json."""
        self._write(self.home / "daemon.json", {"protocol": 1, "version": "0", "heartbeat": time.time(), **changes})

    def take(self) -> dict[str, Any] | None:
        """Take a request over from the inbox, as the daemon does; None where there is none."""
        self.beat()
        for path in (self.home / "inbox").glob("*.json"):
            request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            folder = self.home / "jobs" / path.stem
            folder.mkdir()
            self._write(folder / "request.json", request)
            self.status(path.stem, "running", stage="separate", fraction=0.4)
            path.unlink()
            return request
        return None

    def status(self, job: str, state: str, **more: Any) -> None:
        """Write status.json."""
        self._write(self.home / "jobs" / job / "status.json", {"protocol": 1, "state": state, **more})

    def answer(
        self, request: Mapping[str, Any], parts: Sequence[Mapping[str, Any]] | Sequence[Sequence[Mapping[str, Any]]],
        *, revision: int = 1, **more: Any,
    ) -> None:  # fmt: skip
        """Finish a job: per item its parts, or the same parts for every item."""
        per_item: Any = parts if parts and isinstance(parts[0], (list, tuple)) else [parts] * len(request["items"])
        items = []
        for item, own in zip(request["items"], per_item, strict=True):
            kept = {k: v for k, v in item.items() if k != "audio"}
            length_s = item["audio"]["length_s"]
            items.append({**kept, "length_s": length_s, "parts": list(own), "midi": "song.mid", "warnings": []})
        kept = {k: v for k, v in request.items() if k != "options"}
        folder = self.home / "jobs" / request["id"]
        self._write(folder / "result.json", {**kept, "items": items, "warnings": [], "revision": revision, **more})
        self.status(request["id"], "done", revision=revision)

    @staticmethod
    def _write(path: Path, data: Mapping[str, Any]) -> None:
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(data), encoding="utf-8")
        draft.replace(path)


def part(name: str, notes: Sequence[Row], *, role: str = "", drums: bool = False, **more: Any) -> dict[str, Any]:
    """A part of a result."""
    role = role or name.lower()
    return {
        "id": f"{role}/{name.lower()}", "role": role, "name": name, "is_drums": drums,
        "notes": [list(n) for n in notes], "bends": [], "instruments": [], **more,
    }  # fmt: skip
