"""What changes under a dialog is drawn once, and the dialog's screen then comes to rest; only two
widgets are drawn when the keys go from one to the other; a screen is painted whole when it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from textual._compositor import LayoutUpdate
from textual.app import App
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from zhtui.draw.grid import Page
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.terminal.beneath import Dialog
from zhtui.tui.widgets.sketch import Sketch


class Plain(LabScreen):
    def stage(self) -> Iterable[Widget]:
        yield Static("Old.", id="text")


class Fields(LabScreen):
    CSS = "Sketch { height: 3; }"

    def stage(self) -> Iterable[Widget]:
        yield Sketch(Page, "first")
        yield Sketch(Page, "second")


class Counting(App[None]):
    drawn = 0

    def __init__(self) -> None:
        super().__init__()
        self.whole: list[bool] = []  # whether a frame was of the whole screen

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        self.drawn += 1
        if renderable is not None:
            self.whole.append(isinstance(renderable, LayoutUpdate))
        super()._display(screen, renderable)


def shown(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_what_waits_for_a_frame_comes_where_a_covered_screen_is_told_its_size() -> None:
    """At the start it is the reader of the runs; without it the lab is blind."""
    app, came = Counting(), asyncio.Event()
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(Plain())
        beneath = app.screen
        await app.push_screen(Fields())
        due = beneath._update_timer._active
        while due.is_set():
            await pilot.pause(0.01)
        beneath.refresh(layout=True)
        beneath._invoke_later(came.set, beneath)
        await due.wait()
        assert not came.is_set()
        beneath._screen_resized(app.size)
        async with asyncio.timeout(10):
            await came.wait()


async def test_a_change_beneath_a_dialog_is_drawn_once_and_then_all_is_still() -> None:
    app = Counting()
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(Plain())
        await app.push_screen(ModalScreen[None]())
        await pilot.pause()
        beneath, before = app.screen_stack[-2], app.drawn
        beneath.query_one("#text", Static).update("New.")
        while app.drawn == before:  # pytest's timeout ends a wait in vain
            await asyncio.sleep(0.01)
        await pilot.pause()
        assert not beneath._repaint_required, "it would be painted again, whole, and again"
        app.pop_screen()
        await pilot.pause()
        assert app.screen is beneath
        assert "New." in app.export_screenshot()


async def test_only_two_widgets_are_drawn_when_the_keys_go_from_one_to_the_other() -> None:
    app = Counting()
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(Fields())
        await pilot.pause()
        shown = app.screen
        shown.set_focus(shown.query_one("#first"))
        before = -1
        while app.drawn != before:
            before = app.drawn
            await pilot.pause(0.05)
        app.whole.clear()
        shown.set_focus(shown.query_one("#second"))
        await pilot.pause(0.05)
        assert app.whole == [False], "one frame, of those two"


async def test_a_screen_that_opens_is_painted_whole_once_and_again_when_one_is_back() -> None:
    app = Counting()
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(Plain())
        await pilot.pause()
        for act in (lambda: app.push_screen(Fields()), app.pop_screen):
            app.whole.clear()
            act()
            await pilot.pause(0.2)
            assert app.whole.count(True) == 1
        await pilot.resize_terminal(40, 10)
        assert "Old." in shown(app)
        assert len(shown(app).splitlines()) == 10


class Usual(ModalScreen[None]):
    def compose(self) -> Iterable[Widget]:
        yield Static("asked", id="asked")


class Ours(Dialog[None]):
    def compose(self) -> Iterable[Widget]:
        yield Static("asked", id="asked")


async def test_a_dialog_shows_what_lies_beneath_as_textual_s_own_does() -> None:
    app = Counting()
    app.CSS = "#asked { width: 20; height: 3; margin: 8 0 0 20; }"
    pictures = []
    async with app.run_test(size=(60, 20)) as pilot:
        await app.push_screen(Plain())
        for kind in (Usual, Ours):
            await app.push_screen(kind())
            await pilot.pause()
            lines = app.screen._compositor.render_update(
                full=True, screen_stack=[app.screen_stack[-2]]
            )
            assert isinstance(lines, LayoutUpdate)
            pictures.append([[list(strip) for strip in line] for line in lines.strips])
            app.pop_screen()
            await pilot.pause()
    assert "Old." in str(pictures[0])
    assert pictures[0] == pictures[1]
