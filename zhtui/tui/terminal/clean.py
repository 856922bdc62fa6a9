"""No text of anybody's commands the terminal: the last look at what is drawn.

The lab's own pictures hold nothing but signs. What Textual itself draws (a notice, a dialog's
question, a title) may carry a stranger's words.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from zhtui.wording import UNSEEN


class Clean(LineFilter):
    """Puts a dot in place of whatever a terminal would obey."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(each.text.isprintable() for each in segments):
            return segments
        return [Segment(UNSEEN.sub("·", each.text), each.style, each.control) for each in segments]


CLEAN = Clean()
