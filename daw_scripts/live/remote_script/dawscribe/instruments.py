"""An instrument on a new track: by name where Live lets a script insert a device (12.3), else from the browser."""

from __future__ import annotations

from . import words

PITCHED = ("Drift", "Operator", "Wavetable", "Analog")
"""Tried after what the settings name: Drift is in every edition of Live 12."""
DRUMS = ("909 Core Kit", "808 Core Kit", "Kit-Core 909", "Kit-Core 808")
"""Drum Racks of the Core Library, by their names in Live 11 and 12 and before: an empty rack is silent."""
MAX_ITEMS = 3000
"""Entries of the browser that are looked at: the Core Library's drums and instruments are some hundreds."""
AT_A_TIME = 60
"""Entries between two pauses."""
ENDINGS = (".adg", ".adv", ".vst", ".vst3", ".component", ".amxd")


def wanted(part):
    """The names to try for a part, first to last."""
    return list(dict.fromkeys([*part["instruments"], *(DRUMS if part["is_drums"] else PITCHED)]))


def add(application, song, track, part):
    """Put the first instrument that is there on ``track``; a generator of pauses that returns warnings."""
    warnings = []
    for name in wanted(part):
        done = _insert(track, name)
        if not done:
            item = yield from _find(application.browser, name, part["is_drums"])
            done = item is not None and _load(application, song, track, item)
        if done:
            return warnings
        if name in part["instruments"]:
            warnings.append(words.MISSING.format(name=name))
    warnings.append(words.NO_INSTRUMENT.format(part=part["name"]))
    return warnings


def _insert(track, name):
    """Insert one of Live's own devices; False where this Live cannot or has none of that name."""
    if not hasattr(track, "insert_device") or name in DRUMS:
        return False
    try:
        track.insert_device(name, 0)
    except Exception:  # Live gives no reason and no type of its own
        return False
    return True


def _load(application, song, track, item):
    """Load an entry of the browser: Live puts it on the selected track."""
    before = len(track.devices)
    song.view.selected_track = track
    try:
        application.browser.load_item(item)
    except Exception:  # as above
        return False
    return len(track.devices) > before


def _find(browser, name, is_drums):
    """The loadable entry of the browser called ``name``; a generator of pauses."""
    roots = [browser.drums, browser.instruments] if is_drums else [browser.instruments, browser.sounds]
    roots += [browser.plugins, browser.user_library]
    seen = 0
    queue = list(roots)
    while queue and seen < MAX_ITEMS:
        for child in queue.pop(0).children:
            seen += 1
            if seen % AT_A_TIME == 0:
                yield
            if child.is_loadable and _plain(child.name) == _plain(name):
                return child
            if child.is_folder:
                queue.append(child)
    return None


def _plain(name):
    lowered = name.lower()
    return next((lowered[: -len(e)] for e in ENDINGS if lowered.endswith(e)), lowered)
