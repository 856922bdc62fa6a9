"""Screens that are styled as seldom as can be: each time takes up to a millisecond a widget."""

from __future__ import annotations

from collections.abc import Mapping

from textual.events import ScreenResume
from textual.screen import Screen


class StyledOnce:
    """A screen whose widgets were styled when they were mounted, and are not once more when it
    comes into sight; another theme styles all screens, those below too.
    """

    def on_screen_resume(self, event: ScreenResume) -> None:
        event.refresh_styles = False  # read by Textual's own handler, which comes after


def mark(screen: Screen[None], marks: Mapping[str, bool]) -> None:
    """Gives a screen some classes and takes others, at once: each change styles every widget."""
    classes = (screen.classes - marks.keys()) | {name for name, on in marks.items() if on}
    if classes != screen.classes:
        screen.set_classes(classes)
