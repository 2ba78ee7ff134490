"""What all objects of the simulated Live share: they die, they grew with the versions, their changes can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NOTIFICATION = "Changes cannot be triggered by notifications. You will need to defer your response."
SINCE = {
    "create_midi_clip": (12, 2), "create_audio_clip": (12, 2), "insert_device": (12, 3), "insert_chain": (12, 3),
    "add_new_notes": (11, 0), "remove_notes_extended": (11, 0), "get_notes_extended": (11, 0), "get_data": (9, 7),
    "duplicate_clip_to_arrangement": (11, 0), "warp_markers": (11, 0), "gain_display_string": (9, 7),
}  # fmt: skip
"""Member -> the Live that brought it (facts.md b.1 and b.2; the last two are old enough for all that we support)."""


class World:
    """What one running Live has once: its version, its undo history, whether a notification is on."""

    def __init__(self, version: tuple[int, int, int]) -> None:
        self.version = version
        self.notifying = False
        self.undo_steps: list[list[Callable[[], None]]] = []
        self._open: list[Callable[[], None]] | None = None
        self.undoing = False

    def change(self, back: Callable[[], None]) -> None:
        """Note a change of the Set with the way back; refuse it inside a notification."""
        if self.notifying:
            raise RuntimeError(NOTIFICATION)
        if self.undoing:
            return
        if self._open is not None:
            self._open.append(back)
        else:
            self.undo_steps.append([back])

    def begin(self) -> None:
        """Open an undo step."""
        if self._open is None:
            self._open = []

    def end(self) -> None:
        """Close it; an empty one leaves no trace."""
        if self._open:
            self.undo_steps.append(self._open)
        self._open = None

    @property
    def is_open(self) -> bool:
        """Whether an undo step is open."""
        return self._open is not None

    def undo(self) -> None:
        """Take the last step back; one that is open ends with it."""
        self.end()
        self.undoing = True
        for back in reversed(self.undo_steps.pop()):
            back()
        self.undoing = False


class LiveObject:
    """An object of Live's: unusable once deleted, and then equal to None."""

    _alive = True
    _world: World

    def __init__(self, world: World) -> None:
        object.__setattr__(self, "_world", world)

    def __getattribute__(self, name: str) -> Any:
        get = object.__getattribute__
        if not name.startswith("_"):
            if not get(self, "_alive"):
                raise RuntimeError(f"{type(self).__name__}.{name}: the object has been deleted")
            if SINCE.get(name, (0, 0)) > get(self, "_world").version[:2]:
                raise AttributeError(name)
        return get(self, name)

    def __eq__(self, other: object) -> bool:
        return not self._alive if other is None else self is other

    def __hash__(self) -> int:
        return id(self)

    def _set(self, name: str, value: Any) -> None:
        """Change an attribute, undoably."""
        before = object.__getattribute__(self, name)
        self._world.change(lambda: object.__setattr__(self, name, before))
        object.__setattr__(self, name, value)

    def _die(self) -> None:
        object.__setattr__(self, "_alive", False)

    def _revive(self) -> None:
        object.__setattr__(self, "_alive", True)


def undoable(name: str) -> Any:
    """A property that is kept in ``_<name>`` and changed undoably."""

    def get(self: Any) -> Any:
        return getattr(self, f"_{name}")

    def put(self: Any, value: Any) -> None:
        self._set(f"_{name}", value)

    return property(get, put)


def read_only(name: str) -> Any:
    """A property without a setter, as Live has them."""
    return property(lambda self: getattr(self, f"_{name}"))
