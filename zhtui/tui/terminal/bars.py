"""Scrollbars that are looked at once more."""

from __future__ import annotations

from textual.widget import Widget


def look_again(widget: Widget) -> None:
    """Shows or hides a widget's scrollbars for the size that it scrolls over. Textual looks when
    that size or the room changes; not where it was known before the room was.
    """
    widget._refresh_scrollbars()
