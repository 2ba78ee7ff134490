"""The model as state chunks."""

from __future__ import annotations

import base64

from tests.reaper_sim.chunk_text import number as n
from tests.reaper_sim.chunk_text import quote
from tests.reaper_sim.midi_events import PPQ, MidiData
from tests.reaper_sim.model import Envelope, Fx, Item, Source, Take, Track


def envelope_lines(envelope: Envelope) -> list[str]:
    """``<VOLENV2 ... >``."""
    head = envelope.tag
    if envelope.fx_param:
        head = f"PARMENV {envelope.fx_param[1]} 0 1 {n(envelope.default)}"
    lines = [f"<{head}", f"EGUID {envelope.guid}", f"ACT {int(envelope.active)} -1",
             f"VIS {int(envelope.visible)} 1 1", "LANEHEIGHT 0 0", f"ARM {int(envelope.armed)}",
             "DEFSHAPE 0 -1 -1"]  # fmt: skip
    for p in envelope.points:
        curve = f" 0 {int(p.selected)} 0 {n(p.tension)}" if p.tension or p.selected else ""
        lines.append(f"PT {n(p.time)} {n(p.value)} {p.shape}{curve}")
    return [*lines, ">"]


def midi_lines(data: MidiData, guid: str) -> list[str]:
    """``<SOURCE MIDI ... >``."""
    lines = ["<SOURCE MIDI", f"HASDATA 1 {PPQ} QN", f"POOLEDEVTS {guid}"]
    last = 0
    for tick, flags, message, tension in [*data.events(), (data.end, 0, b"\xb0\x7b\x00", 0.0)]:
        delta, last = max(0, round(tick) - last), max(round(tick), last)
        mute = "m" if flags & 2 else ""
        if message[0] >= 0xF0:
            text = base64.b64encode(message).decode()
            lines += [f"<{'x' if flags & 1 else 'X'}{mute} {delta} 0", text, ">"]
        else:
            padded = (message + b"\x00\x00")[:3]
            lines.append(f"{'e' if flags & 1 else 'E'}{mute} {delta} " + " ".join(f"{b:02x}" for b in padded))
        if flags >> 4:
            lines.append(f"ENV {flags >> 4} {n(tension)}")
    return [*lines, "IGNTEMPO 0 120 4 4", ">"]


def source_lines(source: Source) -> list[str]:
    """``<SOURCE ... >``; a section wraps its parent."""
    if source.parent is not None:
        mode = (2 if source.section_length_s else 0) | int(source.reverse)
        return ["<SOURCE SECTION", f"LENGTH {n(source.section_length_s)}", f"MODE {mode}",
                f"STARTPOS {n(source.section_start_s)}", *source_lines(source.parent), ">"]  # fmt: skip
    if source.midi is not None:
        return midi_lines(source.midi, source.guid)
    kind = ("_OFFLINE_" if source.offline else "") + source.type
    return [f"<SOURCE {kind}", *([f"FILE {quote(source.path)}"] if source.path else []), ">"]


def fx_lines(fx: Fx) -> list[str]:
    """The lines of one plug-in in a chain."""
    lines = [f"BYPASS {int(not fx.enabled)} {int(fx.offline)}"]
    if fx.name.startswith("JS:"):
        body = [f"<JS {quote(fx.ident)} {quote('')}", " ".join(n(row[1]) for row in fx.params), ">"]
    else:
        body = [f"<VST {quote(fx.name)} {quote(fx.ident)} 0 {quote('')} 0<>", *_fx_state(fx), ">"]
    return [*lines, *body, f"FXID {fx.guid}", "WAK 0 0"]


def _fx_state(fx: Fx) -> list[str]:
    if fx.chunk:
        return list(fx.chunk)
    state = "\n".join([f"{row[0]}={row[1]:.6f}" for row in fx.params] + [f"{k}={v}" for k, v in fx.config.items()])
    text = base64.b64encode(state.encode("utf-8", "surrogateescape")).decode()
    return [text[i : i + 128] for i in range(0, len(text), 128)]


def chain_lines(tag: str, chain: list[Fx], envelopes: list[Envelope]) -> list[str]:
    """``<FXCHAIN ... >``, nothing for an empty chain."""
    if not chain:
        return []
    lines = [f"<{tag}", "SHOW 0", "LASTSEL 0", "DOCKED 0"]
    for index, fx in enumerate(chain):
        lines += fx_lines(fx)
        for envelope in envelopes:
            if envelope.fx_param and envelope.fx_param[0] == index:
                lines += envelope_lines(envelope)
    return [*lines, ">"]


def take_lines(take: Take, volume: str) -> list[str]:
    """A take's lines inside its item."""
    v = take.values
    lines = [f"NAME {quote(take.name)}", volume, f"SOFFS {n(v['D_STARTOFFS'])}",
             f"PLAYRATE {n(v['D_PLAYRATE'])} {int(v['B_PPITCH'])} {n(v['D_PITCH'])} {int(v['I_PITCHMODE'])} 0 0.0025",
             f"CHANMODE {int(v['I_CHANMODE'])}", f"GUID {take.guid}"]  # fmt: skip
    if v["I_CUSTOMCOLOR"]:
        lines.append(f"TAKECOLOR {int(v['I_CUSTOMCOLOR'])} B")
    if take.ext:
        lines += ["<EXT", *[f"{k} {quote(t)}" for k, t in take.ext.items()], ">"]
    lines += [f"TKM {n(m[0])} {quote(m[1])} {m[2]}" for m in take.markers]
    lines += source_lines(take.source) if take.source else []
    if take.stretch:
        lines.append("SM " + " + ".join(f"{n(m[0])} {n(m[1])} {n(m[2])}" for m in take.stretch))
    lines += chain_lines("TAKEFX", take.fx, take.envelopes)
    for envelope in take.envelopes:
        lines += [] if envelope.fx_param else envelope_lines(envelope)
    return lines


