"""State chunks of tracks, items and envelopes."""

from __future__ import annotations

from typing import Any

from tests.reaper_sim import chunk_read, chunk_write
from tests.reaper_sim.api_items import kill
from tests.reaper_sim.api_tracks import owner
from tests.reaper_sim.chunk_text import parse
from tests.reaper_sim.engine import Reaper
from tests.reaper_sim.model import Envelope, Item, Send, Track
from tests.reaper_sim.registry import api
from tests.reaper_sim.rpp_file import receives


def get_chunk(r: Reaper, target: Any) -> str:
    """The chunk of whatever is asked for."""
    if isinstance(target, Track):
        lines = chunk_write.track_lines(target, receives(owner(r, target), target))
    elif isinstance(target, Item):
        lines = chunk_write.item_lines(target)
    else:
        lines = chunk_write.envelope_lines(target)
    return "\n".join(lines) + "\n"


def set_chunk(r: Reaper, target: Any, text: str) -> bool:
    """Replaces the object's state; False where the text is no chunk of that kind."""
    try:
        node = parse(text)
    except ValueError:
        return False
    if isinstance(target, Track) and node.name == "TRACK":
        for item in target.items:
            kill(item)
        lines = chunk_read.apply_track(target, node)
        project = owner(r, target)
        project.sends = [s for s in project.sends if s.target is not target]
        for line in lines:
            source = project.tracks[int(line[1])]
            project.sends.append(Send(source=source, target=target, values=send_values(line)))
        return True
    if isinstance(target, Item) and node.name == "ITEM":
        chunk_read.apply_item(target, node)
        return True
    if isinstance(target, Envelope):
        chunk_read.apply_envelope(target, node)
        return True
    return False


def send_values(line: list[str]) -> dict[str, float]:
    """A send's attributes from an AUXRECV line."""
    keys = ("I_SENDMODE", "D_VOL", "D_PAN", "B_MUTE", "B_MONO", "B_PHASE", "I_SRCCHAN", "I_DSTCHAN")
    from tests.reaper_sim.defaults import SEND

    return dict(SEND) | {k: float(v) for k, v in zip(keys, line[2:], strict=False)}


@api
def GetTrackStateChunk(r: Reaper, track: Track, text: str, undo: bool) -> tuple[bool, str]:
    return True, get_chunk(r, track)


@api
def SetTrackStateChunk(r: Reaper, track: Track, text: str, undo: bool) -> bool:
    return set_chunk(r, track, text)


@api
def GetItemStateChunk(r: Reaper, item: Item, text: str, undo: bool) -> tuple[bool, str]:
    return True, get_chunk(r, item)


@api
def SetItemStateChunk(r: Reaper, item: Item, text: str, undo: bool) -> bool:
    return set_chunk(r, item, text)


@api
def GetEnvelopeStateChunk(r: Reaper, envelope: Envelope, text: str, undo: bool) -> tuple[bool, str]:
    return True, get_chunk(r, envelope)


@api
def SetEnvelopeStateChunk(r: Reaper, envelope: Envelope, text: str, undo: bool) -> bool:
    return set_chunk(r, envelope, text)
