"""The line to type in: what is typed, pasted and edited, and what is seen of it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from onscreen import shown
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

from zhtui.draw.grid import inks
from zhtui.draw.inks import CHOSEN, FAINT
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.widgets.ask import AskLine, written
from zhtui.tui.widgets.rows import Item, Rows


class Asking(LabScreen):
    """A screen with a line; it keeps what it was told."""

    explained = ("", (("Here", "home"),))

    def __init__(self) -> None:
        super().__init__()
        self.line = AskLine("prompt", hint="a text", id="line")
        self.told: list[str] = []
        self.backs = 0

    def stage(self) -> Iterable[Widget]:
        yield self.line

    def on_ask_line_changed(self, event: AskLine.Changed) -> None:
        self.told.append(event.value)

    def on_ask_line_taken(self, event: AskLine.Taken) -> None:
        self.told.append(f"taken {event.value}")

    def action_back(self) -> None:
        self.backs += 1
        self.set_focus(None)


class AskingApp(App[None]):
    def get_default_screen(self) -> Asking:
        return Asking()


async def asking(pilot: Pilot[None], *keys: str) -> Asking:
    screen = pilot.app.screen
    assert isinstance(screen, Asking)
    screen.line.focus()
    await pilot.press(*keys)
    await pilot.pause()
    return screen


@pytest.mark.parametrize(
    ("keys", "value", "cursor"),
    [
        ("a b c", "abc", 3),
        ("a b left left x", "xab", 1),
        ("a b home delete", "b", 0),
        ("a b c left backspace", "ac", 1),
        ("a space b ctrl+w", "a ", 2),
        ("a space b c ctrl+left d", "a dbc", 3),
        ("a space b c home ctrl+right d", "ad bc", 2),
        ("a b left ctrl+k", "a", 1),
        ("a b left ctrl+u", "b", 0),
        ("q question_mark", "q?", 2),
        ("backspace left delete", "", 0),
    ],
)
async def test_keys_edit(keys: str, value: str, cursor: int) -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot, *keys.split())
        assert (screen.line.value, screen.line.cursor) == (value, cursor)
        assert screen.told[-1:] == ([value] if value else screen.told[-1:])


async def test_enter_takes_it_and_escape_goes_back() -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot, "a", "enter", "escape")
        assert screen.told == ["a", "taken a"]
        assert screen.backs == 1


async def test_the_cursor_stands_in_the_line_that_has_the_keys_and_in_no_other() -> None:
    async with AskingApp().run_test() as pilot:
        line = pilot.app.screen.query_one(AskLine)
        screen = line.screen
        assert isinstance(screen, Asking)
        for keys in (None, line, None, line):
            screen.set_focus(keys)
            while line.has_focus is not (keys is line):  # pytest's timeout ends a wait in vain
                await pilot.pause()
            inverse = [inks(look) for _, look in line.cells.runs(0) if inks(look)[1] == CHOSEN]
            assert bool(inverse) is (keys is line)


async def test_a_list_shows_whether_it_has_the_keys() -> None:
    class Listing(LabScreen):
        def stage(self) -> Iterable[Widget]:
            yield Rows()

    class ListingApp(App[None]):
        def get_default_screen(self) -> Listing:
            return Listing()

    async with ListingApp().run_test() as pilot:
        rows = pilot.app.screen.query_one(Rows)
        rows.show([Item("a", lambda cells, y, chosen: None)], "a")
        for keys in (None, rows, None, rows):
            pilot.app.screen.set_focus(keys)
            while rows.has_focus is not (keys is rows):
                await pilot.pause()
            (mark,) = [inks(look)[0] for text, look in rows.cells.runs(0) if "▸" in text]
            assert mark == (CHOSEN if keys is rows else FAINT)


async def test_a_letter_lays_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot, "a")
        laid: list[object] = []
        monkeypatch.setattr(screen, "_refresh_layout", lambda *a, **k: laid.append(a))
        await pilot.press(*"bcdef")
        await pilot.pause()
        assert screen.line.value == "abcdef"
        assert not laid


async def test_the_line_of_keys_shows_only_what_is_not_typed() -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot)
        assert "enter take  esc leave" in shown(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "enter take" not in shown(pilot)
        assert "enter open" in shown(pilot)
        assert screen.focused is None


async def test_a_pasted_text_keeps_its_lines() -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot, "a")
        screen.line.post_message(events.Paste("one\r\ntwo\n"))
        await pilot.pause()
        assert screen.line.value == "aone\ntwo"
        assert "aone⏎two" in shown(pilot)
        assert written("a\\nb") == "a\nb"


async def test_what_was_offered_is_typed_over_or_kept() -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot)
        screen.line.offer("old")
        await pilot.press("n")
        assert screen.line.value == "n"
        screen.line.offer("old")
        await pilot.press("right", "e", "r")
        assert screen.line.value == "older"
        screen.line.offer("old")
        await pilot.press("backspace")
        assert screen.line.value == ""


async def test_a_long_text_is_seen_around_its_cursor() -> None:
    async with AskingApp().run_test(size=(40, 12)) as pilot:
        screen = await asking(pilot)
        screen.line.offer("".join(f"{i:>4}" for i in range(100)))
        await pilot.press("end")
        await pilot.pause()
        assert "99" in shown(pilot)
        assert "prompt" in shown(pilot)
        await pilot.press("home")
        await pilot.pause()
        assert "   0   1   2" in shown(pilot)


async def test_wide_characters_are_whole() -> None:
    async with AskingApp().run_test(size=(30, 12)) as pilot:
        screen = await asking(pilot)
        screen.line.offer("안녕" * 20)
        await pilot.press("end", "left", "x")
        await pilot.pause()
        assert screen.line.value == "안녕" * 19 + "안x녕"
        assert "안x녕" in shown(pilot).replace(" ", "")


async def test_no_more_is_taken_than_fits() -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot)
        screen.line.most = 5
        screen.line.post_message(events.Paste("123456789"))
        await pilot.press("x")
        assert screen.line.value == "12345"


async def test_it_asks_and_gives_the_keys_back() -> None:
    async with AskingApp().run_test() as pilot:
        screen = await asking(pilot)
        screen.line.end()
        assert screen.focused is None
        await pilot.press("x")
        assert screen.line.value == ""
        screen.line.ask("go to", "7", "a number")
        await pilot.pause()
        assert "go to 7" in shown(pilot)
