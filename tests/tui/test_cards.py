"""The questions of a lesson as cards: a number is predicted, a run answers."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from onscreen import Make, shown, tick
from recorded import alive, curve, lines, record, status_of
from textual.pilot import Pilot

from zhtui.lesson import catalog
from zhtui.lesson.answer import lettered, solution
from zhtui.lesson.card import LINES, NUMBER, Question
from zhtui.lesson.catalog import Entry
from zhtui.runs import learner
from zhtui.runs.folder import CARD, GUESS, METRICS, STATUS, RunFolder
from zhtui.runs.learner import Guess
from zhtui.tui.screens.lesson import question_picture
from zhtui.tui.screens.lesson.question_picture import Card
from zhtui.tui.screens.lesson.questions import CardWidget
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.widgets.chart import ChartWidget
from zhtui.work import client

ASK = "What is the residual path for?"
SAY = "x + f(x) passes"
LESSONS = [entry for entry in catalog.all_lessons() if entry.lesson is not None]
SIZES = [(80, 24), (120, 40)]
Compare = Callable[..., bool]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """The runs whose worker would have been started."""
    folders: list[RunFolder] = []
    monkeypatch.setattr(client, "start", folders.append)
    return folders


def guessed(run: RunFolder, value: float = 2.1, data: str = "shakespeare") -> RunFolder:
    """A recorded run as if it had been begun with a guess."""
    kept = Guess(ASK, "val", "last", value)
    (run.path / GUESS).write_text(json.dumps(asdict(kept)))
    card = run.card() | {"data": {"name": data}}
    (run.path / CARD).write_text(json.dumps(card))
    return run


async def at_the_card(pilot: Pilot[int]) -> LessonScreen:
    """The first question of lesson gpt."""
    await tick(pilot)
    await pilot.press("j", "j", "enter")
    await tick(pilot, 5)
    await pilot.press("u")
    await tick(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, LessonScreen)
    return screen


def told(pilot: Pilot[int]) -> str:
    """What stands on the card, in one line."""
    return " ".join(" ".join(pilot.app.screen.query_one(CardWidget).cells.lines()).split())


@pytest.mark.parametrize("size", SIZES)
async def test_a_card_asks_and_keeps_the_answer_to_itself(
    make: Make, size: tuple[int, int]
) -> None:
    async with make().run_test(size=size) as pilot:
        await at_the_card(pilot)
        assert "7 question 1 of 2" in shown(pilot)
        text = told(pilot)
        assert ASK not in text, "a title would give the answer away"
        assert "--preset tiny n_layer=3 steps=600" in text
        assert "(the line on top tells the time left once it runs)" in text
        assert "enter Type your guess for val. The run starts then" in text
        assert SAY not in text
        assert "2.57" not in text


async def test_a_committed_number_starts_the_card_s_run_and_is_kept_with_it(
    make: Make, store: Path, started: list[RunFolder]
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        screen = await at_the_card(pilot)
        screen.draft.set("lr", "0.5")
        await pilot.press("enter", *"2.25", "enter")
        await tick(pilot)
        (run,) = started
        assert learner.read(run) == Guess(ASK, "val", "last", 2.25)
        card = run.card()
        assert (card["preset"], card["seed"]) == ("tiny", 1337)
        assert card["config"]["n_layer"] == 3
        assert screen.seen is not None
        assert screen.seen.folder == run
        assert screen.draft.pairs() == ("lr=0.5",), "the learner's own knobs stay"
        assert "◆ your guess 2.2500" in told(pilot)
        assert "1 played" in shown(pilot)
        lines(run.path / METRICS, curve(60))
        await tick(pilot)
        levels = screen.query_one("#chart", ChartWidget).picture.levels
        found = [(level.label, level.value) for level in levels[:2]]
        assert found == [("your guess", 2.25), ("one layer", 2.3918)]


async def test_what_is_no_number_is_refused_where_it_is_typed(
    make: Make, store: Path, started: list[RunFolder]
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await at_the_card(pilot)
        await pilot.press("enter", *"two", "enter")
        await pilot.pause()
        assert "two is not a number; type one, such as 2.5" in shown(pilot)
        await pilot.press(*["backspace"] * 3, *"2", "enter")
        await tick(pilot)
        assert learner.read(started[0]) == Guess(ASK, "val", "last", 2.0)


async def test_escape_leaves_the_card_as_it_was(
    make: Make, store: Path, started: list[RunFolder]
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await at_the_card(pilot)
        await pilot.press("enter", *"2.1", "escape")
        await tick(pilot)
        assert "Type your guess for val" in told(pilot)
        assert not started
        assert not list(store.glob("*/*"))


async def test_a_store_that_cannot_be_written_is_said_and_nothing_is_lost(
    make: Make, store: Path, started: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await at_the_card(pilot)
        store.mkdir(exist_ok=True)
        (store / "gpt").write_text("in the way")
        await pilot.press("enter", *"2.1", "enter")
        await tick(pilot)
        assert [note.severity for note in pilot.app._notifications] == ["error"]
        assert "Type your guess for val" in told(pilot)


async def test_while_the_run_goes_on_the_card_tells_no_answer(make: Make, store: Path) -> None:
    run = guessed(record(store, state="running"))
    with alive(run):
        async with make().run_test(size=(120, 40)) as pilot:
            await at_the_card(pilot)
            text = told(pilot)
            assert "● so far" in text
            assert SAY not in text
            assert "enter next question" in shown(pilot), "its run is in sight"


@pytest.mark.parametrize("size", SIZES)
async def test_the_end_compares_the_guess_with_the_run_also_when_reopened(
    make: Make, store: Path, size: tuple[int, int]
) -> None:
    run = guessed(record(store))
    value = [row["val"] for row in run.rows() if "val" in row][-1]
    async with make().run_test(size=size) as pilot:
        await at_the_card(pilot)
        text = told(pilot)
        assert f"● this run {value:.4f}" in text
        assert "too high by" in text
        assert ASK in text, "the title comes after the run"
        assert SAY in text
        assert "1 played, 0 right" in shown(pilot)


async def test_an_answer_of_a_run_that_is_not_in_sight_is_read_from_disk(
    make: Make, store: Path
) -> None:
    guessed(record(store, name="one"))
    record(store, name="two", state="running")
    with alive(RunFolder(store / "gpt" / "two")):
        async with make().run_test(size=(120, 40)) as pilot:
            screen = await at_the_card(pilot)
            assert screen.seen is not None
            assert screen.seen.folder.name == "two"
            assert SAY in told(pilot)
            levels = screen.query_one("#chart", ChartWidget).picture.levels
            assert "your guess" not in {level.label for level in levels}, "another run's chart"
            await pilot.press("enter")
            await tick(pilot)
            assert screen.seen.folder.name == "one"
            levels = screen.query_one("#chart", ChartWidget).picture.levels
            assert "your guess" in {level.label for level in levels}


async def test_other_data_than_the_question_s_is_named(make: Make, store: Path) -> None:
    guessed(record(store), data="python")
    async with make().run_test(size=(120, 40)) as pilot:
        await at_the_card(pilot)
        assert "The run read python. On shakespeare: 2.57, worse" in told(pilot)


async def test_arrows_turn_the_cards_and_g_guesses_again(
    make: Make, store: Path, started: list[RunFolder]
) -> None:
    guessed(record(store))
    async with make().run_test(size=(120, 40)) as pilot:
        await at_the_card(pilot)
        await pilot.press("right")
        await tick(pilot)
        assert "What is lr at the first step?" in told(pilot)
        await pilot.press("left", "g", *"1.9", "enter")
        await tick(pilot)
        assert learner.read(started[0]) == Guess(ASK, "val", "last", 1.9)
        assert "◆ your guess 1.9000" in told(pilot), "the newest one"


async def test_a_guess_at_another_chart_turns_to_it(
    make: Make, store: Path, started: list[RunFolder]
) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        screen = await at_the_card(pilot)
        await pilot.press("right", "enter", *"0.002", "enter")
        await tick(pilot)
        assert "1 rate" in shown(pilot), "one pane: the chart, where the guess is seen"
        lines(started[0].path / METRICS, curve(20))
        await tick(pilot)
        (level,) = screen.query_one("#chart", ChartWidget).picture.levels
        assert (level.label, level.value) == ("your guess", 0.002)


async def test_where_the_card_is_not_in_sight_the_end_is_told(make: Make, store: Path) -> None:
    run = guessed(record(store, state="running"))
    with alive(run):
        async with make().run_test(size=(80, 24)) as pilot:
            await at_the_card(pilot)
            await pilot.press("1")
            await tick(pilot)
            (run.path / STATUS).write_text(json.dumps(status_of("finished", 600, 600)))
            await tick(pilot)
            (note,) = pilot.app._notifications
            assert note.message.endswith("; u tells why")
            await pilot.press("u")
            await tick(pilot)
            assert SAY in told(pilot)


CHOICE = Question(
    ask="Which falls further?",
    predict="On which text is the loss lower in the end?",
    metric="train",
    see="On what it learns from.",
    say="It has seen it.",
    preset="tiny",
    kind="choose",
    among={"learned from": "train", "held out": "val"},
    lowest=True,
)


async def test_one_of_several_metrics_is_chosen_before_the_run_that_answers(
    make: Make, store: Path, started: list[RunFolder], entries: list[Entry]
) -> None:
    own = [replace(e, lesson=replace(e.card, questions=(CHOICE,))) if e.name == "gpt" else e
           for e in entries[:3]]  # fmt: skip
    right = solution(CHOICE, {"learned from": 1.0, "held out": 2.0})
    async with make(entries=own).run_test(size=(120, 40)) as pilot:
        screen = await at_the_card(pilot)
        assert "Type its letter" in told(pilot)
        await pilot.press("enter", *right, "enter")
        await tick(pilot)
        (run,) = started
        kept = learner.read(run)
        assert kept is not None
        assert (kept.metric, kept.answer) == ("train", right)
        lines(run.path / METRICS, curve(100))
        await tick(pilot)
        text = told(pilot)
        assert CHOICE.ask not in text
        assert "learned from" in text
        levels = screen.query_one("#chart", ChartWidget).picture.levels
        assert "your guess" not in {level.label for level in levels}, "letters are no height"
        (run.path / STATUS).write_text(json.dumps(status_of("finished", 100, 100)))
        await tick(pilot, 5)
        assert f"{CHOICE.ask} predict" in told(pilot)
        assert " right " in told(pilot)
        assert "1 played, 1 right" in shown(pilot)
        (did,) = learner.answered(store, "gpt")
        assert (did.answer, did.right, did.run) == (right, True, run.name)


async def test_a_card_tells_how_long_its_run_takes_here(make: Make, store: Path) -> None:
    run = record(store, config={"lr": 1e-3, "n_layer": 3, "rung": "full", "steps": 600})
    status = status_of("finished", 600, 600, host=socket.gethostname())
    (run.path / STATUS).write_text(json.dumps(status))
    async with make().run_test(size=(120, 40)) as pilot:
        await at_the_card(pilot)
        await tick(pilot)
        assert "(about 30 s here)" in told(pilot), "600 steps, twenty a second"


async def test_a_lesson_without_questions_says_so(make: Make) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("enter")
        await tick(pilot, 5)
        await pilot.press("u")
        await tick(pilot)
        (note,) = pilot.app._notifications
        assert note.message == "micrograd asks no questions; n has its text"
        await pilot.press("7", "enter", "right")
        await tick(pilot)
        assert "this lesson asks no questions" in shown(pilot)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", ["before", "running", "after", "drawn"])
def test_pictures(
    snap_compare: Compare, make: Make, store: Path, state: str, size: tuple[int, int]
) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await at_the_card(pilot)
        if state == "drawn":
            await pilot.press("1")
            await tick(pilot)

    with ExitStack() as stack:
        if state != "before":
            run = guessed(record(store, state="running" if state == "running" else "finished"))
            stack.enter_context(alive(run))
        assert snap_compare(make(), terminal_size=size, run_before=before)


async def test_the_runs_screen_draws_the_guess_too(make: Make, store: Path) -> None:
    guessed(record(store))
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("R")
        await tick(pilot, 4)
        await pilot.press("c")
        await tick(pilot)
        metrics = {}
        for _ in range(6):
            levels = pilot.app.screen.query_one(ChartWidget).picture.levels
            metrics |= {level.label: level.value for level in levels}
            await pilot.press("c")
            await tick(pilot)
        assert metrics["guess before brisk-otter"] == 2.1


@pytest.mark.parametrize("entry", LESSONS, ids=lambda entry: entry.name)
def test_every_shipped_card_fits_on_80x24(entry: Entry) -> None:
    for question in entry.card.questions:
        state = "✓ finished · step 1,000 of 1,000"
        names = list(question.among) or [""]
        truth = {name: 2.5 - place for place, name in enumerate(names)}
        answer = "1.25" if question.kind == NUMBER else "".join(lettered(question, names))[::-1]
        whole = Card(question, answer, truth, True, state, "brisk-otter", question.data)
        lines = question_picture.draw(whole, 74, 1).lines()
        assert len(lines) <= 19 or question.kind == LINES
        said = " ".join(" ".join(lines).split())
        for text in (question.ask, question.predict, question.see, question.say):
            assert text in said