def fade_line(side: str, v: dict[str, float]) -> str:
    """``FADEIN`` or ``FADEOUT``."""
    shape = int(v[f"C_FADE{side}SHAPE"])
    return f"FADE{side} {shape} {n(v[f'D_FADE{side}LEN'])} 0 {shape} 0 {n(v[f'D_FADE{side}DIR'])}"


def item_lines(item: Item) -> list[str]:
    """``<ITEM ... >``."""
    v = item.values
    lines = ["<ITEM", f"POSITION {n(v['D_POSITION'])}", f"SNAPOFFS {n(v['D_SNAPOFFSET'])}",
             f"LENGTH {n(v['D_LENGTH'])}", f"LOOP {int(v['B_LOOPSRC'])}", f"ALLTAKES {int(v['B_ALLTAKESPLAY'])}",
             fade_line("IN", v),
             fade_line("OUT", v),
             f"MUTE {int(v['B_MUTE'])} 0", f"SEL {int(v['B_UISEL'])}", f"IGUID {item.guid}"]  # fmt: skip
    if v["C_BEATATTACHMODE"] >= 0:
        lines.append(f"BEAT {int(v['C_BEATATTACHMODE'])}")
    if v["I_CUSTOMCOLOR"]:
        lines.append(f"COLOR {int(v['I_CUSTOMCOLOR'])} B")
    if v["C_LOCK"]:
        lines.append(f"LOCK {int(v['C_LOCK'])}")
    if v["I_GROUPID"]:
        lines.append(f"GROUP {int(v['I_GROUPID'])}")
    if item.notes:
        lines += ["<NOTES", *[f"|{line}" for line in item.notes.split("\n")], ">"]
    if item.ext:
        lines += ["<EXT", *[f"{k} {quote(t)}" for k, t in item.ext.items()], ">"]
    for index, take in enumerate(item.takes):
        active = int(v["I_CURTAKE"]) == index
        if index:
            lines.append("TAKE SEL" if active else "TAKE" if take else "TAKE NULL")
        if take is not None:
            levels = f"{n(take.values['D_PAN'])} {n(take.values['D_VOL'])} -1"
            lines += take_lines(take, f"TAKEVOLPAN {levels}" if index else f"VOLPAN {n(v['D_VOL'])} {levels}")
    return [*lines, ">"]


def track_lines(track: Track, receives: list[str] = ()) -> list[str]:  # type: ignore[assignment]
    """``<TRACK ... >``."""
    v = track.values
    depth = int(v.get("I_FOLDERDEPTH", 0))
    kind = 1 if depth > 0 else 2 if depth < 0 else 0
    lines = [f"<TRACK {track.guid}", f"NAME {quote(track.name)}", f"PEAKCOL {int(v['I_CUSTOMCOLOR']) or 16576}",
             f"BEAT {int(v['C_BEATATTACHMODE'])}", f"AUTOMODE {int(v['I_AUTOMODE'])}",
             f"VOLPAN {n(v['D_VOL'])} {n(v['D_PAN'])} {n(v['D_PANLAW'] or -1)} -1 {n(v['D_WIDTH'])}",
             f"MUTESOLO {int(v['B_MUTE'])} {int(v['I_SOLO'])} 0", f"IPHASE {int(v['B_PHASE'])}",
             f"ISBUS {kind} {depth}", f"BUSCOMP {int(v['I_FOLDERCOMPACT'])} 0 0 0 0",
             f"SHOWINMIX {int(v['B_SHOWINMIXER'])} 0.6667 0.5 {int(v['B_SHOWINTCP'])} 0.5 0 0 0",
             f"SEL {int(v['I_SELECTED'])}",
             f"REC {int(v['I_RECARM'])} {int(v['I_RECINPUT'])} {int(v['I_RECMON'])} 0 0 0 0 0",
             f"TRACKHEIGHT {int(v['I_HEIGHTOVERRIDE'])} 0 0 0 0 0", f"NCHAN {int(v['I_NCHAN'])}",
             f"FX {int(v['I_FXEN'])}", f"TRACKID {track.guid}", "PERF 0", f"MIDIOUT {int(v['I_MIDIHWOUT'])}",
             f"MAINSEND {int(v['B_MAINSEND'])} 0"]  # fmt: skip
    if track.ext:
        lines += ["<EXT", *[f"{k} {quote(t)}" for k, t in track.ext.items()], ">"]
    lines += receives
    for envelope in track.envelopes:
        lines += [] if envelope.fx_param else envelope_lines(envelope)
    lines += chain_lines("FXCHAIN", track.fx, track.envelopes)
    lines += chain_lines("FXCHAIN_REC", track.rec_fx, [])
    for item in track.items:
        lines += item_lines(item)
    return [*lines, ">"]
