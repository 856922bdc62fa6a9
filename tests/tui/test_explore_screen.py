"""The explore screen by keys: frames, cursor, poke, predict, mistakes, knobs, faults."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import explored
import pytest
from asked import Kept, until
from explored import opened, press, settled
from onscreen import Make, shown, tick
from recorded import NOW, alive, status_of
from textual.pilot import Pilot

from zhtui.draw.inks import PLAIN
from zhtui.lesson import catalog
from zhtui.runs import learner
from zhtui.runs.files import append_json, write_json
from zhtui.runs.folder import EVENTS, STATUS, RunFolder
from zhtui.tui.screens.console.screen import ConsoleScreen
from zhtui.tui.screens.explore.screen import ExploreScreen
from zhtui.tui.screens.shared.dialogs import Reader
from zhtui.tui.screens.shared.notes import NotesScreen
from zhtui.tui.screens.shared.source import SourceScreen
from zhtui.tui.widgets.ask import AskLine

NARROW, USUAL, WIDE = (80, 24), (120, 40), (200, 60)
Compare = Callable[..., bool]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    own = tmp_path_factory.mktemp("own")
    explored.drop(own)
    return own


async def test_frames_go_on_and_back_and_say_what_happened(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        text = shown(pilot)
        assert "7 strange · mix" in text
        assert "1 / …" in text
        assert "each letter is a row of four numbers" in text
        assert "look for: equal letters, equal rows" in text
        await press(pilot, "full_stop", "right")
        assert "3 / …" in shown(pilot)
        assert "row e sums to one" in shown(pilot)
        assert list(screen.tiles.known) == ["S", "A", "row"]
        await press(pilot, "full_stop", "full_stop")
        assert "4 / 4" in shown(pilot)
        await press(pilot, "comma", "left", "home")
        assert "1 / 4" in shown(pilot)
        await press(pilot, "end")
        assert "4 / 4" in shown(pilot)
        assert screen.focused is screen.tiles.widget


async def test_a_cursor_spells_the_cell_and_arrows_are_frames_without_one(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "full_stop", "v", "enter", "down", "right")
        assert screen.tiles.chosen == "S"
        assert screen.player.at == 1
        view = screen.inquiry.shown.views["S"]  # type: ignore[union-attr]
        assert f"= {view.values[1, 1]:.2f}" in shown(pilot)  # type: ignore[union-attr]
        await press(pilot, "full_stop")
        assert screen.player.at == 2
        assert "S[h, h] = 2.1043" in shown(pilot)
        await press(pilot, "escape")
        assert screen.tiles.cursor is None
        assert "S[h, h]" not in shown(pilot)
        await press(pilot, "left")
        assert screen.player.at == 1


async def test_a_poke_lights_what_moved_and_is_taken_back(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "plus")
        assert screen.inquiry.poke is None, "no cursor, no poke"
        await press(pilot, "v", "enter", "down", "plus", "plus")
        assert "X[1, 0] := -0.1" in shown(pilot)
        assert "the poke moved 1 in X" in shown(pilot)
        await press(pilot, "full_stop", "full_stop")
        frame = screen.inquiry.shown
        assert frame is not None
        assert frame.moved["A"][0].tolist() == [False] * 7
        assert frame.moved["A"][1:].any()
        assert "moved" in shown(pilot)
        assert "must not have" not in shown(pilot)
        await press(pilot, "u")
        assert screen.inquiry.poke is None
        await press(pilot, "home", "e", "2", "enter")
        assert "X[1, 0] := 2" in shown(pilot)


async def test_what_moved_and_must_not_is_told(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "m", "1")
        assert "mistake leak" in shown(pilot)
        await press(pilot, "v", "enter", "down", "down", "plus", "full_stop", "full_stop")
        assert "must not have moved: 14 in A" in shown(pilot)
        assert screen.tiles.known["A"].marks.wrong is not None


async def test_a_letter_is_poked_by_another(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "enter", "plus")
        assert screen.inquiry.shown.views["text"].text == "uhe cat"  # type: ignore[union-attr]
        await press(pilot, "e", "x", "y", "enter")
        assert screen.typed is not None, "two letters are refused"
        await press(pilot, "backspace", "enter")
        assert screen.inquiry.shown.views["text"].text == "xhe cat"  # type: ignore[union-attr]


async def test_a_number_is_predicted_and_judged(explore: Make, store: Path) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "p")
        assert screen.player.at == 1
        text = shown(pilot)
        assert "S[e, h]" in text
        assert "a score is the product" not in text, "what would tell is held back"
        assert screen.tiles.known["S"].marks.hidden == (2, 1)
        await press(pilot, "n", "o", "enter")
        assert screen.typed is not None, "no number"
        for key in ("backspace", "backspace", "3", "enter"):
            await pilot.press(key)
        await until(pilot, lambda: screen.typed is None)
        assert "no: S[e, h] = 0.4499" in shown(pilot)
        assert "too high" in shown(pilot)
        assert "a score is the product" in shown(pilot)
        await press(pilot, "p", "0", "full_stop", "0", "5", "enter")
        assert "right: A[h, t] = 0.0" in shown(pilot)
        await press(pilot, "p")
        assert "no frame after this one has a number to predict" in shown(pilot)
        await pilot.app.workers.wait_for_complete()
    done = learner.progress(store)["strange"]
    assert (done.tried["guess"], done.right["guess"]) == (2, 1)


async def test_a_prediction_can_be_left(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "p", "escape")
        assert screen.typed is None
        assert screen.tiles.known["S"].marks.hidden is None
        assert pilot.app.screen is screen


async def test_a_mistake_is_drawn_hidden_and_found(explore: Make, store: Path) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        screen.mistakes.dice = random.Random(3)
        await press(pilot, "m", "g")
        drawn = screen.inquiry.values["mistake"]
        text = shown(pilot)
        assert "mistake ?" in text
        assert "mistake   ?" in text, "the form does not tell it either"
        wrong = next(i for i, name in enumerate(screen.inquiry.mistakes) if name != drawn)
        await press(pilot, "m", str(wrong))
        assert "no: " in shown(pilot)
        assert not screen.mistakes.on
        await pilot.app.workers.wait_for_complete()
    assert learner.progress(store)["strange"].tried["mistake"] == 1


async def test_knobs_turn_by_keys_and_are_typed(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "k", "down", "right")
        assert screen.inquiry.values == {"heat": 1.1}
        await press(pilot, "up", "enter")
        for key in ("h", "i", "enter"):
            await pilot.press(key)
        await settled(pilot)
        assert screen.inquiry.shown.views["text"].text == "hi"  # type: ignore[union-attr]
        await press(pilot, "down", "enter")
        for key in ("9", "9", "enter"):
            await pilot.press(key)
        await until(pilot, lambda: "out of bounds" in shown(pilot))
        await pilot.press("escape")
        await pilot.pause()
        await press(pilot, "escape")
        assert screen.focused is screen.tiles.widget
        assert pilot.app.screen is screen


async def test_a_cell_sets_the_knob_that_points_at_it(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "full_stop", "full_stop", "v", "enter", *["down"] * 4, "enter")
        assert screen.inquiry.values == {"row": 4}
        assert "row c sums to one" in shown(pilot)


async def test_chapters_numbers_and_play(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot, "walk")
        await press(pilot, "right_square_bracket")
        assert screen.player.at == 1000
        await press(pilot, "full_stop", "left_square_bracket")
        assert screen.player.at == 1000
        await press(pilot, "left_square_bracket")
        assert screen.player.at == 0
        await press(pilot, "g", "5", "0", "0", "enter")
        assert screen.player.at == 499
        await pilot.press("space")
        await until(pilot, lambda: screen.player.at > 502)
        await press(pilot, "space")
        assert not screen.player.running
        await press(pilot, "end")
        assert "10,000 / 10,000" in shown(pilot)


async def test_scenes_have_numbers_and_a_frame_that_solves_is_kept(
    explore: Make, store: Path
) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await press(pilot, "end")
        await press(pilot, "2")
        assert screen.inquiry.scene == "walk"
        assert "walk   1 / " in shown(pilot)
        assert list(screen.tiles.known) == ["B"]
        await press(pilot, "9")
        assert screen.inquiry.scene == "walk"
        await pilot.app.workers.wait_for_complete()
    assert learner.progress(store)["strange"].done["solved"] == {"mix.mix"}


@pytest.mark.parametrize(
    ("how", "sentence"), [("raise", "a bug in the scene"), ("huge", "1 MB can be shown")]
)
async def test_a_fault_is_shown_and_can_be_left(explore: Make, how: str, sentence: str) -> None:
    async with explore().run_test(size=NARROW) as pilot:
        screen = await opened(pilot, "bad")
        screen.turn("how", how)
        await settled(pilot)
        await press(pilot, "full_stop")
        assert sentence in " ".join(shown(pilot).split())
        assert screen.player.at == 0
        await press(pilot, "comma")
        assert sentence not in shown(pilot)
        await press(pilot, "escape")
        assert pilot.app.screen is not screen


async def test_an_endless_loop_is_told_of_and_ended(explore: Make) -> None:
    app = explore()
    app.session.explorer = type(app.session.explorer).__mro__[1]()  # one that can be ended
    async with app.run_test(size=USUAL) as pilot:
        screen = await opened(pilot, "bad")
        screen.turn("how", "loop")
        await settled(pilot)
        await pilot.press("full_stop")
        await until(pilot, lambda: "this frame is taking long" in shown(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not screen.inquiry.busy)
        assert pilot.app.screen is screen
        screen.turn("how", "raise")
        await settled(pilot)
        assert screen.inquiry.shown is not None
        assert not screen.inquiry.error
        app.session.explorer.close()


async def test_the_console_answers_while_a_scene_loops(explore: Make, run: RunFolder) -> None:
    app = explore()
    app.session.explorer = type(app.session.explorer).__mro__[1]()  # one that can be ended
    async with app.run_test(size=USUAL) as pilot:
        screen = await opened(pilot, "bad")
        screen.turn("how", "loop")
        await settled(pilot)
        await pilot.press("full_stop")
        await until(pilot, lambda: "this frame is taking long" in shown(pilot))
        app.session.doors.console(run)
        await pilot.pause()
        console = app.screen
        assert isinstance(console, ConsoleScreen)
        await until(pilot, lambda: console.writer.opening.done, 60)
        if not isinstance(console.focused, AskLine):
            await pilot.press("p")
        await until(pilot, lambda: isinstance(console.focused, AskLine))
        await pilot.press(*"ROMEO:", "enter")
        await until(
            pilot, lambda: console.branches.hand and len(console.branches.hand.tokens) > 4, 60
        )
        while app.screen is not screen:
            await pilot.press("escape")
            await pilot.pause()
        assert screen.inquiry.busy, "it loops on"
        await pilot.press("escape")
        await until(pilot, lambda: not screen.inquiry.busy)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is not screen)
        app.session.engine.close()


async def test_keys_are_quick_while_a_frame_is_made(explore: Make) -> None:
    """Keys are answered before the engine is, and cost this process little."""
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot, "bad")
        screen.turn("how", "slow")
        await settled(pilot)
        await press(pilot, "enter")
        screen.ask(90)
        took = []
        for key in ["down", "up"] * 10:
            begun = time.process_time()
            await pilot.press(key)
            took.append(time.process_time() - begun)
        assert screen.inquiry.busy
        assert sorted(took)[-2] < 0.15  # of processor time: a busy machine changes no verdict


async def test_at_80x24_what_can_be_read_whole_stands_together(explore: Make) -> None:
    async with explore().run_test(size=NARROW) as pilot:
        screen = await opened(pilot)
        text, X = screen.tiles.known.values()
        assert (text.display, X.display) == (True, True)
        assert (text.room.height, text.room.width) == (1, X.room.width), "text above, X below"
        assert "-.32" in shown(pilot), "each number is read"
        await press(pilot, "full_stop", "full_stop")
        assert sum(widget.display for widget in screen.tiles.known.values()) == 1
        assert "S   A   row" in shown(pilot)


async def test_a_story_gets_the_lines_that_it_needs_and_keeps_them(explore: Make) -> None:
    async with explore().run_test(size=NARROW) as pilot:
        screen = await opened(pilot)
        screen.story.show([("a word and another one " * 15, PLAIN), ("the end", PLAIN)])
        await pilot.pause()
        assert "the end" in shown(pilot)
        assert screen.story.size.height == 6
        text, X = screen.tiles.known.values()
        assert (text.room.height, X.room.height) == (1, 8), "what is above shares what is left"
        screen.story.show([("a word", PLAIN)])
        await pilot.pause()
        assert screen.story.size.height == 6, "what stands above it does not jump back"
        await press(pilot, "2")
        assert screen.story.size.height == 4, "another scene begins small"


async def test_the_knob_at_the_cursor_is_explained_to_its_end(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        await opened(pilot)
        await press(pilot, "k", "down")
        assert "temperature of the shares" in shown(pilot)
        assert "(0.1 … 10)" in shown(pilot), "its bounds, on a line of their own"
        await press(pilot, "down")
        assert "the row that asks (0 … 30)" in shown(pilot), "at the cursor"


async def test_in_a_small_room_one_view_is_large_and_the_knobs_have_their_turn(
    explore: Make,
) -> None:
    async with explore().run_test(size=(80, 18)) as pilot:
        screen = await opened(pilot)
        assert sum(widget.display for widget in screen.tiles.known.values()) == 1
        await press(pilot, "full_stop", "full_stop")
        assert screen.tiles.chosen == "A", "what is new is in sight"
        assert "S   A   row" in shown(pilot)
        assert "row e sums to one" in shown(pilot)
        await press(pilot, "v")
        assert screen.tiles.chosen == "row"
        await press(pilot, "k")
        assert "temperature" not in shown(pilot)
        assert "mistake" in shown(pilot)
        await press(pilot, "escape", "V", "escape")
        assert pilot.app.screen is not screen


@pytest.mark.parametrize("keys", [("p", "escape"), ("v",), ("z",), ("p", "3", "enter")])
async def test_in_a_small_room_the_pictures_come_back_from_behind_the_knobs(
    explore: Make, keys: tuple[str, ...]
) -> None:
    async with explore().run_test(size=NARROW) as pilot:
        screen = await opened(pilot)
        await press(pilot, "k")
        assert not screen.tiles.display or not screen.tiles.region, "the knobs alone"
        await press(pilot, *keys[:1])
        await pilot.pause()
        assert screen.tiles.region.height > 8, "what is asked for is seen"
        await press(pilot, *keys[1:])
        assert screen.tiles.region.height > 8
        if "escape" in keys or "enter" in keys:
            assert screen.typed is None
        assert screen.focused is screen.tiles.widget
        assert not screen.knobs.region


async def test_the_line_of_keys_names_what_the_keys_do_where_one_is(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        await opened(pilot)

        def line() -> str:
            return shown(pilot).splitlines()[-1]

        assert "→ frame" in line()
        assert "k knobs" in line()
        await press(pilot, "enter")
        assert line().strip().startswith("→ cell  . frame")
        assert "knobs" not in line()
        assert "→ frame" not in line()
        await press(pilot, "escape", "k")
        assert line().strip().startswith("→ turn  . frame")
        assert "knobs" not in line()
        await press(pilot, "escape")
        assert "→ frame" in line()
        await press(pilot, "g")
        assert "frame" not in line().replace("frame 1", "")


async def test_the_help_names_the_scenes_that_are_there(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        calls = {each.binding.action for each in screen.active_bindings.values() if each.enabled}
        assert {"scene(3)"} <= calls
        assert "scene(4)" not in calls, "the palette has no more of them either"
        await pilot.press("question_mark")
        await pilot.pause()
        reader = pilot.app.screen
        assert isinstance(reader, Reader)
        assert "scene 3" in reader.plain
        assert "scene 4" not in reader.plain


async def test_zoom_shows_one_picture_and_escape_all(explore: Make) -> None:
    async with explore().run_test(size=WIDE) as pilot:
        screen = await opened(pilot)
        await press(pilot, "full_stop", "z")
        assert [n for n, each in screen.tiles.known.items() if each.display] == ["X"]
        await press(pilot, "escape")
        assert all(each.display for each in screen.tiles.known.values())


async def test_source_and_notes_open_over_it(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        await pilot.press("s")
        await until(pilot, lambda: "explore/mix.py" in shown(pilot))
        assert isinstance(pilot.app.screen, SourceScreen)
        await pilot.press("escape")
        await pilot.press("n")
        await until(pilot, lambda: "Who looks at whom?" in shown(pilot))
        assert isinstance(pilot.app.screen, NotesScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is screen


async def test_a_text_from_elsewhere_is_read(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot, text="dog")
        await until(pilot, lambda: screen.inquiry.shown.views["text"].text == "dog")  # type: ignore[union-attr]


async def test_the_lesson_and_home_open_it_without_a_run(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        await tick(pilot)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExploreScreen))
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("enter")
        await tick(pilot)
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExploreScreen))


async def test_nothing_is_sent_and_nothing_asked_while_it_is_idle(explore: Make) -> None:
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot)
        asked, painted = screen.inquiry.engine._last, []
        await pilot.pause(2.3)
        refresh = screen.refresh
        screen.refresh = lambda *a, **k: painted.append(1) or refresh(*a, **k)  # type: ignore[method-assign,func-returns-value]
        await pilot.pause(1.0)
        assert screen.inquiry.engine._last == asked
        assert not painted


async def test_a_long_walk_does_not_grow(explore: Make, explorer: Kept) -> None:
    psutil = pytest.importorskip("psutil")
    async with explore().run_test(size=USUAL) as pilot:
        screen = await opened(pilot, "walk")
        dice = random.Random(1)

        async def jumps(count: int) -> float:
            for _ in range(count):
                screen.player.to(dice.randrange(1000))
                await settled(pilot)
            return float(psutil.Process(explorer.pid).memory_info().rss)

        first = await jumps(20)
        assert await jumps(20) < first + (8 << 20)
        assert len(screen.tiles.children) == 1


SHIPPED = Path(__file__).parents[2] / "checkpoints" / "attention" / "python-reference"


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="no run of attention is shipped here")
async def test_a_run_is_looked_at_at_any_kept_step_and_live_at_its_newest(
    make: Make, explorer: Kept, store: Path
) -> None:
    run = RunFolder(store / "attention" / "a-run")
    shutil.copytree(SHIPPED, run.path)
    (*_, (before, _), (last, newest)) = run.checkpoints()
    aside = newest.rename(run.path / "aside")
    write_json(run.path / STATUS, status_of("running", before, last))
    app = make(entries=[catalog.one("attention")])
    app.session.explorer = explorer
    with alive(run):
        async with app.run_test(size=USUAL) as pilot:
            await tick(pilot)
            app.session.doors.explore(catalog.one("attention"), run, scene="head")
            await pilot.pause()
            screen = app.screen
            assert isinstance(screen, ExploreScreen)
            await until(pilot, lambda: screen.inquiry.shown is not None, 60)
            assert screen.inquiry.at == before
            await press(pilot, "less_than_sign")
            assert screen.inquiry.at is not None
            assert screen.inquiry.at < before
            await press(pilot, "L")
            assert screen.inquiry.at == before
            await press(pilot, "p", "0", "enter")
            verdict = screen.numbers.verdict
            assert verdict
            await tick(pilot)
            aside.rename(newest)
            append_json(run.path / EVENTS, {"event": "checkpoint", "step": last, "time": NOW})
            await tick(pilot)
            await until(pilot, lambda: screen.inquiry.at == last)
            assert screen.numbers.verdict == verdict, "it is of the same frame, and still read"


@pytest.mark.skipif(not SHIPPED.is_dir(), reason="no run of attention is shipped here")
async def test_a_scene_that_takes_no_run_names_none_and_its_keys_do_nothing(
    make: Make, explorer: Kept, store: Path
) -> None:
    run = RunFolder(store / "attention" / "a-run")
    shutil.copytree(SHIPPED, run.path)
    app = make(entries=[catalog.one("attention")])
    app.session.explorer = explorer
    async with app.run_test(size=USUAL) as pilot:
        await tick(pilot)
        screen = await opened(pilot, "average")
        top = shown(pilot).splitlines()[0]
        assert "a-run" not in top
        assert "step" not in top
        await press(pilot, "less_than_sign")
        assert screen.watched.step is None
        await press(pilot, "2")
        await until(pilot, lambda: screen.inquiry.shown is not None and screen.inquiry.rows, 60)
        assert "a-run" in shown(pilot).splitlines()[0]
        await press(pilot, "less_than_sign")
        assert screen.watched.step is not None


@pytest.mark.parametrize("size", [NARROW, USUAL], ids=["80x24", "120x40"])
def test_picture(explore: Make, snap_compare: Compare, size: tuple[int, int]) -> None:
    to_x = () if size == NARROW else ("v",)  # the only one in sight is the matrix already
    keys = ("m", "1", *to_x, "enter", "down", "down", "plus", "full_stop", "full_stop")

    async def ready(pilot: Pilot[int]) -> None:
        await opened(pilot)
        await press(pilot, *keys)
        pilot.app.clear_notifications()
        await pilot.pause()

    assert snap_compare(explore(), terminal_size=size, run_before=ready)
