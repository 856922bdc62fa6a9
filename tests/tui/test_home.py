"""The home screen, by keys."""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from onscreen import Make, shown, tick
from recorded import alive, curve, record
from textual.pilot import Pilot

from zhtui.draw.inks import FAINT
from zhtui.lesson.catalog import Entry
from zhtui.lesson.views import Bars
from zhtui.runs import learner
from zhtui.runs.files import write_json
from zhtui.runs.folder import CARD, GUESS, STATUS, RunFolder
from zhtui.runs.learner import Did, Guess
from zhtui.tui.run_words import live_words
from zhtui.tui.screens.home.newest import Newest
from zhtui.tui.screens.home.screen import HomeScreen
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.widgets.about import About
from zhtui.tui.widgets.rows import Rows


async def test_lessons_stand_by_part_with_what_they_are_about(make: Make) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        text = shown(pilot)
        assert text.index("GRADIENTS") < text.index("LETTERS") < text.index("ATTENTION")
        assert "no run yet" in text
        assert "cpu · 2 cores ·  31 %" in text
        assert "Start here: 1 micrograd" in text


async def test_a_lesson_shows_its_best_figure_beside_the_published_one(
    make: Make, store: Path
) -> None:
    record(store, samples={499: "the king shall"})
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("down", "down")
        await tick(pilot, 6)
        text = shown(pilot)
        assert "✓ 1.7" in text, "1.88 was reached"
        assert "1.8800 val   nanoGPT on a CPU" in text
        assert "brisk-otter · 2 min ago" in text
        assert "the king shall" in text
        assert "━ loss" in text


async def test_a_figure_counts_only_on_the_data_that_it_belongs_to(
    make: Make, store: Path, entries: list[Entry]
) -> None:
    card = entries[2].lesson
    assert card is not None
    published = [replace(each, data="shakespeare") for each in card.references]
    entries[2] = replace(entries[2], lesson=replace(card, references=published))
    one = on(record(store, rows=[{"step": 0, "loss": 0.0, "val": 0.0}, *curve(600)]), "l.txt")
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("down", "down")
        await tick(pilot, 6)
        text = shown(pilot)
        assert "✓" not in text, "0 on one letter is not what was published"
        assert "nanoGPT on a CPU, on T" in text
        await pilot.press("enter")
        await tick(pilot, 5)
        levels = pilot.app.screen.charts.chart.picture.levels
        assert {level.ink for level in levels} == {FAINT}
        assert all(level.label.endswith(", on Tiny Shakespeare") for level in levels)
        await pilot.press("escape")
        on(one, "shakespeare")
        await tick(pilot, 5)
        assert "✓" in shown(pilot)
        assert "CPU, on T" not in shown(pilot)


def on(run: RunFolder, data: str) -> RunFolder:
    """The run, with the data set that it read in its card."""
    write_json(run.path / CARD, run.card() | {"data": {"name": data}})
    return run


async def test_live_runs_stand_on_one_line(make: Make, store: Path) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=(120, 40)) as pilot:
            await tick(pilot)
            text = shown(pilot)
            assert "▶ gpt brisk-otter 60 %" in text
            assert "1 run live" in text


async def test_a_paused_run_is_said_to_be_paused_here_and_when_the_lab_is_left(
    make: Make, store: Path
) -> None:
    run = record(store, state="paused")
    with alive(run):
        async with make().run_test(size=(120, 40)) as pilot:
            await tick(pilot)
            text = shown(pilot)
            assert "1 run paused" in text
            assert "run live" not in text
            assert "‖ " in text
            assert "▶" not in text
            await pilot.press("q")
            await pilot.pause()
            said = shown(pilot)
            assert "gpt/brisk-otter stays paused; its worker waits" in said
            assert "go on training" not in said
            assert "runs go on" not in said


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ((), "no run is live"),
        (("running",), "1 run live"),
        (("paused", "paused"), "2 runs paused"),
        (("running", "paused", "starting"), "2 runs live, 1 paused"),
    ],
)
def test_live_runs_are_counted_by_what_they_do(states: tuple[str, ...], words: str) -> None:
    assert live_words(states) == words


async def test_a_run_whose_worker_died_is_not_live(make: Make, store: Path) -> None:
    record(store, state="running")
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        assert "no run is live" in shown(pilot)


