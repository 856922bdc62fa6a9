"""All members of a family of heatmaps, as thumbnails."""

from __future__ import annotations

from collections.abc import Mapping

from zhtui.draw.cells import Cells
from zhtui.lesson.views import Heatmap
from zhtui.tui.screens.inspect import thumb_picture
from zhtui.tui.screens.inspect.families import Place
from zhtui.tui.widgets.drawn import Drawn


class Thumbs(Drawn, can_focus=False):
    """Thumbnails; the screen moves the choice."""

    DEFAULT_CSS = "Thumbs { overflow: hidden auto; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.members: Mapping[Place, Heatmap] = {}
        self.chosen: Place = (1, 1)

    def show(self, members: Mapping[Place, Heatmap], chosen: Place) -> None:
        """Other members, or another choice."""
        self.members, self.chosen = members, chosen
        self.redraw()

    def draw(self, width: int, height: int) -> Cells:
        return thumb_picture.draw(self.members, self.chosen, width, height, self.palette.rich)
