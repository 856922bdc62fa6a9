"""The views of a frame as tiles: a name keeps its place from frame to frame, one may be alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.containers import Container

from zhtui.ask.shown import Shown
from zhtui.draw import tiling
from zhtui.draw.marks import Cell, Marks
from zhtui.lesson.explore import Spot
from zhtui.lesson.views import Text, View
from zhtui.runs import view_files
from zhtui.tui.widgets.views import WIDGETS, ViewWidget, widget_for

IDLE = 12  # widgets that are kept for views that may come again
MARK = "▸ "  # before the name of the one that has the keys


class Tiles(Container):
    """One widget a view. `chosen` has the keys; `alone` shows no other."""

    DEFAULT_CSS = """
    Tiles { layout: grid; grid-gutter: 0; width: 1fr; height: 1fr; }
    Tiles .view { border: round $border; border-title-color: $foreground; }
    Tiles .view { width: 1fr; height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__(id="tiles")
        self.known: dict[str, ViewWidget] = {}
        self.idle: dict[str, ViewWidget] = {}  # of views that are gone and may come again
        self.chosen = ""
        self.alone = False  # by the learner's wish
        self.single = False  # since there is room for few: all that can be read, or one
        self.wish = ""  # the view that the learner chose; back at it whenever it is there
        self.cursors: dict[str, Cell] = {}  # of views that are not in this frame
        self.hides = False  # not all views are in sight
        self.asked: dict[str, tuple[View, tiling.Want]] = {}  # the room that each view asks for
        self._shaped: tuple[int, int, str] | None = None
        self._shown: Shown | None = None  # the frame that came last

    def forget(self) -> None:
        """What comes is of another scene."""
        self.chosen, self.wish, self.cursors, self.asked = "", "", {}, {}

    # What is shown

    def show(self, shown: Shown, hidden: Spot | None) -> None:
        """Another frame."""
        before = {name: widget.view for name, widget in self.known.items()}
        had_keys = self._has_keys()  # before a view that goes gives them to the next
        for name, widget in list(self.known.items()):
            if not _fits(widget, shown.views.get(name)):
                self._drop(name)
        fresh = [name for name in shown.views if name not in self.known]
        made = [self._make(name, shown.views[name]) for name in fresh]
        self.known = {name: self.known[name] for name in shown.views}
        for name, widget in self.known.items():
            widget.view = shown.views[name]
            _mark(widget, name, shown, hidden)
        again, self._shown = shown is self._shown, shown
        if hidden is not None and hidden.view in self.known:
            self.chosen = hidden.view
        elif not again:  # else what was asked for is told, and stays in sight
            self._choose(shown, before)
        self.mount_all([widget for widget in made if not widget.is_attached])
        if fresh:
            order = list(self.known.values())
            self.sort_children(key=lambda child: order.index(child) if child in order else -1)
        self.place()
        if had_keys:
            self.focus_chosen()

    def _make(self, name: str, view: View) -> ViewWidget:
        """A widget for a view: the one that it had before, else a new one, which takes 20 ms to be
        styled.
        """
        widget = self.idle.pop(name, None)
        if widget is None or not _fits(widget, view):
            if widget is not None:
                widget.remove()
            widget = widget_for(view)
            widget.marks = Marks(self.cursors.get(name))
        widget.view = view
        self.known[name] = widget
        return widget

    def _drop(self, name: str) -> None:
        widget = self.known.pop(name)
        self.cursors.pop(name, None)
        if widget.cursor is not None:
            self.cursors[name] = widget.cursor
        widget.display = False
        self.idle[name] = widget
        while len(self.idle) > IDLE:
            self.idle.pop(next(iter(self.idle))).remove()

    def _has_keys(self) -> bool:
        if not self.is_attached:  # the screen was left while this was on its way
            return False
        focus = self.screen.focused
        return focus is None or focus in self.children

    def _choose(self, shown: Shown, before: Mapping[str, View]) -> None:
        """The wished one, else the first; where there is room for one only, what tells most."""
        names = list(shown.views)
        new = [name for name in names if name not in before]
        if self.wish in names:
            self.chosen = self.wish
        elif self.single:
            told = telling(shown, before, self.chosen)
            if self.cursor is None or told in new:
                self.chosen = told
        elif names and (new or self.chosen not in names):
            self.chosen = names[0]

    @property
    def widget(self) -> ViewWidget | None:
        """The view that has the keys."""
        return self.known.get(self.chosen)

    @property
    def cursor(self) -> Spot | None:
        """The cell under the cursor of the view that has the keys."""
        cell = None if self.widget is None else self.widget.cursor
        return None if cell is None else Spot(self.chosen, *cell)

    def name_of(self, widget: object) -> str:
        """The name of the view that a widget shows."""
        return next((name for name, each in self.known.items() if each is widget), "")

    # Which are in sight

    def turn(self, by: int) -> None:
        """The next view has the keys."""
        names = list(self.known)
        if names:
            here = names.index(self.chosen) if self.chosen in names else 0
            self.take(names[(here + by) % len(names)])

    def take(self, name: str) -> None:
        """A view has the keys, from now on."""
        self.chosen = self.wish = name
        self.place()

    def on_resize(self) -> None:
        """The room is another: what stands below has grown, or the knobs beside were shown."""
        self.place()

    def place(self) -> None:
        """Puts the tiles that there is room for side by side, the chosen one among them."""
        names = list(self.known)
        columns, rows = self._grid()
        inside = self._window(names, columns * len(rows))
        for name, widget in self.known.items():
            widget.display = name in inside
            widget.border_title = (MARK if name == self.chosen and len(names) > 1 else "") + name
        self._shape(columns, rows, [self.known[name] for name in inside])
        self.hides = len(inside) < len(names)
        if self._has_keys():
            self.focus_chosen()

    def focus_chosen(self) -> None:
        """The chosen view has the keys."""
        self.screen.set_focus(self.widget, scroll_visible=False)

    def _grid(self) -> tuple[int, list[int]]:
        """The columns of tiles, and the lines that each row of them has."""
        if self.alone or len(self.known) < 2:
            return 1, [1]
        if self.single:
            views = [widget.view for widget in self.known.values()]
            return tiling.together(views, *self.size) or (1, [1])
        for name, widget in self.known.items():
            if name not in self.asked or self.asked[name][0] is not widget.view:
                self.asked[name] = widget.view, tiling.wants(widget.view)
        return tiling.grid([self.asked[name][1] for name in self.known], *self.size)

    def _window(self, names: Sequence[str], room: int) -> Sequence[str]:
        here = names.index(self.chosen) if self.chosen in names else 0
        first = min(max(here - room // 2, 0), max(len(names) - room, 0))
        return names[first : first + room]

    def _shape(self, columns: int, rows: Sequence[int], shown: Sequence[ViewWidget]) -> None:
        """Gives rows their heights; the last picture fills its row."""
        for index, widget in enumerate(shown):
            last = index == len(shown) - 1
            wanted = columns - index % columns if last else 1
            if widget.styles.column_span != wanted:
                widget.styles.column_span = wanted
        heights = " ".join(f"{share}fr" for share in rows)
        shape = columns, len(rows), heights
        if shown and shape != self._shaped:
            self._shaped = shape
            self.styles.grid_size_columns, self.styles.grid_size_rows = shape[:2]
            self.styles.grid_rows = heights


def telling(shown: Shown, before: Mapping[str, View], chosen: str) -> str:
    """The view that tells most of a frame, for a room where one stands alone. What is new and more
    than a line of text; else the one that was `chosen` as long as it changes; else what does
    change, a text only where nothing else does. Of more than one, what the frame can ask for.
    Nothing is new to a scene in which none was chosen before.
    """
    names = list(shown.views)
    pictures = [name for name in names if not isinstance(shown.views[name], Text)]
    new = [name for name in names if chosen and name not in before]
    changed = [name for name in names if name in new or name in shown.moved]
    first = [name for name in pictures if name in new]
    then = [name for name in pictures if name in changed]
    here = [chosen] if chosen in names else []
    lit = chosen in pictures and chosen not in then  # its numbers stay; what does it light?
    if lit and _told(before.get(chosen)) != _told(shown.views[chosen]):
        then.append(chosen)
    best = first or then or changed or here or pictures or names or [""]
    asked = shown.predict.view if chosen and shown.predict is not None else ""
    return next((name for name in (chosen, asked) if name in best), best[0])


def _told(view: View | None) -> dict[str, object]:
    """All that a view tells, its lights and marks too, less its note."""
    return {} if view is None else {**view_files.encode(view), "note": ""}


def _fits(widget: ViewWidget, view: View | None) -> bool:
    return view is not None and type(widget) is WIDGETS[type(view)]


def _mark(widget: ViewWidget, name: str, shown: Shown, hidden: Spot | None) -> None:
    asked = hidden is not None and hidden.view == name
    cell = (hidden.row, hidden.column) if hidden is not None and asked else None
    widget.mark(shown.moved.get(name), shown.wrong.get(name), cell)
