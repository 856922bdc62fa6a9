"""Cards that a scene answers: to choose, to put in order, to tell lines apart; and their score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from asked import Kept, until
from onscreen import Make, shown, tick
from textual.pilot import Pilot

from zhtui.lesson import catalog
from zhtui.lesson.answer import solution
from zhtui.runs import learner
from zhtui.tui.app import LabApp
from zhtui.tui.screens.lesson.questions import CardPane, CardWidget
from zhtui.tui.screens.lesson.screen import LessonScreen

SIZES = [(80, 24), (120, 40)]
Compare = Callable[..., bool]


@pytest.fixture
def at(make: Make, explorer: Kept) -> Callable[[str], LabApp]:
    """A lab with one of the lessons."""

    def app(name: str) -> LabApp:
        lab = make(entries=[catalog.one(name)])
        lab.session.explorer = explorer
        return lab

    return app


async def card(pilot: Pilot[int]) -> CardPane:
    """The first question, whose scene has been asked."""
    await tick(pilot)
    await pilot.press("enter")
    await tick(pilot, 5)
    await pilot.press("u")
    await tick(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, LessonScreen)
    await until(pilot, lambda: bool(screen.cards.cells.truth or screen.cards.cells.error), 60)
    assert not screen.cards.cells.error
    await tick(pilot)
    return screen.cards


def told(pilot: Pilot[int]) -> str:
    """What stands on the card, in one line."""
    return " ".join(" ".join(pilot.app.screen.query_one(CardWidget).cells.lines()).split())


async def test_an_order_is_answered_by_letters_and_judged(
    at: Callable[[str], LabApp], store: Path
) -> None:
    async with at("td").run_test(size=(120, 40)) as pilot:
        pane = await card(pilot)
        question = pane.question
        text = told(pilot)
        assert "no run is needed: scene rooms" in text
        assert all(name in text for name in question.among)
        assert question.ask not in text, "the title comes after the answer"
        assert "51.2" not in text
        right = solution(question, pane.cells.truth)
        await pilot.press("enter", *right, "enter")
        await tick(pilot)
        text = told(pilot)
        assert question.ask in text
        assert " right " in text
        assert "51.2000" in text
        assert "1 played, 1 right" in shown(pilot)
        await tick(pilot)
        (did,) = learner.answered(store, "td")
        assert (did.name, did.answer, did.right) == (question.ask, right, True)


async def test_a_wrong_order_is_told_how_much_of_it_is_right_and_may_be_tried_again(
    at: Callable[[str], LabApp], store: Path
) -> None:
    async with at("td").run_test(size=(120, 40)) as pilot:
        pane = await card(pilot)
        right = solution(pane.question, pane.cells.truth)
        wrong = right[0] + right[2] + right[1]
        await pilot.press("enter", *wrong, "enter")
        await tick(pilot)
        assert f"1 of 3 are right; {right} is, you said {wrong}" in told(pilot)
        assert "1 played, 0 right" in shown(pilot)
        await pilot.press("g", *right, "enter")
        await tick(pilot)
        assert "1 played, 1 right" in shown(pilot)
        await pilot.press("enter")
        await tick(pilot)
        assert "question 2 of" in shown(pilot), "after an answer enter goes on"


async def test_what_is_no_answer_is_refused(at: Callable[[str], LabApp], store: Path) -> None:
    async with at("td").run_test(size=(120, 40)) as pilot:
        await card(pilot)
        await pilot.press("enter", *"ab", "enter")
        await pilot.pause()
        assert "type each of a, b, c once" in shown(pilot)
        await pilot.press("escape")
        await tick(pilot)
        assert not learner.answered(store, "td")


async def test_an_answer_and_its_score_are_there_again_when_the_lab_is_opened_anew(
    at: Callable[[str], LabApp], store: Path
) -> None:
    async with at("td").run_test(size=(120, 40)) as pilot:
        pane = await card(pilot)
        right = solution(pane.question, pane.cells.truth)
        await pilot.press("enter", *right, "enter")
        await tick(pilot)
    async with at("td").run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        assert "1/7" in shown(pilot)
        assert "1 of 7 questions, 1 right" in " ".join(shown(pilot).split())
        pane = await card(pilot)
        assert pane.question.ask in told(pilot)


async def test_lines_have_letters_until_they_are_told_apart(
    at: Callable[[str], LabApp], store: Path
) -> None:
    async with at("positions").run_test(size=(120, 40)) as pilot:
        pane = await card(pilot)
        text = told(pilot)
        assert "a, b, c, d: which is channel 0 · channel 2 · channel 4 · channel 6?" in text
        await pilot.press("enter", *solution(pane.question, pane.cells.truth), "enter")
        await tick(pilot)
        assert " right " in told(pilot)


async def test_a_number_of_a_scene_needs_no_run(at: Callable[[str], LabApp], store: Path) -> None:
    async with at("bigram").run_test(size=(120, 40)) as pilot:
        pane = await card(pilot)
        assert pane.cells.truth == {"": 0.75}
        await pilot.press("enter", *"0.3", "enter")
        await tick(pilot)
        assert "too low by 0.4500" in told(pilot)
        assert not list(store.glob("bigram/*")), "no run was started"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["td", "positions"])
@pytest.mark.parametrize("state", ["before", "after"])
def test_pictures(
    snap_compare: Compare, at: Callable[[str], LabApp], name: str, state: str,
    size: tuple[int, int],
) -> None:  # fmt: skip
    async def before(pilot: Pilot[int]) -> None:
        pane = await card(pilot)
        if state == "after":
            await pilot.press("enter", *solution(pane.question, pane.cells.truth)[::-1], "enter")
            await tick(pilot)

    assert snap_compare(at(name), terminal_size=size, run_before=before)
