"""What turns cells into strips: the widget that all pictures are. Only lines that changed are
sent.
"""

from __future__ import annotations

from rich.color import Color, ColorParseError
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from zhtui.draw.grid import Grid, Page, inks
from zhtui.draw.inks import CURSOR, DARK, Palette
from zhtui.tui.terminal import bars


def palette_of(app: object) -> Palette:
    """The palette that an app draws with; the dark one in an app that has none."""
    palette = getattr(app, "palette", None)
    return palette if isinstance(palette, Palette) else DARK


def _colour(name: str) -> Color | None:
    try:
        return Color.parse(name) if name else None
    except ColorParseError:
        return None


class Inkwell(dict[int, Style]):
    """Styles by look, made once; every segment gets one, which NO_COLOR needs."""

    def __init__(self, palette: Palette, ground: Style) -> None:
        super().__init__()
        self.palette, self.ground = palette, ground

    def __missing__(self, look: int) -> Style:
        """The style of an ink on a paper, over the widget's own."""
        style = self[look] = self.ground + self._make(*inks(look))
        return style

    def _make(self, ink: int, paper: int) -> Style:
        colours, bold = self.palette.colours, ink in self.palette.bold
        line = ink in self.palette.underlined
        front = _colour(self.palette.front(ink, paper))
        back = _colour(colours[paper]) if paper else None
        bare = self.palette.name == "none" or paper == CURSOR  # its colour is the terminal's own
        if paper and back is None and bare:
            return Style(bold=bold, underline=line, reverse=True)
        return Style(color=front, bgcolor=back, bold=bold, underline=line)

    def strip(self, cells: Grid, y: int) -> Strip:
        """Row `y` of a grid."""
        return Strip([Segment(text, self[look]) for text, look in cells.runs(y)], cells.width)


class Drawn(ScrollView, can_focus=True):
    """A picture that is drawn whole and shown through a window; it scrolls where it is larger.

    A subclass implements `draw`; `redraw` draws afresh and sends what changed, or waits until it is
    seen.
    """

    DEFAULT_CSS = "Drawn { scrollbar-size: 1 1; scrollbar-gutter: auto; overflow: auto auto; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cells: Grid = Page(0, 0)
        self._ink = Inkwell(DARK, Style())
        self._ground: Style | None = None  # the widget's own style, until it changes
        self._first: Size | None = None  # the room that it was first drawn for

    def draw(self, width: int, height: int) -> Grid:
        """The picture, at least as large as the room."""
        return Page(width, height)

    @property
    def palette(self) -> Palette:
        """What the picture is drawn with."""
        return palette_of(self.app)

    @property
    def room(self) -> Size:
        """The cells inside the border, less the scrollbars' own."""
        return self.scrollable_content_region.size

    @property
    def top(self) -> int:
        """The row of the picture that stands on the window's first line."""
        return self.scroll_offset.y

    def redraw(self) -> None:
        """Draws afresh and refreshes the lines that changed."""
        if not self.is_mounted or not self.room.area:
            return
        before, self.cells = self.cells, self.draw(*self.room)
        changed = self.cells.differs(before)
        size = Size(self.cells.width, self.cells.height)
        if changed is None or size != self.virtual_size or self._bars(size) != self._shown_bars:
            self._resize(size)
            self.refresh()
            return
        for y in changed:
            self.refresh(Region(0, y - self.scroll_offset.y, self.size.width, 1))

    def _resize(self, size: Size) -> None:
        """The picture is larger or smaller. While the scrollbars stay, nothing is laid out anew."""
        if self.styles.auto_dimensions or self._bars(size) != self._shown_bars:
            self.virtual_size = size
            bars.look_again(self)
            return
        self.set_reactive(Drawn.virtual_size, size)
        if self.show_horizontal_scrollbar:
            self.horizontal_scrollbar.window_virtual_size = size.width
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = size.height
        if self.scroll_x > self.max_scroll_x or self.scroll_y > self.max_scroll_y:
            x, y = min(self.scroll_x, self.max_scroll_x), min(self.scroll_y, self.max_scroll_y)
            self.scroll_to(x, y, animate=False)

    @property
    def _shown_bars(self) -> tuple[bool, bool]:
        return self.show_horizontal_scrollbar, self.show_vertical_scrollbar

    def _bars(self, size: Size) -> tuple[bool, bool]:
        """Which scrollbars a picture needs in this room: below it, at its right."""
        flows = self.styles.overflow_x, self.styles.overflow_y
        more = size.width > self.room.width, size.height > self.room.height
        across, down = (
            flow == "scroll" or (flow == "auto" and larger)
            for flow, larger in zip(flows, more, strict=True)
        )
        return across, down

    def on_mount(self) -> None:
        self.redraw()

    def on_resize(self) -> None:
        first, self._first = self._first, None
        if first is None or first != self.room:
            self.redraw()

    def _draw_first(self) -> None:
        """Draws in time for the first frame, which comes before the message that tells the size."""
        room = self.room
        if self.is_mounted and room.area:
            self.cells = self.draw(*room)
            if (self.cells.width, self.cells.height) == room:  # else it scrolls: laid out anew
                self._first = room
                self.set_reactive(Drawn.virtual_size, room)

    def watch_show_vertical_scrollbar(self) -> None:
        """Draws for the room that a scrollbar takes, or gives back."""
        self.redraw()

    def watch_has_focus(self, focused: bool) -> None:
        """Styles nothing afresh. A picture that shows whether it has the keys redraws here, not in
        `on_focus`, which comes before `has_focus` is set.
        """

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._ground = None

    def render_line(self, y: int) -> Strip:
        """Line `y` of the window."""
        if not self.cells.height:
            self._draw_first()
        if self._ground is None:
            self._ground = self.rich_style
        ground = self._ground
        if self._ink.palette is not self.palette or self._ink.ground != ground:
            self._ink = Inkwell(self.palette, ground)
        left, row = self.scroll_offset.x, y + self.top
        width = self.size.width
        if row >= self.cells.height:
            return Strip.blank(width, ground)
        return self._ink.strip(self.cells, row).crop_extend(left, left + width, ground)
