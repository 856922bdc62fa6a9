"""The stepper by keyboard, and how it looks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from onscreen import shown
from textual.pilot import Pilot

from lessons.micrograd.screen import check
from lessons.micrograd.screen.examples import EXAMPLES
from lessons.micrograd.screen.screen import StepperScreen, open_screen
from lessons.micrograd.screen.tape import Program
from zhtui.lesson import catalog
from zhtui.tui.app import LabApp
from zhtui.tui.screens.shared.dialogs import EditKnob
from zhtui.tui.session import Opened

WIDE, NARROW = (120, 40), (80, 24)
KEYS = {
    "-": "minus",
    "*": "asterisk",
    "=": "equals_sign",
    ";": "semicolon",
    " ": "space",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "/": "slash",
    ".": "full_stop",
}


async def torch_here(program: Program) -> dict[str, float] | None:
    """torch's answer without a process of its own."""
    return check.by_torch(program)


@asynccontextmanager
async def opened(
    tmp_path: Path, size: tuple[int, int] = NARROW
) -> AsyncIterator[tuple[Pilot[int], StepperScreen]]:
    app = LabApp(tmp_path / "store", watching=False)
    async with app.run_test(size=size) as pilot:
        screen = StepperScreen(torch_here)
        await app.push_screen(screen)
        await settled(pilot)
        yield pilot, screen


