"""The cursor of every view by one rule: enter or a click puts it in, arrows move it, esc leaves."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from test_view_pictures import every
from textual.app import App, ComposeResult

from zhtui.draw import pictures
from zhtui.draw.cells import Cells
from zhtui.lesson.views import Curves, Graph, Heatmap, Node, Table, View
from zhtui.tui.widgets.views import ViewWidget, widget_for

NAMES = sorted(every())


class Shown(App[None]):
    """One view, and what was heard of it."""

    BINDINGS: ClassVar = [("left", "frame(-1)"), ("right", "frame(1)"), ("escape", "out")]

    def __init__(self, view: View, *, eager: bool = False) -> None:
        super().__init__()
        self.widget = widget_for(view, eager=eager)
        self.heard: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_mount(self) -> None:
        self.widget.focus()

    def on_view_widget_pointed(self, message: ViewWidget.Pointed) -> None:
        self.heard.append((message.row, message.column))

    def on_view_widget_chosen(self, message: ViewWidget.Chosen) -> None:
        self.heard.append(("chosen", message.row, message.column))

    def on_view_widget_left(self, message: ViewWidget.Left) -> None:
        self.heard.append("left")

    def action_frame(self, by: int) -> None:
        self.heard.append(f"frame {by}")

    def action_out(self) -> None:
        self.heard.append("out")


@pytest.mark.parametrize("name", NAMES)
async def test_enter_puts_the_cursor_in_arrows_move_it_and_esc_takes_it_out(name: str) -> None:
    app = Shown(every()[name])
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.press("right", "escape")
        assert app.heard == ["frame 1", "out"], "without a cursor the keys are the screen's"
        await pilot.press("enter", "right", "down", "left", "up", "l", "j")
        cells = app.heard[2:]
        assert len(cells) == 7
        assert all(isinstance(cell, tuple) for cell in cells)
        assert len(set(cells)) > 1, "it moved"
        rows, columns = pictures.shape(app.widget.view)
        assert all(0 <= i < rows and 0 <= j < columns for i, j in cells)
        await pilot.press("enter", "escape", "escape")
        assert app.heard[-3:] == [("chosen", *cells[-1]), "left", "out"]
        assert app.widget.cursor is None


@pytest.mark.parametrize("name", NAMES)
async def test_a_click_puts_the_cursor_there_and_another_takes_the_cell(name: str) -> None:
    app = Shown(every()[name])
    async with app.run_test(size=(60, 16)) as pilot:
        assert isinstance(app.widget.cells, Cells)
        assert app.widget.cells.spots is not None
        rows, columns = pictures.shape(app.widget.view)
        cell = rows - 1, columns - 1
        box = app.widget.cells.spots.box(cell)
        assert box is not None
        for _ in range(2):
            await pilot.click(app.widget, offset=(box[0], box[1]))
        assert app.heard == [cell, ("chosen", *cell)]


async def test_an_eager_picture_takes_the_first_arrow() -> None:
    app = Shown(Heatmap(np.eye(3)), eager=True)
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.press("down", "down", "right")
        assert app.heard == [(0, 0), (1, 0), (1, 1)]


async def test_a_graph_is_walked_as_it_lies() -> None:
    nodes = [Node(name, [name]) for name in ("x", "w", "m", "out")]
    graph = Graph(nodes, [("x", "m"), ("w", "m"), ("m", "out")])
    app = Shown(graph)
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.press("enter", "right", "right", "left", "left", "down")
        names = [nodes[row].id for row, _ in app.heard]
        assert names[:4] == ["x", "m", "out", "m"]
        assert set(names[4:]) == {"x", "w"}


async def test_a_curve_is_walked_by_columns_and_the_cursor_goes_over_at_its_place() -> None:
    x = np.linspace(0, 1, 10_000)
    app = Shown(Curves({"a": (x, x), "b": (x[::2], 1 - x[::2])}))
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.press("enter", *["right"] * 20)
        (_, before), _ = app.heard[-1], await pilot.press("down")
        assert before > 1000
        assert app.heard[-1][0] == 1
        assert abs(2 * app.heard[-1][1] - before) < 300
        await pilot.press("left")
        assert app.heard[-1][1] < before // 2


@pytest.mark.parametrize("view", [
    Graph([Node(str(i), [str(i)]) for i in range(30)], [(str(i), str(i + 1)) for i in range(29)]),
    Table(["n", *"abcdefgh"], [[i, *[1_000_000_000] * 8] for i in range(5000)]),
])  # fmt: skip
async def test_the_picture_scrolls_to_the_cursor(view: View) -> None:
    app = Shown(view)
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("enter", *["right"] * 8, *["shift+down"] * 30)
        await pilot.pause()
        widget, cursor = app.widget, app.widget.cursor
        assert cursor is not None
        assert isinstance(widget.cells, Cells)
        assert widget.cells.spots is not None
        box = widget.cells.spots.box(cursor)
        assert box is not None
        left, top = (
            widget.scroll_offset.x,
            widget.scroll_offset.y - (widget.top == 0) * widget.scroll_offset.y,
        )
        assert left <= box[0] < left + widget.room.width
        assert top <= box[1] < top + widget.room.height
        if isinstance(view, Table):
            assert cursor[0] == 240
            assert widget.cells.height == widget.room.height, "only rows in sight are drawn"


async def test_a_table_that_scrolls_across_shows_no_part_of_a_number() -> None:
    app = Shown(Table(["name", "first", "second"], [["row", 123_456, 789_012]]))
    async with app.run_test(size=(14, 6)) as pilot:
        lines = [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
        assert lines[2] == "  row        …"
        app.widget.scroll_to(x=11, animate=False, immediate=True)
        await pilot.pause()
        lines = [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
        assert lines[2] == "…     789,012"


def counted(rows: int, mark: int | None = None) -> Table:
    return Table(["n", "square"], [(i, i * i) for i in range(rows)], mark)


def seen(app: Shown) -> list[str]:
    """The rows of a table that are in sight, without its bar."""
    return [" ".join(strip.text.split()[:3]).rstrip("▁▂▃▄▅▆▇█ ") for strip in
            app.screen._compositor.render_strips()[2:]]  # fmt: skip


async def test_a_table_that_has_grown_beyond_its_room_has_a_bar_at_once() -> None:
    app = Shown(counted(6))
    async with app.run_test(size=(20, 8)) as pilot:
        app.widget.show(counted(7))
        assert app.widget.show_vertical_scrollbar
        app.widget.scroll_end(animate=False, immediate=True)
        await pilot.pause()
        assert seen(app)[-1].startswith("6 36")


async def test_the_marked_row_comes_into_sight_with_its_frame() -> None:
    app = Shown(counted(20, mark=15))
    async with app.run_test(size=(20, 8)) as pilot:
        assert seen(app)[-1].startswith("◆ 15 225")
        app.widget.show(counted(20, mark=2))
        await pilot.pause()
        assert seen(app)[0].startswith("◆ 2 4")
        app.widget.scroll_to(y=10, animate=False, immediate=True)
        await pilot.pause()
        assert seen(app)[0].startswith("10 100"), "the learner may look elsewhere"
        app.widget.point((10, 0))
        app.widget.show(counted(20, mark=3))
        await pilot.pause()
        assert app.widget.scroll_offset.y == 10, "the cursor stays in sight"
        app.widget.clear_cursor()
        await pilot.pause()
        assert app.widget.scroll_offset.y == 10


async def test_a_row_that_is_asked_for_comes_into_sight() -> None:
    app = Shown(counted(20))
    async with app.run_test(size=(20, 8)) as pilot:
        app.widget.mark(hidden=(17, 1))
        await pilot.pause()
        assert seen(app)[-1].startswith("17 ?")


async def test_another_frame_keeps_the_cursor_and_what_moved_is_marked() -> None:
    app = Shown(Heatmap(np.eye(5)))
    async with app.run_test(size=(60, 16)) as pilot:
        app.widget.point((4, 4))
        app.widget.show(Heatmap(np.eye(3)))
        await pilot.pause()
        last = app.widget.cells.text(app.widget.cells.height - 1)
        assert '"' not in last
        assert "row 2 → column 2  1" in last
        app.widget.mark(wrong=np.eye(3, dtype=bool))
        await pilot.pause()
        assert "!" in "".join(app.widget.cells.lines())
        app.widget.mark()
        await pilot.pause()
        assert "!" not in "".join(app.widget.cells.lines())
        assert app.widget.cursor == (4, 4)
