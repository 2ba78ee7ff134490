"""State chunks back into the model."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Mapping

from tests.reaper_sim import plugins
from tests.reaper_sim.chunk_text import Node
from tests.reaper_sim.defaults import ITEM, TAKE, TRACK
from tests.reaper_sim.midi_events import PPQ, MidiData, collect
from tests.reaper_sim.model import Envelope, Fx, Item, Point, Source, Take, Track

NAMES = {"VOLENV2": "Volume", "PANENV2": "Pan", "MUTEENV": "Mute", "VOLENV": "Volume (Pre-FX)", "PITCHENV": "Pitch",
         "PANENV": "Pan (Pre-FX)", "WIDTHENV2": "Width", "TEMPOENVEX": "Tempo map",
             "VOLENV3": "Trim Volume"}  # fmt: skip

TRACK_LINES = {
    "VOLPAN": ("D_VOL", "D_PAN"), "MUTESOLO": ("B_MUTE", "I_SOLO"), "SEL": ("I_SELECTED",), "NCHAN": ("I_NCHAN",),
    "ISBUS": (None, "I_FOLDERDEPTH"), "PEAKCOL": ("I_CUSTOMCOLOR",), "BEAT": ("C_BEATATTACHMODE",),
    "AUTOMODE": ("I_AUTOMODE",), "IPHASE": ("B_PHASE",), "REC": ("I_RECARM", "I_RECINPUT", "I_RECMON"),
    "FX": ("I_FXEN",), "MAINSEND": ("B_MAINSEND",), "BUSCOMP": ("I_FOLDERCOMPACT",),
    "TRACKHEIGHT": ("I_HEIGHTOVERRIDE",),
}  # fmt: skip
ITEM_LINES = {
    "POSITION": ("D_POSITION",), "SNAPOFFS": ("D_SNAPOFFSET",), "LENGTH": ("D_LENGTH",), "LOOP": ("B_LOOPSRC",),
    "ALLTAKES": ("B_ALLTAKESPLAY",), "MUTE": ("B_MUTE",), "SEL": ("B_UISEL",), "BEAT": ("C_BEATATTACHMODE",),
    "COLOR": ("I_CUSTOMCOLOR",), "LOCK": ("C_LOCK",), "GROUP": ("I_GROUPID",),
    "FADEIN": ("C_FADEINSHAPE", "D_FADEINLEN"), "FADEOUT": ("C_FADEOUTSHAPE", "D_FADEOUTLEN"),
}  # fmt: skip
TAKE_LINES = {
    "SOFFS": ("D_STARTOFFS",), "PLAYRATE": ("D_PLAYRATE", "B_PPITCH", "D_PITCH", "I_PITCHMODE"),
    "CHANMODE": ("I_CHANMODE",), "TAKEVOLPAN": ("D_PAN", "D_VOL"), "TAKECOLOR": ("I_CUSTOMCOLOR",),
}  # fmt: skip

Keys = Mapping[str, tuple[str | None, ...]]


def _numbers(line: list[str], table: Keys, values: dict[str, float]) -> None:
    for key, text in zip(table.get(line[0], ()), line[1:], strict=False):
        if key is not None:
            with contextlib.suppress(ValueError):
                values[key] = float(text)


def envelope_from(node: Node, parent: object, fx: int = -1) -> Envelope:
    """One ``<...ENV`` block."""
    envelope = Envelope(tag=node.name, name=NAMES.get(node.name, node.name), parent=parent)
    if isinstance(parent, Take):
        envelope.name = envelope.name.replace(" (Pre-FX)", "")
    if node.name == "PARMENV":
        envelope.fx_param = (fx, int(node.tokens[1].split(":")[0]))
    apply_envelope(envelope, node)
    return envelope


def apply_envelope(envelope: Envelope, node: Node) -> None:
    """Replaces an envelope's contents by a chunk's."""
    envelope.points = []
    for line in node.lines():
        if line[0] == "PT":
            selected = len(line) > 5 and line[5] == "1"
            tension = float(line[7]) if len(line) > 7 else 0.0
            shape = int(line[3]) if len(line) > 3 else 0
            point = Point(time=float(line[1]), value=float(line[2]), shape=shape, tension=tension)
            point.selected = selected
            envelope.points.append(point)
        elif line[0] == "EGUID":
            envelope.guid = line[1]
        elif line[0] in ("ACT", "VIS", "ARM"):
            flag = {"ACT": "active", "VIS": "visible", "ARM": "armed"}[line[0]]
            setattr(envelope, flag, line[1] != "0")


def _midi_from(node: Node) -> MidiData:
    events: list[tuple[float, int, bytes]] = []
    tick, scale = 0.0, 1.0
    for child in node.children:
        tokens = child.tokens if isinstance(child, Node) else child
        kind = tokens[0]
        if kind == "HASDATA":
            scale = PPQ / float(tokens[2])
        elif kind in ("E", "e", "Em", "em"):
            tick += float(tokens[1]) * scale
            flags = (kind[0] == "e") | (len(kind) > 1) << 1
            events.append((tick, flags, bytes(int(t, 16) for t in tokens[2:5])))
        elif isinstance(child, Node) and kind.lower() in ("x", "xm"):
            tick += float(tokens[1]) * scale
            flags = (kind[0] == "x") | (len(kind) > 1) << 1
            events.append((tick, flags, base64.b64decode("".join(child.raw))))
        elif kind == "ENV" and events:
            last = events[-1]
            events[-1] = (last[0], last[1] | int(tokens[1]) << 4, last[2])
    return collect(events)


def source_from(node: Node) -> Source:
    """One ``<SOURCE`` block."""
    kind = node.tokens[1] if len(node.tokens) > 1 else "EMPTY"
    source = Source(type=kind.removeprefix("_OFFLINE_"), offline=kind.startswith("_OFFLINE_"))
    lines = {line[0]: line for line in node.lines()}
    if source.type == "SECTION":
        mode = int(lines.get("MODE", ["", "0"])[1])
        source.reverse = bool(mode & 1)
        source.section_length_s = float(lines.get("LENGTH", ["", "0"])[1])
        source.section_start_s = float(lines.get("STARTPOS", ["", "0"])[1])
        inner = node.nodes("SOURCE")
        source.parent = source_from(inner[0]) if inner else Source()
    elif "HASDATA" in lines:
        source.midi = _midi_from(node)
        source.guid = lines.get("POOLEDEVTS", ["", source.guid])[1]
    elif "FILE" in lines:
        source.path = lines["FILE"][1]
    return source


def chain_from(node: Node, owner: Track | Take) -> list[Fx]:
    """The plug-ins of a chain; their automation goes to the owner."""
    chain: list[Fx] = []
    bypass = ["BYPASS", "0", "0"]
    for child in node.children:
        if isinstance(child, Node) and child.name in ("VST", "JS", "AU", "CLAP", "LV2", "DX"):
            plugin = plugins.find(child.tokens[1])
            fx = plugins.instance(plugin) if plugin else Fx(name=child.tokens[1], ident=child.tokens[1])
            fx.enabled, fx.offline = bypass[1] == "0", bypass[2] != "0"
            fx.chunk = tuple(child.raw)
            _restore_state(fx)
            chain.append(fx)
        elif isinstance(child, Node) and child.name == "PARMENV":
            owner.envelopes.append(envelope_from(child, owner, len(chain) - 1))
        elif isinstance(child, list) and child[0] == "BYPASS":
            bypass = child
        elif isinstance(child, list) and child[0] == "FXID" and chain:
            chain[-1].guid = child[1]
    return chain


def _restore_state(fx: Fx) -> None:
    """Reads back what this simulation wrote itself; a real plug-in's state stays as it is."""
    if fx.name.startswith("JS:"):
        values = " ".join(fx.chunk).split()
        for row, value in zip(fx.params, values, strict=False):
            row[1] = float(value) if value != "-" else row[1]
        fx.chunk = ()
        return
    try:
        text = base64.b64decode("".join(fx.chunk), validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return
    rows = dict(line.split("=", 1) for line in text.split("\n") if "=" in line)
    for row in fx.params:
        if row[0] in rows:
            row[1] = float(rows.pop(row[0]))
    fx.config.update(rows)
    fx.chunk = ()


def _ext(node: Node) -> dict[str, str]:
    return {line[0]: line[1] if len(line) > 1 else "" for line in node.lines()}


def apply_item(item: Item, node: Node) -> None:
    """Replaces an item's contents by a chunk's; a take that is in both keeps its handle."""
    before = {take.guid: take for take in item.takes if take is not None}
    _read_item(item, node)
    for index, take in enumerate(item.takes):
        known = before.pop(take.guid, None) if take is not None else None
        if take is not None and known is not None:
            serial = known.serial
            known.__dict__.update(take.__dict__)
            known.serial = serial
            for envelope in known.envelopes:
                envelope.parent = known
            item.takes[index] = known
    for gone in before.values():
        gone.alive = False


def _read_item(item: Item, node: Node) -> None:
    item.values = dict(ITEM)
    item.takes, item.ext, item.notes = [], {}, ""
    take: Take | None = None
    for child in node.children:
        tokens = child.tokens if isinstance(child, Node) else child
        key = tokens[0]
        if key == "TAKE" and not isinstance(child, Node):
            if not item.takes:
                item.takes.append(None)
            if "SEL" in tokens:
                item.values["I_CURTAKE"] = float(len(item.takes))
            take = None if "NULL" in tokens else Take(item=item, values=dict(TAKE))
            item.takes.append(take)
            continue
        if take is None and key in (*TAKE_LINES, "NAME", "SOURCE", "GUID", "VOLPAN", "SM", "TKM", "TAKEFX"):
            take = Take(item=item, values=dict(TAKE))
            item.takes.append(take)
        if isinstance(child, Node):
            _item_block(item, take, child)
        else:
            _item_line(item, take, child)


def _item_block(item: Item, take: Take | None, node: Node) -> None:
    if node.name == "SOURCE" and take:
        take.source = source_from(node)
    elif node.name == "NOTES":
        item.notes = "\n".join(line.removeprefix("|") for line in node.raw)
    elif node.name == "EXT":
        (take.ext if take else item.ext).update(_ext(node))
    elif node.name == "TAKEFX" and take:
        take.fx = chain_from(node, take)
    elif node.name.endswith("ENV") and take:
        take.envelopes.append(envelope_from(node, take))


def _item_line(item: Item, take: Take | None, line: list[str]) -> None:
    key = line[0]
    _numbers(line, ITEM_LINES, item.values)
    if key == "IGUID":
        item.guid = line[1]
    elif key == "VOLPAN" and take:
        _numbers(line, {"VOLPAN": ("D_VOL",)}, item.values)
        _numbers(line, {"VOLPAN": (None, "D_PAN", "D_VOL")}, take.values)
    elif take is not None:
        _numbers(line, TAKE_LINES, take.values)
        if key == "NAME":
            take.name = line[1] if len(line) > 1 else ""
        elif key == "GUID":
            take.guid = line[1]
        elif key == "TKM":
            take.markers.append([float(line[1]), line[2], int(line[3]) if len(line) > 3 else 0])
        elif key == "SM":
            parts = " ".join(line[1:]).split(" + ")
            take.stretch = [[*(float(x) for x in p.split()), 0.0][:3] for p in parts]


def apply_track(track: Track, node: Node) -> list[list[str]]:
    """Replaces a track's contents by a chunk's; its AUXRECV lines come back, for the project to connect."""
    track.values = dict(TRACK)
    track.items, track.fx, track.rec_fx, track.envelopes, track.ext = [], [], [], [], {}
    receives = []
    if len(node.tokens) > 1:
        track.guid = node.tokens[1]
    for line in node.lines():
        _numbers(line, TRACK_LINES, track.values)
        if line[0] == "NAME":
            track.name = line[1] if len(line) > 1 else ""
        elif line[0] == "PEAKCOL" and line[1] == "16576":
            track.values["I_CUSTOMCOLOR"] = 0
        elif line[0] == "AUXRECV":
            receives.append(line)
        elif line[0] == "SHOWINMIX":
            track.values["B_SHOWINMIXER"], track.values["B_SHOWINTCP"] = float(line[1]), float(line[4])
    for child in node.nodes():
        if child.name == "ITEM":
            item = Item(track=track, values=dict(ITEM))
            apply_item(item, child)
            track.items.append(item)
        elif child.name == "FXCHAIN":
            track.fx = chain_from(child, track)
        elif child.name == "FXCHAIN_REC":
            track.rec_fx = chain_from(child, track)
        elif child.name == "EXT":
            track.ext.update(_ext(child))
        elif "ENV" in child.name:
            track.envelopes.append(envelope_from(child, track))
    return receives
