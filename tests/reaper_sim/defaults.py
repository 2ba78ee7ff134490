"""The numeric attributes of tracks, items and takes with the values a fresh one has."""

from __future__ import annotations

from tests.reaper_sim.model import Item, Source, Take, Track

TRACK: dict[str, float] = dict.fromkeys(
    ["B_MUTE", "B_PHASE", "B_RECMON_IN_EFFECT", "I_SOLO", "B_SOLO_DEFEAT", "I_RECARM", "I_RECMODE",
    "I_RECMON", "I_RECMONITEMS", "B_AUTO_RECARM", "I_VUMODE", "I_AUTOMODE", "I_SELECTED",
    "I_FOLDERDEPTH", "I_FOLDERCOMPACT", "I_MIDIHWOUT", "I_CUSTOMCOLOR", "I_HEIGHTOVERRIDE",
    "B_HEIGHTLOCK", "D_PAN", "D_PANLAW", "B_FREEMODE", "I_FREEMODE", "I_NUMFIXEDLANES",
    "C_LANESCOLLAPSED", "C_ALLLANESPLAY", "I_PERFFLAGS", "I_PLAY_OFFSET_FLAG", "D_PLAY_OFFSET",
    "I_MIDI_INPUT_CHANMAP", "I_MIDI_CTL_CHAN", "I_MIDI_TRACKSEL_FLAG", "B_TCPPIN", "I_SPACER", "I_WNDH",
    "I_TCPH", "I_TCPY", "I_MCPW", "I_MCPH", "I_MCPX", "I_MCPY", "I_TCPSCREENY", "C_MAINSEND_NCH",
    "C_MAINSEND_OFFS", "I_RECMODE_FLAGS", "C_LANESETTINGS"],
    0.0,
) | {
    "D_VOL": 1.0, "D_WIDTH": 1.0, "D_DUALPANL": -1.0, "D_DUALPANR": 1.0, "I_PANMODE": -1.0, "I_FXEN": 1.0,
    "I_RECINPUT": -1.0, "B_SHOWINMIXER": 1.0, "B_SHOWINTCP": 1.0, "B_MAINSEND": 1.0, "I_NCHAN": 2.0,
    "C_BEATATTACHMODE": -1.0, "F_MCP_FXSEND_SCALE": 1.0, "F_MCP_FXPARM_SCALE": 1.0, "F_MCP_SENDRGN_SCALE": 1.0,
    "F_TCP_FXPARM_SCALE": 1.0, "I_TCPH": 64.0, "I_WNDH": 64.0, "I_MIDIHWOUT": -1.0,
}  # fmt: skip

ITEM: dict[str, float] = dict.fromkeys(
    ["D_POSITION", "D_LENGTH", "B_MUTE", "C_MUTE_SOLO", "B_UISEL", "C_LOCK", "I_GROUPID", "I_LASTY",
    "I_LASTH", "I_CUSTOMCOLOR", "I_CURTAKE", "D_FADEINLEN", "D_FADEOUTLEN", "C_FADEINSHAPE",
    "C_FADEOUTSHAPE", "D_FADEINDIR", "D_FADEOUTDIR", "D_SNAPOFFSET", "B_ALLTAKESPLAY", "F_FREEMODE_Y",
    "I_FIXEDLANE", "C_LANEPLAYS", "B_FIXEDLANE_HIDDEN", "B_MUTE_ACTUAL", "IP_ITEMNUMBER",
    "C_AUTOSTRETCH", "I_CUEGROUP"],
    0.0,
) | {
    "D_VOL": 1.0, "B_LOOPSRC": 1.0, "C_BEATATTACHMODE": -1.0, "F_FREEMODE_H": 1.0, "D_FADEINLEN_AUTO": -1.0,
    "D_FADEOUTLEN_AUTO": -1.0,
}  # fmt: skip

TAKE: dict[str, float] = {
    "D_STARTOFFS": 0.0, "D_VOL": 1.0, "D_PAN": 0.0, "D_PANLAW": -1.0, "D_PLAYRATE": 1.0, "D_PITCH": 0.0,
    "B_PPITCH": 1.0, "I_LASTY": 0.0, "I_LASTH": 64.0, "I_CHANMODE": 0.0, "I_PITCHMODE": -1.0,
    "I_STRETCHFLAGS": 0.0, "F_STRETCHFADESIZE": 0.0025, "I_RECPASSID": 0.0, "I_TAKEFX_NCH": 2.0,
    "I_CUSTOMCOLOR": 0.0, "IP_TAKENUMBER": 0.0, "I_SPECEDIT": 0.0,
}  # fmt: skip

SEND: dict[str, float] = {
    "B_MUTE": 0.0, "B_PHASE": 0.0, "B_MONO": 0.0, "D_VOL": 1.0, "D_PAN": 0.0, "D_PANLAW": -1.0,
    "I_SENDMODE": 0.0, "I_AUTOMODE": -1.0, "I_SRCCHAN": 0.0, "I_DSTCHAN": 0.0, "I_MIDIFLAGS": 0.0,
}  # fmt: skip


def new_track(name: str = "") -> Track:
    """A track as InsertTrackAtIndex makes it."""
    return Track(name=name, values=dict(TRACK))


def new_item(track: Track, position: float = 0.0, length: float = 0.0) -> Item:
    """An empty item, put on its track."""
    item = Item(track=track, values=dict(ITEM) | {"D_POSITION": position, "D_LENGTH": length})
    track.items.append(item)
    sort_items(track)
    return item


def new_take(item: Item, source: Source | None = None, name: str = "") -> Take:
    """A take, appended to its item."""
    take = Take(item=item, source=source or Source(), name=name, values=dict(TAKE))
    item.takes.append(take)
    return take


def sort_items(track: Track) -> None:
    """Items stay sorted by position."""
    track.items.sort(key=lambda item: item.values["D_POSITION"])