async def test_a_broken_lesson_is_a_row_with_its_error(make: Make) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        assert "✗ broken" in shown(pilot)
        await pilot.press("end")
        await tick(pilot)
        assert "NameError" in shown(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert "broken cannot be opened" in shown(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, HomeScreen)


async def test_enter_opens_the_lesson_and_escape_comes_back(make: Make) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("j", "j", "enter")
        await tick(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)
        assert pilot.app.screen.entry.name == "gpt"
        await pilot.press("escape")
        await tick(pilot)
        assert isinstance(pilot.app.screen, HomeScreen)
        assert pilot.app.screen.query_one(Rows).chosen == "gpt"


async def test_a_screen_that_was_left_leaves_nothing_behind(make: Make) -> None:
    app = make()
    async with app.run_test(size=(120, 40)) as pilot:
        counts = []
        for _ in range(4):
            await pilot.press("enter")
            await tick(pilot)
            assert isinstance(app.screen, LessonScreen)
            await pilot.press("escape")
            await tick(pilot)
            gc.collect()
            counts.append(len(gc.get_objects()))
        assert counts[3] - counts[1] < 1000, "a lesson's screen and its lines are 8,000 objects"


def test_the_first_frame_needs_no_numpy() -> None:
    code = "import sys, zhtui.tui.app, zhtui.lesson.catalog\n"
    code += "zhtui.lesson.catalog.all_lessons(); print({'numpy', 'torch'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


async def test_who_leaves_while_the_curve_is_put_at_the_side_leaves_in_peace(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Newest] = []

    async def torn(newest: Newest) -> None:
        await newest.remove_children()  # as the end of the app does, from below
        seen.append(newest)

    monkeypatch.setattr(Newest, "on_mount", torn, raising=False)
    app = make()
    async with app.run_test() as pilot:
        await tick(pilot, 4)
        home = app.screen
        assert isinstance(home, HomeScreen)
        assert seen
        assert home.newest is None
        seen[0].show(None, None, "")


async def test_home_below_a_lesson_follows_no_run(make: Make, store: Path) -> None:
    first = make().session.entries[0].name  # where the cursor stands
    record(store, first, "brisk-otter")
    app = make(lesson=first)
    async with app.run_test() as pilot:
        await tick(pilot, 6)
        home = app.screen_stack[0]
        assert isinstance(app.screen, LessonScreen)
        assert isinstance(home, HomeScreen)
        assert home.newest is not None
        assert home.newest.followed is None
        await pilot.press("escape")
        await tick(pilot, 4)
        assert app.screen is home
        assert home.newest.followed is not None


async def test_a_summary_is_wrapped_for_the_room_at_the_side(make: Make) -> None:
    app = make()
    first = app.session.entries[0]
    assert first.lesson is not None
    long = " ".join(["a word"] * 12)
    app.session.entries[0] = replace(first, lesson=replace(first.lesson, summary=long))
    async with app.run_test(size=(100, 30)) as pilot:
        for width in (100, 160, 104):
            await pilot.resize_terminal(width, 30)
            await tick(pilot, 4)
            about = app.screen.query_one("#about", About)
            lines = [text for ((text, _), *_) in (line for line in about.lines if line)]
            words = [line for line in lines if "a word" in line]
            assert " ".join(words) == long
            assert max(map(len, words)) <= about.room.width


async def test_the_keys_below_come_from_the_table(make: Make) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        await tick(pilot)
        words = shown(pilot).splitlines()[-1].split()
        assert words[:4] == ["enter", "open", "r", "run"]
        assert words[-4:] == ["?", "explain", "q", "quit"], "how to leave is never left out"


async def test_help_explains_the_screen_and_names_every_key(make: Make) -> None:
    async with make().run_test(size=(120, 60)) as pilot:
        await tick(pilot)
        await pilot.press("question_mark")
        await pilot.pause()
        text = shown(pilot)
        assert "What is on this screen" in text
        assert "open the lesson and start a run at once" in text
        assert "ctrl+p" in text


async def test_q_leaves_at_once_where_nothing_trains(make: Make) -> None:
    async with make().run_test() as pilot:
        await tick(pilot)
        await pilot.press("q")
        await pilot.pause()
    assert pilot.app.return_value == 0


async def test_q_says_that_live_runs_go_on(make: Make, store: Path) -> None:
    run = record(store, state="running")
    with alive(run):
        async with make().run_test(size=(100, 30)) as pilot:
            await tick(pilot)
            await pilot.press("q")
            await pilot.pause()
            assert "will go on training without the lab" in shown(pilot)
            await pilot.press("n")
            await pilot.pause()
            assert isinstance(pilot.app.screen, HomeScreen)
            await pilot.press("q", "q")
            await pilot.pause()
        assert pilot.app.return_value == 0
        assert not (run.path / "control.jsonl").exists(), "nothing was asked of the run"


async def test_themes_turn_and_the_pictures_with_them(make: Make) -> None:
    async with make().run_test() as pilot:
        seen = []
        for _ in range(4):
            seen.append(pilot.app.palette.name)
            await pilot.press("T")
            await pilot.pause()
        assert seen == ["dark", "light", "safe", "sixteen"]


async def test_many_runs_are_listed(make: Make, store: Path) -> None:
    for i in range(200):
        record(store, "bigram", f"run-{i}", steps=2)
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        assert len(pilot.app.session.runs("bigram")) == 200


async def test_a_lesson_is_found_by_words_and_escape_shows_all_again(make: Make) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("slash", *"which letters")
        await tick(pilot)
        assert pilot.app.screen.query_one(Rows).keys() == ["bigram"], "its summary and its part"
        assert "GRADIENTS" not in shown(pilot)
        assert "2  bigram" in shown(pilot), "the side follows"
        await pilot.press("enter", "enter")
        await tick(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)
        await pilot.press("escape")
        await tick(pilot)
        assert pilot.app.screen.query_one(Rows).keys() == ["bigram"], "it is kept meanwhile"
        await pilot.press("escape")
        await tick(pilot)
        known = pilot.app.screen.query_one(Rows)
        assert known.keys() == ["micrograd", "bigram", "gpt", "broken"]
        assert known.chosen == "bigram"
        assert not pilot.app.screen.query("#find")


async def test_what_was_looked_for_is_replaced_by_the_next(make: Make, store: Path) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        await tick(pilot)
        await pilot.press("slash", *"bigram", "enter", "slash", *"gpt")
        await tick(pilot)
        assert pilot.app.screen.query_one(Rows).keys() == ["gpt"]
        await pilot.press("enter", "slash", "end", *"zebra")
        await tick(pilot)
        assert "no lesson is about gptzebra" in shown(pilot), "end goes on with what stands there"


async def test_what_is_not_found_is_said(make: Make, store: Path) -> None:
    record(store, "bigram")
    async with make().run_test(size=(80, 24)) as pilot:
        await tick(pilot)
        await pilot.press("slash", *"zebra")
        await tick(pilot)
        assert "no lesson is about zebra; esc shows all" in shown(pilot)
        await pilot.press("enter", "enter", "r", "c", "space")
        await tick(pilot)
        assert isinstance(pilot.app.screen, HomeScreen), "there is nothing to do it to"
        await pilot.press("slash", *["backspace"] * 5, "enter")
        await tick(pilot)
        assert not pilot.app.screen.query("#find")
        assert "micrograd" in shown(pilot)


async def test_news_wait_for_a_busy_line_and_are_told_then(
    make: Make, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make()
    async with app.run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        assert "no run is live" in shown(pilot)
        monkeypatch.setattr(app.link, "free", lambda: False)
        with alive(record(store, state="running")):
            await tick(pilot)
            assert "no run is live" in shown(pilot)
            monkeypatch.undo()
            while "1 run live" not in shown(pilot):
                await pilot.pause(0.05)


async def test_where_nothing_was_run_home_says_what_to_do_first(make: Make, store: Path) -> None:
    for size in ((80, 24), (120, 40)):
        async with make().run_test(size=size) as pilot:
            await tick(pilot)
            assert "Start here: 1 micrograd, five minutes, enter" in shown(pilot)
    shipped = record(store)
    async with make().run_test(size=(80, 24)) as pilot:
        await tick(pilot)
        assert "Start here" in shown(pilot), "a run that came with the lab is not the learner's"
    status = json.loads((shipped.path / STATUS).read_text())
    (shipped.path / STATUS).write_text(json.dumps({**status, "host": "mine"}))
    async with make().run_test(size=(80, 24)) as pilot:
        await tick(pilot)
        assert "Start here" not in shown(pilot)
        assert "no run is training · next: 1 micrograd" in shown(pilot)


async def test_progress_is_what_was_guessed_done_and_reached(
    make: Make, store: Path, entries: list[Entry]
) -> None:
    run = record(store)
    guess = Guess(entries[2].card.questions[0].ask, "val", "last", 2.4)
    (run.path / GUESS).write_text(json.dumps(asdict(guess)))
    learner.did(store, Did("guess", "gpt", "S", "inside", right=False))
    for name in ("S", "S", "A"):
        learner.did(store, Did("guess", "gpt", name, "inside"))
    learner.did(store, Did("mistake", "gpt", "no-mask", "attention"))
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        assert "done      " not in shown(pilot), "micrograd has neither questions nor anything done"
        await pilot.press("down", "down")
        await tick(pilot)
        text = shown(pilot)
        assert "1/2  ✓ " in text, "in the list"
        side = " ".join(line.partition("│")[2].strip() for line in text.splitlines())
        said = "1 of 2 questions, 0 right · 2 cells predicted · 1 mistake found · figure reached"
        assert said in " ".join(side.split())


async def test_a_figure_has_its_unit_in_the_list_and_at_the_side(
    make: Make, store: Path, entries: list[Entry]
) -> None:
    record(store)
    card = replace(entries[2].card, unit="nats")
    own = [replace(entry, lesson=card) if entry.name == "gpt" else entry for entry in entries]
    for known, unit in ((own, "nats"), (entries, "val")):
        async with make(entries=known).run_test(size=(120, 40)) as pilot:
            await tick(pilot)
            await pilot.press("down", "down")
            await tick(pilot)
            text = shown(pilot)
            assert re.search(rf"✓ 1\.7\d+ {unit}", text), "the list"
            assert f"1.8800 {unit}   nanoGPT on a CPU" in text, "what is published"
            assert re.search(rf"yours +1\.7\d+ {unit}   brisk-otter", text)


async def test_summaries_are_whole_where_there_is_room(
    make: Make, store: Path, entries: list[Entry]
) -> None:
    longest = "a summary of fifty-eight cells, the room in eighty columns"
    card = replace(entries[1].card, summary=longest)
    known = [replace(entry, lesson=card) if entry.name == "bigram" else entry for entry in entries]
    for size, words in (((80, 24), longest), ((120, 40), longest[:40]), ((200, 60), longest)):
        async with make(entries=known).run_test(size=size) as pilot:
            await tick(pilot)
            row = next(line for line in shown(pilot).splitlines() if "2  bigram" in line)
            assert words in row
    record(store, "bigram")
    async with make(entries=known).run_test(size=(80, 24)) as pilot:
        await tick(pilot)
        row = next(line for line in shown(pilot).splitlines() if "2  bigram" in line)
        assert longest not in row
        assert "… " in row, "the figure takes its room, and the cut is marked"


def found(pilot: Pilot[int]) -> dict[str, Callable[[], object]]:
    """What the palette finds on the screen that is shown, by title."""
    return {each.title: each.callback for each in pilot.app.get_system_commands(pilot.app.screen)}


async def test_the_palette_finds_lessons_presets_runs_and_themes(make: Make, store: Path) -> None:
    record(store)
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        found(pilot)["theme light"]()
        assert pilot.app.palette.name == "light"
        found(pilot)["lesson bigram"]()
        await tick(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        assert screen.entry.name == "bigram"
        found(pilot)["preset paper of gpt"]()
        await tick(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        assert (screen.entry.name, screen.draft.preset) == ("gpt", "paper")
        found(pilot)["run gpt/brisk-otter"]()
        await tick(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        assert screen.seen is not None
        assert screen.seen.folder.name == "brisk-otter"


async def test_the_palette_finds_a_view_that_a_run_has_shown(make: Make, store: Path) -> None:
    shows = {name: Bars(["a", "b"], [0.25, 0.75]) for name in ("first", "second")}
    record(store, views=shows)
    async with make(lesson="gpt").run_test(size=(120, 40)) as pilot:
        await tick(pilot, 6)
        screen = pilot.app.screen
        assert isinstance(screen, LessonScreen)
        for name in ("first", "second", "first"):
            found(pilot)[f"view {name}"]()
            await tick(pilot, 6)
            assert screen.views.wanted == name
            assert f"{name} · step" in shown(pilot)


async def test_what_is_typed_into_the_palette_opens_a_lesson(make: Make) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"lesson bigram")
        for _ in range(40):
            await pilot.pause(0.05)
            if "which letter follows which" in shown(pilot):
                break
        await pilot.press("enter")
        await tick(pilot)
        await pilot.press("enter")
        await tick(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)
        assert pilot.app.screen.entry.name == "bigram"
