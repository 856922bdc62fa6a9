"""The palette: every key that works on a screen, by its sentence, and with the key itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import Keyboard


def commands(screen: Screen[Any], keyboard: Keyboard) -> Iterator[SystemCommand]:
    """What may be called now: the keys of the focused widget, of the screen and of the lab."""
    own = (keys.row(place) for _, place in getattr(screen, "explained", ("", ()))[1])
    known = {key.id: key for place in (*keys.PLACES.values(), *own) for key in place}
    active = {each.binding.id: each for each in screen.active_bindings.values() if each.enabled}
    for id, each in active.items():
        key = known.get(id or "")
        if key is not None and key.text and key.id != "app.palette":
            call = partial(screen.app.run_action, each.binding.action, each.node)
            yield SystemCommand(key.text, keyboard.name(key), call)
