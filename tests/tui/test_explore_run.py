"""Explore on a run that was really trained: its checkpoints, its text, its console, its end."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from asked import Kept, trained, until
from explored import press, settled
from onscreen import Make, shown, tick
from recorded import alive, status_of
from textual.pilot import Pilot

from zhtui.lesson import catalog
from zhtui.lesson.explore import Spot
from zhtui.runs.files import append_json, write_json
from zhtui.runs.folder import CONTROL, EVENTS, STATUS, RunFolder
from zhtui.tui.app import LabApp
from zhtui.tui.screens.console.screen import ConsoleScreen
from zhtui.tui.screens.explore.screen import ExploreScreen

SIZE = (120, 40)


@pytest.fixture
def gpt(make: Make, explorer: Kept) -> Callable[..., LabApp]:
    """Makes a lab with the lesson gpt, whose explorer is warm from test to test."""

    def app() -> LabApp:
        lab = make(entries=[catalog.one("gpt")])
        lab.session.explorer = explorer
        return lab

    return app


async def inside(
    pilot: Pilot[int], run: RunFolder, text: str = "", step: int | None = None
) -> ExploreScreen:
    """The scenes of a run, the first frame in sight."""
    app = pilot.app
    assert isinstance(app, LabApp)
    app.session.doors.explore(catalog.one("gpt"), run, step, text=text)
    await pilot.pause()
    screen = app.screen
    assert isinstance(screen, ExploreScreen)
    await until(pilot, lambda: screen.inquiry.shown or screen.inquiry.error, 60)
    await settled(pilot)
    return screen


def going_on(run: RunFolder) -> Path:
    """A finished run goes on, and has not saved its last checkpoint yet; where that one lies."""
    write_json(run.path / STATUS, status_of("running", 20, 40))
    return (run.path / "step-000020").rename(run.path / "aside")


async def test_a_text_that_is_brought_along_opens_the_scene_that_reads_one(
    gpt: Make, run: RunFolder
) -> None:
    async with gpt().run_test(size=SIZE) as pilot:
        screen = await inside(pilot, run)
        assert screen.inquiry.scene == "model"
        await press(pilot, "escape")
        screen = await inside(pilot, run, "ROMEO: the king")
        assert screen.inquiry.scene == "attention"
        frame = screen.inquiry.shown
        assert frame is not None
        assert frame.views["text"].text == "ROMEO: the king"  # type: ignore[union-attr]
        await press(pilot, "1", "2")
        frame = screen.inquiry.shown
        assert frame is not None
        assert frame.views["text"].text != "ROMEO: the king", "once"  # type: ignore[union-attr]


async def test_c_writes_on_after_the_text(gpt: Make, run: RunFolder) -> None:
    async with gpt().run_test(size=SIZE) as pilot:
        await inside(pilot, run, "JULIET:", step=13)
        await press(pilot, "less_than_sign")
        await pilot.press("c")
        await pilot.pause()
        console = pilot.app.screen
        assert isinstance(console, ConsoleScreen)
        assert console.prompt == "JULIET:"
        assert console.subject.step == 10
        pilot.app.session.engine.close()  # type: ignore[attr-defined]


async def test_at_a_replayed_step_the_newest_checkpoint_of_then_is_looked_at(
    gpt: Make, run: RunFolder
) -> None:
    """Kept are 2, 4 … 20; the model of step 13 was last saved at 12."""
    async with gpt().run_test(size=SIZE) as pilot:
        screen = await inside(pilot, run, step=13)
        assert screen.inquiry.at == 12
        assert "an older checkpoint" in shown(pilot)
        await press(pilot, "less_than_sign")
        assert screen.inquiry.at == 10
        await press(pilot, "greater_than_sign")
        assert screen.inquiry.at == 12
        await press(pilot, "L")
        assert screen.inquiry.at == 20


async def test_the_newest_checkpoint_is_not_called_an_older_one(gpt: Make, run: RunFolder) -> None:
    async with gpt().run_test(size=(160, 44)) as pilot:
        screen = await inside(pilot, run)
        await press(pilot, "less_than_sign")
        assert "an older checkpoint" in shown(pilot)
        await press(pilot, "greater_than_sign")
        assert screen.inquiry.at == 20
        assert "the newest checkpoint" in shown(pilot)
        assert "older checkpoint" not in shown(pilot)
        assert screen.watched.step is None, "what is saved after it is followed"
        await press(pilot, "greater_than_sign", "escape")
        screen = await inside(pilot, run, step=20)
        assert "the newest checkpoint" in shown(pilot), "at a replayed step that is the last, too"


async def test_the_line_on_top_keeps_what_changed_the_numbers_longest(
    gpt: Make, run: RunFolder
) -> None:
    async with gpt().run_test(size=(80, 24)) as pilot:
        screen = await inside(pilot, run, "ROMEO", step=13)
        top = shown(pilot).splitlines()[0]
        assert "gpt · attention" in top
        assert "step 12" in top
        assert screen.inquiry.shown is not None
        assert screen.inquiry.shown.title in top
        assert "gpt · tiny-otter" not in top, "the lesson is named already"
        screen.turn("mistake", "reshape")
        screen.poke(Spot("text", 0, 3), "b")
        await settled(pilot)
        top = shown(pilot).splitlines()[0]
        for part in ("mistake reshape", "text[0, 3] := b", "step 12", screen.player.place):
            assert part in top, top
        assert "checkpoint" not in top


async def test_before_the_first_checkpoint_the_first_one_is_looked_at_and_it_says_so(
    gpt: Make, tmp_path: Path
) -> None:
    shipped = trained(tmp_path / "store", "shipped-otter")
    for _, path in shipped.checkpoints()[:-1]:
        shutil.rmtree(path)
    async with gpt().run_test(size=(160, 44)) as pilot:
        screen = await inside(pilot, shipped, step=7)
        assert "none was kept before step 7" in shown(pilot)
        assert screen.inquiry.at == 20


async def test_a_live_run_without_a_checkpoint_is_asked_for_one(gpt: Make, tmp_path: Path) -> None:
    live = trained(tmp_path / "store", "young-otter")
    for _, path in live.checkpoints()[:-1]:
        shutil.rmtree(path)
    hidden = going_on(live)
    with alive(live):
        async with gpt().run_test(size=SIZE) as pilot:
            screen = await inside(pilot, live)
            await tick(pilot)
            await until(pilot, lambda: "asked the run for a checkpoint" in shown(pilot))
            asked = [json.loads(line) for line in (live.path / CONTROL).read_text().splitlines()]
            assert [request["action"] for request in asked] == ["checkpoint"]
            hidden.rename(live.path / "step-000020")
            append_json(live.path / EVENTS, {"event": "checkpoint", "step": 20})
            await tick(pilot)
            await until(pilot, lambda: screen.inquiry.shown is not None)
            assert screen.inquiry.at == 20
            assert "asked the run for a checkpoint" not in shown(pilot)
            await pilot.press("f")
            await tick(pilot)
            assert len((live.path / CONTROL).read_text().splitlines()) == 2


async def test_a_killed_engine_is_started_again_by_the_next_frame(
    gpt: Make, explorer: Kept, run: RunFolder
) -> None:
    async with gpt().run_test(size=SIZE) as pilot:
        screen = await inside(pilot, run)
        pid = explorer.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(pilot, lambda: explorer.pid is None)
        await pilot.press("full_stop")
        await until(pilot, lambda: screen.player.at == 1 and not screen.inquiry.busy, 60)
        assert not screen.inquiry.error
        assert explorer.pid != pid


async def test_a_run_deleted_under_the_screen_is_named(gpt: Make, tmp_path: Path) -> None:
    gone = trained(tmp_path / "store", "gone-otter")
    async with gpt().run_test(size=SIZE) as pilot:
        screen = await inside(pilot, gone)
        shutil.rmtree(gone.path)
        await press(pilot, "full_stop")
        await until(pilot, lambda: "gone-otter has no readable run.json" in shown(pilot))
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is not screen


async def test_resized_to_nothing_and_back(gpt: Make, run: RunFolder) -> None:
    async with gpt().run_test(size=SIZE) as pilot:
        screen = await inside(pilot, run, "the king")
        for size in ((20, 5), (2, 2), (80, 24)):
            await pilot.press("full_stop")
            await pilot.resize_terminal(*size)
            await settled(pilot)
        assert screen.player.at == 3
        assert "attention" in shown(pilot)


async def test_a_poked_letter_moves_no_earlier_one_at_any_kept_step_and_reshape_leaks(
    gpt: Make, run: RunFolder
) -> None:
    async with gpt().run_test(size=SIZE) as pilot:
        screen = await inside(pilot, run, "the king", step=4)
        for step in (4, 10, 20):
            screen.watched.subject.step = step  # type: ignore[union-attr]
            screen.turn("head", 1)  # of reshape's heads the last holds what stood last
            screen.poke(Spot("text", 0, 6), "b")
            screen.ask(8)
            await settled(pilot)
            right = screen.inquiry.shown
            assert right is not None
            assert (screen.inquiry.at, right.title) == (step, "heard")
            assert right.wrong == {}
            assert right.moved["O"].any()
            assert not right.moved["O"][:6].any()
            screen.turn("mistake", "reshape")
            screen.poke(Spot("text", 0, 6), "b")
            await settled(pilot)
            leaky = screen.inquiry.shown
            assert leaky is not None
            assert leaky.wrong["O"].any()
            assert "must not have moved" in shown(pilot)
            screen.turn("mistake", "none")


async def test_enter_goes_into_a_box_of_the_model(gpt: Make, run: RunFolder) -> None:
    async with gpt().run_test(size=(80, 18)) as pilot:
        screen = await inside(pilot, run)
        assert screen.tiles.chosen == "model"
        await press(pilot, "enter", "right", "right")
        assert "2 heads: each position asks the past" in shown(pilot)
        await press(pilot, "enter")
        assert screen.inquiry.values == {"box": 2}
        assert screen.tiles.chosen == "inside", "what the box holds is in sight"
        assert "qkv.weight" in shown(pilot)


async def test_enter_goes_from_box_to_box_in_later_frames(gpt: Make, run: RunFolder) -> None:
    async with gpt().run_test(size=(80, 18)) as pilot:
        screen = await inside(pilot, run)
        await press(pilot, "full_stop", "full_stop")
        assert screen.inquiry.shown.title == "positions"
        screen.tiles.take("model")
        await press(pilot, "enter", "right", "right", "right")
        await press(pilot, "enter")
        assert screen.inquiry.shown.title == "feed-forward", "a chapter that was not seen yet"
        assert screen.inquiry.values == {}, "the knob opens a box in the first frame alone"
        assert screen.tiles.chosen == "inside", "what the box holds is in sight"
        screen.tiles.take("model")
        await press(pilot, "enter", "left", "left", "enter")
        assert screen.inquiry.shown.title == "positions", "and back"
