"""Read and write ``status.json``.

How far a job is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.spool.request import PROTOCOL
from bridge.spool.untrusted_json import invalid_field, number_field

FIRST_REVISION = 1
"""Of a result; each correction makes the next."""
TERMINAL_STATES = ("done", "failed", "cancelled")
"""A job in one of these has ended."""
STATES = ("queued", "running", *TERMINAL_STATES)


@dataclass(frozen=True, slots=True)
class Status:
    """jobs/<id>/status.json: how far a job is."""

    state: str
    """One of :data:`STATES`."""
    stage: str = ""
    fraction: float = 0.0
    """0..1 of the whole job."""
    eta_s: float | None = None
    device: str = ""
    message: str = ""
    """The sentence for the user: why it failed, or what was noted."""
    notes: int = 0
    """Notes heard so far, while it runs."""
    revision: int = 0
    """Of the result, from 1; 0 where there is none."""
    estimate_s: float | None = None
    """Seconds that the item at hand will take here, said before it is heard."""
    memory_mb: float | None = None
    """About what the engines take, likewise."""
    code: str = ""
    """The short name of the cause where it failed, such as "file-not-audio"."""

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "protocol": PROTOCOL,
            "state": self.state,
            "stage": self.stage,
            "fraction": round(self.fraction, 4),
            "eta_s": None if self.eta_s is None else round(self.eta_s, 1),
            "device": self.device,
            "message": self.message,
            **({"code": self.code} if self.code else {}),
            "notes": self.notes,
            "revision": self.revision,
            **{k: round(v, 1) for k in ("estimate_s", "memory_mb") if (v := getattr(self, k)) is not None},
        }


def parse_status(data: Mapping[str, Any]) -> Status:
    """The inverse of :meth:`Status.to_json`.

    Raises:
        InputError: not a status.
    """
    state = data.get("state")
    if state not in STATES:
        raise invalid_field("state")
    fields = {k: str(data.get(k) or "") for k in ("stage", "device", "message", "code")}
    return Status(
        state=state,
        fraction=number_field(data, "fraction", 0.0, least=0.0),
        eta_s=_optional(data, "eta_s"),
        notes=int(number_field(data, "notes", 0.0, least=0.0)),
        # Results of earlier versions had no number.
        revision=int(number_field(data, "revision", float(state == "done"), least=0.0)),
        estimate_s=_optional(data, "estimate_s"),
        memory_mb=_optional(data, "memory_mb"),
        **fields,
    )


def _optional(data: Mapping[str, Any], name: str) -> float | None:
    return None if data.get(name) is None else number_field(data, name, 0.0, least=0.0)