async def settled(pilot: Pilot[int]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def typed(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*(KEYS.get(character, character) for character in text))


async def expression(pilot: Pilot[int], text: str) -> None:
    """Types an expression in place of the one that stands there."""
    await pilot.press("i", "ctrl+u", "end", "ctrl+u")
    await typed(pilot, text)
    await pilot.press("enter")
    await settled(pilot)


async def test_forward_then_backward_one_move_at_a_time(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        assert "L = d*f        not yet   not yet" in shown(pilot)
        await pilot.press("right")
        assert "e = a * b = 2 * -3 = -6" in shown(pilot)
        assert "e = a*b       -6   not yet" in shown(pilot)
        await pilot.press(*["right"] * 8)
        text = shown(pilot)
        assert "forward 3/3" in text
        assert "backward 6/7" in text
        assert "dL/da += dL/de * ∂e/∂a = -2 * -3 = 6   (∂e/∂a = b)" in text
        told = "e moves -3 times as fast as a, L -2 times as fast as e, so L 6 times as fast as a."
        assert told in " ".join(text.split())
        assert "b          -3   not yet" in text
        await pilot.press("left")
        assert "a           2   not yet" in shown(pilot)


async def test_by_nodes_and_to_the_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("end")
        assert screen.stepper.done == len(screen.stepper.moves)
        await pilot.press("N")
        assert screen.stepper.done == 8
        await pilot.press("n", "n")
        assert screen.stepper.done == 10
        await pilot.press("home", "left")
        assert screen.stepper.done == 0


async def test_backward_twice_is_not_zeroed_until_asked(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("o", "o", "end")
        assert "a           3   24" in shown(pilot)
        await pilot.press("b", "end")
        assert "a           3   72" in shown(pilot)
        assert "2 passes, not zeroed" in shown(pilot)
        await pilot.press("z")
        assert screen.stepper.passes == 1
        assert "a           3   not yet" in shown(pilot)


async def test_a_gradient_so_far(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("o", "end", "left")
        assert "1 so far" in shown(pilot)
        await pilot.press("right")
        assert "db/da: 1 → 2" in shown(pilot)


async def test_another_expression(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await expression(pilot, "x=3; y=x**2 - x")
        assert screen.program.text == "x=3; y=x**2 - x"
        assert screen.focused is None
        await pilot.press("end")
        assert re.search(r"y = x\*\*2-x +6   1\b", shown(pilot))


@pytest.mark.parametrize(
    ("text", "sentence", "column"),
    [
        ("a=2; b=a*q", "q has no value yet", 10),
        ("open(1)", "'open' cannot be called", 1),
        ("a=1/0", "Column 4: this divides by zero", 4),
        ("", "there is nothing to compute", 1),
    ],
)
async def test_a_mistake_is_shown_at_its_column_and_nothing_is_lost(
    tmp_path: Path, text: str, sentence: str, column: int
) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await expression(pilot, text)
        rows = shown(pilot).splitlines()
        mark, _, said = rows[3].partition("▲ ")
        assert said.startswith(sentence)
        assert len(mark) == 1 + 12 + column - 1
        field = screen.field
        assert field.cursor == column - 1
        assert screen.focused is field
        assert screen.program.text == EXAMPLES[0].text


async def test_a_text_that_was_refused_goes_when_its_line_is_left(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await expression(pilot, "a=(")
        await pilot.press("escape")
        await pilot.pause()
        assert screen.field.value == EXAMPLES[0].text
        assert "▲" not in shown(pilot)
        await pilot.press("right", "right")
        assert "expression  a=2; b=-3" in shown(pilot), "what the graph below is of"
        await pilot.press("i", "x")
        await pilot.press("enter")
        await settled(pilot)
        assert screen.field.value != EXAMPLES[0].text, "while one types in it, it stays"


async def test_what_stands_below_the_expression_fits(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("c")
        await settled(pilot)
        assert "(L(x+h) - L(x-h)) / 2h, and by torch." in shown(pilot)


async def test_ten_thousand_characters(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        screen.field.offer("a" * 10_000)
        await pilot.press("i", "enter")
        await settled(pilot)
        assert "the text has 10,000 characters; keep it under 2,000." in shown(pilot)


async def test_a_leaf_edited_changes_the_text_and_all_that_follows(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("end", "down", "e")
        assert isinstance(pilot.app.screen, EditKnob)
        await pilot.press("ctrl+u")
        await typed(pilot, "5*2")
        await pilot.press("enter")
        await settled(pilot)
        assert screen.program.text == "a=2; b=10; c=10; f=-2; e=a*b; d=e+c; L=d*f"
        assert screen.stepper.done == 10
        assert re.search(r"L = d\*f +-8 → -60 ", shown(pilot))
        await pilot.press("plus")
        assert "b=10.1;" in screen.program.text
        await pilot.press("minus", "up", "up")
        assert "b=10;" in screen.program.text
        assert screen.leaf == 3


async def test_a_leaf_that_breaks_the_expression_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await expression(pilot, "a=0.1; b=1/a")
        await pilot.press("minus")
        assert "divides by zero" in shown(pilot)
        assert screen.program.text == "a=0.1; b=1/a"
        await pilot.press("e", "ctrl+u")
        await typed(pilot, "a=1; a*a")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, EditKnob)
        await pilot.press("escape")
        assert pilot.app.screen is screen


async def test_the_quiz_hides_three_gradients_and_judges(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("p")
        quiz = screen.quiz
        assert quiz is not None
        assert len(quiz.truth) == 3
        await settled(pilot)
        assert shown(pilot).count("   ?") == 3
        await pilot.press("right")
        for node, wrong in zip(list(quiz.truth), (False, True, False), strict=True):
            for _ in range(1 + wrong):
                await typed(pilot, "99" if wrong else f"{quiz.truth[node]}*1")
                await pilot.press("enter")
        await settled(pilot)
        text = shown(pilot)
        assert "2 of 3 right" in text
        assert text.count("✓") == 2
        assert ", not 99" in text
        await pilot.press("escape")
        assert screen.quiz is None
        assert pilot.app.screen is screen


async def test_a_wrong_guess_gets_a_reason_and_a_second_try(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("p")
        quiz = screen.quiz
        assert quiz is not None
        first, second = list(quiz.truth)[:2]
        await typed(pilot, f"-1*{quiz.truth[first]}")
        await pilot.press("enter")
        await settled(pilot)
        assert "the size is right, the sign is not. Try again." in shown(pilot)
        assert "gradient 1 of 3 · second try" in shown(pilot)
        assert quiz.asking == first
        await typed(pilot, f"{quiz.truth[first]}*1")
        await pilot.press("enter")
        assert quiz.asking == second
        for _ in range(2):
            await typed(pilot, "99")
            await pilot.press("enter")
        await settled(pilot)
        assert f"No: {quiz.solution(second)}." in shown(pilot)
        assert quiz.asking not in (first, second)
        assert "of them at the second try" in quiz.score()


async def test_an_edit_shows_old_and_new_until_the_next_move(tmp_path: Path) -> None:
    async with opened(tmp_path, WIDE) as (pilot, _):
        await pilot.press("end", "plus")
        await settled(pilot)
        text = shown(pilot)
        assert "a: 2 → 2.1, so L: -8 → -7.4   (the gradient foretold 6 * 0.1 = 0.6)" in text
        assert "-6 → -6.3" in text
        assert "-4 → -4.2" in text, "dL/db follows a"
        await pilot.press("left")
        await settled(pilot)
        assert "→ -6.3" not in shown(pilot)


async def test_what_is_cut_at_the_right_is_told_and_reached(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("o", "o", "o", "o", "t")
        await settled(pilot)
        assert screen.graph.max_scroll_x > 0
        assert "> more at the right" in shown(pilot)
        while screen.cut:
            before = screen.graph.scroll_x
            await pilot.press("greater_than_sign")
            await settled(pilot)
            assert screen.graph.scroll_x > before
        assert "more at the right" not in shown(pilot)
        assert screen.graph.scroll_x == screen.graph.max_scroll_x
        for _ in range(9):
            await pilot.press("less_than_sign")
        assert screen.graph.scroll_x == 0


async def test_boxes_and_edges_keep_their_places_from_the_first_move_to_the_last(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path, WIDE) as (pilot, screen):
        for _ in range(3):
            await pilot.press("home")
            await settled(pilot)
            spots = screen.graph.cells.spots
            first = [spots.box((i, 0)) for i in range(len(screen.program.tape))]
            for done in range(1, len(screen.stepper.moves) + 1):
                screen.player.to(done)
                await pilot.pause()
                spots = screen.graph.cells.spots
                assert [spots.box((i, 0)) for i in range(len(first))] == first
            await pilot.press("o")


async def test_an_answer_that_is_no_number_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("p")
        await typed(pilot, "two")
        await pilot.press("enter")
        await settled(pilot)
        text = shown(pilot).splitlines()
        asks = next(row for row, line in enumerate(text) if "= two" in line)
        assert "a number, or a product such as -2*-3; no names here" in text[asks + 1]
        assert "no value yet" not in "\n".join(text), "that is what an expression is told"
        assert screen.quiz is not None
        assert screen.quiz.answers == {}


async def test_three_gradients_agree(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("o", "o", "o", "c")
        await settled(pilot)
        text = shown(pilot)
        assert text.count("✓") == 5
        assert "analytic   numeric     torch" in text
        await pilot.press("plus")
        await settled(pilot)
        assert screen.torch is not None
        assert screen.torch["w1"] == pytest.approx(check.by_torch(screen.program)["w1"])
        await pilot.press("c")
        assert "analytic" not in shown(pilot)


async def test_torch_is_asked_in_a_process_of_its_own() -> None:
    program = StepperScreen().program
    assert await check.ask(program) == {"a": 6.0, "b": -4.0, "c": -2.0, "f": 4.0}


async def test_a_torch_that_fails_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "MODULE", "lessons.micrograd.nowhere")
    app = LabApp(tmp_path / "store", watching=False)
    async with app.run_test(size=NARROW) as pilot:
        await app.push_screen(StepperScreen())
        await pilot.press("c")
        await settled(pilot)
        assert "not there" in shown(pilot)


async def test_leaving_while_torch_is_asked(tmp_path: Path) -> None:
    started = asyncio.Event()

    async def never(program: Program) -> dict[str, float] | None:
        started.set()
        await asyncio.Event().wait()
        return None

    app = LabApp(tmp_path / "store", watching=False)
    async with app.run_test(size=NARROW) as pilot:
        screen = StepperScreen(never)
        await app.push_screen(screen)
        await pilot.press("c")
        await started.wait()
        assert "asking" in shown(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is not screen


async def test_views_take_turns_where_one_has_room(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        assert "├─ d = e+c" in shown(pilot)
        await pilot.press("t")
        await settled(pilot)
        assert "│ a = 2" in shown(pilot)
        await pilot.press("t")
        await settled(pilot)
        assert "▸ a" in shown(pilot)
        assert "├─" not in shown(pilot)


async def test_a_large_graph_follows_the_move(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("t", "o", "o", "o", "o", "end")
        await settled(pilot)
        assert "a = -4" in shown(pilot)
        await pilot.press("home", *["n"] * 26)
        await settled(pilot)
        assert screen.stepper.active is not None
        assert screen.stepper.active.kind == "seed"
        assert "g = f/2+10/f" in shown(pilot)


@pytest.mark.parametrize("size", [(40, 10), (50, 12), (200, 60)])
async def test_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with opened(tmp_path, size) as (pilot, _):
        await pilot.press("right", "p", "escape", "c", "t")
        await settled(pilot)
        assert ("too small" in shown(pilot)) == (size == (40, 10))


async def test_the_screen_explains_itself_and_leaves(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, screen):
        await pilot.press("question_mark")
        assert "hide three gradients and answer them" in pilot.app.screen.plain
        await pilot.press("escape", "i", "escape")
        assert pilot.app.screen is screen
        await pilot.press("escape")
        assert pilot.app.screen is not screen
    about = Opened(pilot.app.session, catalog.one("micrograd"))
    assert isinstance(open_screen(about), StepperScreen)


# -- pictures -------------------------------------------------------------------------------------

Compare = Callable[..., bool]
MID = ["right"] * 9
SHOTS = {
    "graph-mid-backward": (WIDE, MID),
    "tree-mid-backward": (NARROW, MID),
    "graph-small": (NARROW, ["t", *MID]),
    "so-far": (NARROW, ["o", "end", "left"]),
    "readme": (WIDE, [*["o"] * 4, *["right"] * 40]),
    "check": (WIDE, ["o", "o", "o", "c"]),
    "check-small": (NARROW, ["o", "o", "o", "c"]),
    "quiz": (NARROW, ["p", "minus", "2", "enter", "5", "enter"]),
    "mistake": (NARROW, ["i", "end", *["backspace"] * 5, "enter"]),
    "all": ((200, 60), [*["o"] * 4, "end"]),
}


@pytest.mark.parametrize("name", sorted(SHOTS))
def test_picture(snap_compare: Compare, tmp_path: Path, name: str) -> None:
    size, pressed = SHOTS[name]

    async def before(pilot: Pilot[int]) -> None:
        await pilot.app.push_screen(StepperScreen(torch_here))
        await settled(pilot)
        await pilot.press(*pressed)
        await settled(pilot)

    app = LabApp(tmp_path / "store", watching=False)
    assert snap_compare(app, terminal_size=size, run_before=before)


def test_picture_without_colours(
    snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def before(pilot: Pilot[int]) -> None:
        await pilot.app.push_screen(StepperScreen(torch_here))
        await settled(pilot)
        await pilot.press(*MID)
        await settled(pilot)

    app = LabApp(tmp_path / "store", watching=False)
    assert snap_compare(app, terminal_size=NARROW, run_before=before)
