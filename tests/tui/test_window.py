"""Long lists draw the rows in sight and no others; one that grows lays nothing out anew."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from zhtui.draw import code
from zhtui.draw.grid import Page
from zhtui.draw.text import places, wrap
from zhtui.tui.reading.history import Sample
from zhtui.tui.screens.lesson.panes import Samples
from zhtui.tui.screens.runs.log import LogView
from zhtui.tui.screens.shared.source import CodeView
from zhtui.tui.widgets.sketch import Sketch
from zhtui.tui.widgets.window import Window

HEIGHT = 10


class Listing(App[None]):
    def __init__(self, shown: Window) -> None:
        super().__init__()
        self.shown = shown

    def compose(self) -> ComposeResult:
        yield self.shown

    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


def drawn(monkeypatch: pytest.MonkeyPatch, kind: type[Window]) -> list[int]:
    """The rows that are drawn from now on."""
    rows: list[int] = []
    row = kind.row

    def counting(shown: Window, index: int, width: int) -> Any:
        rows.append(index)
        return row(shown, index, width)

    monkeypatch.setattr(kind, "row", counting)
    return rows


def log() -> LogView:
    view = LogView()
    view.lines = [f"line {number}" for number in range(900)]
    return view


def source() -> CodeView:
    view = CodeView()
    view.rows = code.lex("x = 1\n" * 900)
    return view


def samples() -> Samples:
    view = Samples()
    view.samples = [Sample(step, "sample", "To be or not\n" * 30) for step in range(40)]
    return view


@pytest.mark.parametrize("make", [log, source, samples])
async def test_only_rows_in_sight_are_drawn_and_each_once(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make()
    rows = drawn(monkeypatch, type(view))
    app = Listing(view)
    async with app.run_test(size=(60, HEIGHT)) as pilot:
        await pilot.pause(0.1)
        assert set(rows) == set(range(HEIGHT))
        rows.clear()
        view.scroll_to(y=500, animate=False)
        await pilot.pause(0.1)
        assert sorted(rows) == list(range(500, 500 + HEIGHT))


async def test_a_log_that_grows_lays_nothing_out_and_follows_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view, layouts = log(), []
    app = Listing(view)
    async with app.run_test(size=(60, HEIGHT)) as pilot:
        view.scroll_end(animate=False)
        await pilot.pause(0.1)
        view.show([*view.lines, "one"])
        await pilot.pause(0.5)
        done = Screen._refresh_layout

        def refresh(screen: Screen[Any], *given: Any, **named: Any) -> None:
            if not named.get("scroll"):
                layouts.append(given)
            done(screen, *given, **named)

        monkeypatch.setattr(Screen, "_refresh_layout", refresh)
        for number in range(3):
            view.show([*view.lines, f"more {number}"])
            await pilot.pause(0.05)
        assert not layouts
        assert app.lines()[-1].rstrip("▁▂▃▄▅▆▇█ ") == "more 2"
        view.show([*view.lines, "wide " * 40])
        await pilot.pause(0.1)
        assert layouts, "now there is a scrollbar below"
        view.show(["short"])
        await pilot.pause(0.1)
        assert app.lines()[0] == "short"
        assert view.scroll_offset == (0, 0)


async def test_a_long_line_is_read_sideways() -> None:
    view = CodeView()
    app = Listing(view)
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        view.show(code.lex(f"x = '{'a' * 60}end'\n"), 1)
        await pilot.pause(0.1)
        assert "end'" not in app.lines()[0]
        view.scroll_to(x=60, animate=False)
        await pilot.pause(0.1)
        assert "end'" in app.lines()[0]


@pytest.mark.parametrize("width", [8, 13, 40])
@pytest.mark.parametrize(
    "text", ["", "a", "to be or\n\nnot to be  \n", "é 漢字漢字漢字 x", "w" * 99]
)
def test_a_text_is_wrapped_line_by_line_as_its_characters_are_placed(text: str, width: int) -> None:
    lines = wrap(text, width)
    for _, y, glyph in places(text, width):
        assert glyph.rstrip("\n") in lines[y]
    assert "".join(lines) == text.replace("\n", "")


async def test_bars_that_a_picture_does_not_need_go() -> None:
    picture = Sketch(Page, "picture")  # as large as its room, whatever that is

    class Showing(App[None]):
        def compose(self) -> ComposeResult:
            yield picture

    async with Showing().run_test(size=(40, HEIGHT)) as pilot:
        await pilot.pause()
        small = Size(39, HEIGHT - 1)  # the room that both bars would leave
        picture.set_reactive(Widget.virtual_size, small)
        picture.show_horizontal_scrollbar = picture.show_vertical_scrollbar = True
        await pilot.pause()
        picture.redraw()
        await pilot.pause()
        assert not picture.allow_vertical_scroll, "the key end would scroll where nothing scrolls"
        assert not picture.allow_horizontal_scroll
        assert picture.room == (40, HEIGHT)
