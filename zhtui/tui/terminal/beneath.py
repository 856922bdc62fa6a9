"""What is drawn again of a screen: only what changed, when it opens, under a dialog and when the
keys move on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.app import RenderResult
from textual.color import Color
from textual.css.styles import RulesMap
from textual.events import ScreenResume
from textual.geometry import Region, Size
from textual.reactive import Reactive
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.style import Style as VisualStyle
from textual.visual import RenderOptions, Visual
from textual.widget import Widget

T = TypeVar("T")


class Once(Screen[T]):
    """A screen that is styled, laid out and painted once when it opens.

    Textual's own is styled again each time that it comes into sight (another theme styles all
    screens, those below too), is laid out again when it is told the size that it was laid out for,
    and is painted whole again after its first frame, and after each change of what stands where.

    What waits for a frame of Textual's own (`call_after_refresh`) waits for ever where another
    screen covers it and the terminal tells its size, as it does at the start: the size stops the
    timer of the frame. Here it goes on.
    """

    def on_screen_resume(self, event: ScreenResume) -> None:
        event.refresh_styles = False  # read by Textual's own handler, which comes after
        if not self.outer_size:  # it will lay out, paint all, and want all to be painted once more
            self.call_next(self._painted)

    def _painted(self) -> None:
        self._repaint_required = False

    def _screen_resized(self, size: Size) -> None:
        if size != self.outer_size or not self.is_active:  # no timer lays out what is out of sight
            super()._screen_resized(size)
            self.check_idle()  # what is still to be drawn has its timer again

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Once[T]:
        """Paints the screen; laid out anew it paints what moved, and no more than that."""
        some = repaint and not layout
        super().refresh(*regions, repaint=some, layout=layout, recompose=recompose)
        return self


class Beneath(Once[Any]):
    """A screen that comes to rest under a dialog.

    Textual's own marks itself to be painted whole once more each time that anything on it was drawn
    under a dialog: one change there and the frame is sent again and again, as long as the dialog is
    open. The dialog is drawn anew as before; when it goes, the whole screen is.

    Textual's own is also painted whole whenever another widget takes the keys. Here only the two
    widgets are, that which loses them and that which takes them.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        if self is not self.app.screen:
            self._repaint_required = False


class Dialog(ModalScreen[T], Once[T]):
    """A small screen over a screen, which is seen through its colour."""

    def render(self) -> RenderResult:  # type: ignore[override]  # any widget may give a Visual
        """What lies around the dialog."""
        around = super().render()
        return Tinted(around) if isinstance(around, BackgroundScreen) else around


class Tinted(Visual):
    """The screen beneath as Textual shows it; a style is tinted once, and not with every word."""

    def __init__(self, around: BackgroundScreen) -> None:
        self.screen, self.color = around.screen, around.color

    def render_strips(
        self, width: int, height: int | None, style: VisualStyle, options: RenderOptions
    ) -> list[Strip]:
        ground, strips = style.rich_style, self.screen._compositor.render_strips()
        return [Strip(self._tinted(strip, ground), strip.cell_length) for strip in strips]

    def _tinted(self, strip: Strip, ground: Style) -> list[Segment]:
        return [Segment(text, ground + tint(look, self.color)) for text, look, _ in strip]

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self.screen.outer_size.height


@lru_cache(maxsize=512)
def tint(look: Style | None, color: Color) -> Style:
    """A style of the screen beneath, as it is seen through a colour."""
    (segment,) = BackgroundScreen.process_segments([Segment(" ", look)], color)
    return segment.style or Style()
