"""Which picture of a frame is in sight where there is room for one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from textual.app import App, ComposeResult

from zhtui.ask import cells
from zhtui.ask.shown import Shown
from zhtui.lesson.explore import Spot
from zhtui.lesson.views import Board, Curves, Heatmap, Table, Text, View
from zhtui.tui.widgets.tiles import Tiles

ROOM = (60, 12)


class Room(App[None]):
    """Tiles alone, as the explore screen has them at 80x24: one picture at a time."""

    def compose(self) -> ComposeResult:
        yield Tiles()

    @property
    def tiles(self) -> Tiles:
        tiles = self.query_one(Tiles)
        tiles.single = True
        return tiles

    def frame(
        self,
        views: Mapping[str, View],
        predict: Spot | None = None,
        hidden: Spot | None = None,
    ) -> str:
        """The picture that is in sight when a frame came; what moved is told as the engine does."""
        before = {name: widget.view for name, widget in self.tiles.known.items()}
        shown = Shown(1, None, "", views, moved=cells.all_moved(before, views), predict=predict)
        self.tiles.show(shown, hidden)
        return self.tiles.chosen


def ledger(rows: int, mark: int | None = None) -> Table:
    return Table(("part", "weights"), [(f"part {i}", i) for i in range(rows)], mark=mark)


def large(number: float) -> Heatmap:
    return Heatmap(np.full((30, 30), number))


def line(number: float) -> Curves:
    return Curves({"a": (np.arange(3.0), np.full(3, number))})


async def test_the_first_picture_of_a_scene_is_in_sight_whatever_the_one_before_showed() -> None:
    """The map, which both have, not the chart, which only the second has."""
    app = Room()
    async with app.run_test(size=ROOM):
        assert app.frame({"map": Board([".."] * 20), "Q": large(0.0)}) == "map"
        app.tiles.forget()
        assert app.frame({"map": Board(["##"] * 20), "epsilon": line(0.0)}) == "map"
        assert app.frame({"map": Board(["##"] * 20), "loss": line(0.0)}) == "loss", "it is new"


async def test_the_picture_that_changes_comes_into_sight_and_stays_while_it_does() -> None:
    app = Room()
    async with app.run_test(size=ROOM):
        assert app.frame({"shape": large(1.0), "ledger": ledger(30)}) == "shape"
        assert app.frame({"shape": large(1.0), "ledger": ledger(31)}) == "ledger"
        assert app.frame({"shape": large(2.0), "ledger": ledger(32)}) == "ledger", "both change"
        assert app.frame({"shape": large(2.0), "ledger": ledger(32)}) == "ledger", "none does"
        assert app.frame({"shape": large(3.0), "ledger": ledger(32)}) == "shape"


async def test_what_is_only_lit_anew_has_changed_too() -> None:
    app = Room()
    async with app.run_test(size=ROOM):
        assert app.frame({"ledger": ledger(30, 1), "shape": large(1.0)}) == "ledger"
        assert app.frame({"ledger": ledger(30, 2), "shape": large(2.0)}) == "ledger"
        assert app.frame({"ledger": ledger(30, 2), "shape": large(3.0)}) == "shape"


async def test_a_text_comes_into_sight_where_nothing_else_changes() -> None:
    app = Room()
    long = "word " * 400
    async with app.run_test(size=ROOM):
        assert app.frame({"text": Text(long), "shape": large(1.0)}) == "shape"
        assert app.frame({"text": Text(f"{long}x"), "shape": large(2.0)}) == "shape"
        assert app.frame({"text": Text(f"{long}y"), "shape": large(2.0)}) == "text"
        assert app.frame({"text": Text(f"{long}z"), "shape": large(3.0)}) == "shape"


async def test_of_two_new_pictures_the_one_that_can_be_asked_for_is_in_sight() -> None:
    app = Room()
    async with app.run_test(size=ROOM):
        app.frame({"A": large(1.0)})
        assert app.frame({"V": large(1.0), "O": large(2.0)}, predict=Spot("O", 1, 0)) == "O"


async def test_a_number_that_is_asked_for_is_in_sight_and_so_is_its_answer() -> None:
    app = Room()
    spot = Spot("ledger", 28, 1)
    views: dict[str, View] = {"shape": large(1.0), "ledger": ledger(30)}
    async with app.run_test(size=ROOM):
        app.frame(views)
        app.tiles.take("shape")
        shown = Shown(2, None, "", views, predict=spot)
        app.tiles.show(shown, spot)
        assert app.tiles.chosen == "ledger", "whatever was wished"
        app.tiles.show(shown, None)
        assert app.tiles.chosen == "ledger", "the answer is told"
        assert app.frame(views) == "shape", "in the next frame the wish holds again"


async def test_the_wished_picture_and_the_one_with_the_cursor_stay() -> None:
    app = Room()
    async with app.run_test(size=ROOM) as pilot:
        app.frame({"shape": large(1.0), "ledger": ledger(30)})
        await pilot.pause()
        assert app.tiles.widget is not None
        app.tiles.widget.point((2, 2))
        assert app.frame({"shape": large(1.0), "ledger": ledger(31)}) == "shape"
        app.tiles.widget.clear_cursor()
        app.tiles.take("shape")
        assert app.frame({"shape": large(1.0), "ledger": ledger(32)}) == "shape"
