"""A look inside, by keys, on a model that was really trained and an engine that really answers."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import Kept, Scripted, answer, trained, until, views
from onscreen import Make, shown, tick
from recorded import alive, record, status_of
from textual.pilot import Pilot

from zhtui.lesson.views import Bars, Heatmap, Histogram, Table, Text, View
from zhtui.runs.files import append_json, write_json
from zhtui.runs.folder import CONTROL, EVENTS, STATUS, RunFolder
from zhtui.tui.screens.console.screen import ConsoleScreen
from zhtui.tui.screens.inspect.families import families
from zhtui.tui.screens.inspect.screen import InspectScreen
from zhtui.tui.screens.inspect.thumbs import Thumbs
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.views import HeatmapWidget, HistogramWidget, TableWidget

NARROW, WIDE = (80, 24), (120, 40)
Compare = Callable[..., bool]


async def inside(
    pilot: Pilot[int], run: RunFolder, text: str = "ROMEO: the king", step: int | None = None
) -> InspectScreen:
    """A look inside a run, all answered."""
    pilot.app.session.doors.inspect(run, text, step)
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, InspectScreen)
    await settled(pilot)
    return screen


def going_on(run: RunFolder) -> Path:
    """A finished run goes on, and has not saved its last checkpoint yet; where that one lies."""
    write_json(run.path / STATUS, status_of("running", 20, 40))
    return (run.path / "step-000020").rename(run.path / "aside")


async def settled(pilot: Pilot[int]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, InspectScreen)
    await until(pilot, lambda: not screen.busy)
    await until(pilot, lambda: not screen.listener.news and not screen.busy)


async def test_every_head_is_a_thumbnail_and_one_is_large(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        thumbs = screen.query_one(Thumbs)
        assert sorted(thumbs.members) == [(1, 1), (1, 2), (2, 1), (2, 2)]
        assert thumbs.display
        assert isinstance(screen.large, HeatmapWidget)
        assert screen.large.view is thumbs.members[1, 1]
        assert "attention ×4" in shown(pilot)
        await pilot.press("tab")
        assert screen.large.view is thumbs.members[1, 2]
        await pilot.press("J")
        assert screen.large.view is thumbs.members[2, 2]
        await pilot.press("tab", "K", "shift+tab")
        assert screen.place == (1, 2)
        assert "▸1.2" in shown(pilot)


async def test_a_cell_says_who_looks_at_whom(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        await pilot.press("down", "down", "down", "right")
        assert isinstance(screen.large, HeatmapWidget)
        assert isinstance(screen.large.view, Heatmap)
        weight = float(screen.large.view.values[2, 1])
        await pilot.pause()
        assert '"M" → "O"' in shown(pilot)
        assert f"{weight:.4f}" in shown(pilot)
        await pilot.press("tab")
        assert screen.large.cursor == (2, 1), "the cursor stays on its cell from head to head"
        await pilot.press("escape")
        assert screen.large.cursor is None
        assert pilot.app.screen is screen


async def test_views_turn_by_key_and_by_number(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        names = [family.name for family in screen.families]
        assert names[0] == "attention"
        assert {"lens", "activations", "parameters", "gradient", "surprise"} <= set(names)
        await pilot.press("v")
        assert screen.shown is not None
        assert screen.shown.name == names[1]
        await pilot.press("V", "V")
        assert screen.shown.name == names[-1]
        await pilot.press(str(names.index("lens") + 1))
        await pilot.pause()
        assert isinstance(screen.large, TableWidget)
        assert not screen.query_one(Thumbs).display
        text = shown(pilot)
        assert "embedding" in text
        assert "block 2" in text
        await pilot.press(str(names.index("parameters") + 1))
        await pilot.pause()
        assert isinstance(screen.large, HistogramWidget)


async def test_another_text_is_read(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        await pilot.press("p", *"good", "enter")
        await settled(pilot)
        assert screen.text == "good", "what is typed takes the old text's place"
        view = screen.query_one(Thumbs).members[1, 1]
        assert "".join(view.rows) == "good"
        assert not isinstance(screen.focused, AskLine)


async def test_what_the_model_does_not_know_is_named_and_the_old_views_stay(
    lab: Make, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        screen.query_one(AskLine).offer("kïng")
        await pilot.press("p", "enter")
        await settled(pilot)
        assert "'ï', unknown to this model" in shown(pilot)
        assert screen.large is not None


async def test_older_checkpoints_are_looked_at_and_l_comes_back(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        newest = screen.views["parameters"]
        assert isinstance(newest, Histogram)
        await pilot.press("left_square_bracket")
        await settled(pilot)
        await pilot.press("left_square_bracket")
        await settled(pilot)
        assert screen.subject.step == 16
        assert "step 16" in shown(pilot)
        assert "an older checkpoint" in shown(pilot)
        older = screen.views["parameters"]
        assert isinstance(older, Histogram)
        assert not np.array_equal(older.edges, newest.edges)
        await pilot.press("right_square_bracket")
        await settled(pilot)
        assert screen.subject.step == 18
        await pilot.press("l")
        await settled(pilot)
        assert screen.subject.step is None
        assert "step 20" in shown(pilot)


async def test_a_live_run_is_looked_at_again_when_it_saved(lab: Make, tmp_path: Path) -> None:
    live = trained(tmp_path / "store", "live-otter")
    hidden = going_on(live)
    with alive(live):
        async with lab().run_test(size=WIDE) as pilot:
            screen = await inside(pilot, live)
            await tick(pilot)
            assert "step 18" in shown(pilot)
            assert "follows the newest checkpoint" in shown(pilot)
            hidden.rename(live.path / "step-000020")
            append_json(live.path / EVENTS, {"event": "checkpoint", "step": 20})
            await tick(pilot)
            await settled(pilot)
            assert screen.subject.step is None
            assert "step 20" in shown(pilot)


async def test_at_a_replayed_step_the_newest_checkpoint_of_then_is_looked_at(
    lab: Make, run: RunFolder
) -> None:
    """Kept are 2, 4 … 20; the model of step 13 was last saved at 12."""
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run, step=13)
        assert screen.at == 12
        assert "step 12" in shown(pilot)
        assert "an older checkpoint   l for the newest" in shown(pilot)
        await pilot.press("left_square_bracket")
        await settled(pilot)
        assert screen.at == 10
        await pilot.press("right_square_bracket", "c")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ConsoleScreen)
        assert pilot.app.screen.subject.step == 12


async def test_before_the_first_checkpoint_the_first_one_is_looked_at_and_it_says_so(
    lab: Make, tmp_path: Path
) -> None:
    shipped = trained(tmp_path / "store", "shipped-otter")
    for step, path in shipped.checkpoints()[:-1]:
        assert step < 20
        shutil.rmtree(path)
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, shipped, step=7)
        assert "step 20 · none was kept before step 7" in shown(pilot)
        assert "step 20" in shown(pilot)
        assert screen.views


async def test_a_live_run_without_a_checkpoint_is_asked_for_one(lab: Make, tmp_path: Path) -> None:
    live = trained(tmp_path / "store", "young-otter")
    for _, path in live.checkpoints()[:-1]:
        shutil.rmtree(path)
    hidden = going_on(live)
    with alive(live):
        async with lab().run_test(size=WIDE) as pilot:
            screen = await inside(pilot, live)
            await tick(pilot)
            assert "asked the run for a checkpoint" in shown(pilot)
            asked = [json.loads(line) for line in (live.path / CONTROL).read_text().splitlines()]
            assert [request["action"] for request in asked] == ["checkpoint"]
            hidden.rename(live.path / "step-000020")
            append_json(live.path / EVENTS, {"event": "checkpoint", "step": 20})
            await tick(pilot)
            await settled(pilot)
            assert screen.at == 20
            assert screen.views
            await pilot.press("f")
            await tick(pilot)
            assert len((live.path / CONTROL).read_text().splitlines()) == 2


async def test_without_a_text_the_runs_own_words_are_read(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        pilot.app.session.doors.inspect(run)
        await tick(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, InspectScreen)
        await settled(pilot)
        assert len(screen.text) > 1
        assert screen.families
        assert isinstance(screen.focused, AskLine), "the text can be typed over at once"


async def test_a_killed_engine_is_started_again_by_the_next_look(
    lab: Make, engine: Kept, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        pid = engine.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(pilot, lambda: engine.pid is None)
        await pilot.press("space")
        await settled(pilot)
        assert screen.reply is not None
        assert not screen.reply.error
        assert engine.pid != pid


async def test_a_run_deleted_under_the_screen_is_named(lab: Make, tmp_path: Path) -> None:
    gone = trained(tmp_path / "store", "gone-otter")
    async with lab().run_test(size=WIDE) as pilot:
        await inside(pilot, gone)
        shutil.rmtree(gone.path)
        await pilot.press("space")
        await settled(pilot)
        await tick(pilot)
        assert "gone-otter has no readable run.json" in shown(pilot)
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, InspectScreen)


async def test_resized_to_nothing_and_back(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await inside(pilot, run)
        for size in ((20, 5), (2, 2), (80, 24)):
            await pilot.press("space")
            await pilot.resize_terminal(*size)
            await settled(pilot)
        assert "▸1.1" in shown(pilot)
        assert screen.query_one(Thumbs).region.width == 27


async def test_c_writes_on_after_the_text(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        await inside(pilot, run, "JULIET:")
        await pilot.press("c")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ConsoleScreen)
        assert pilot.app.screen.prompt == "JULIET:"


def test_members_stand_for_a_lone_view_of_their_name() -> None:
    square = Heatmap(np.eye(2))
    known = families({"attention": square, "x": Bars(["a"], [1.0]), "attention 1.2": square})
    assert [family.name for family in known] == ["attention", "x"]
    assert list(known[0].members or ()) == [(1, 2)]
    assert known[0].kept((9, 9)) == (1, 2)
    assert known[0].below((1, 2), 1) == known[0].beside((1, 2), 1) == (1, 2)


# Pictures


def heads(layers: int = 3, count: int = 4, text: str = "the king shall") -> dict[str, View]:
    """Heads that look back by a fixed distance each."""
    made: dict[str, View] = {}
    size = len(text)
    rows, columns = np.mgrid[0:size, 0:size]
    for layer in range(1, layers + 1):
        for head in range(1, count + 1):
            near = np.exp(-np.abs(rows - columns - head + 1) / layer) * (rows >= columns)
            values = near / near.sum(axis=1, keepdims=True)
            note = f"layer {layer}, head {head}: row looks at column"
            name = f"attention {layer}.{head}"
            made[name] = Heatmap(values, list(text), list(text), low=0.0, note=note)
    return made


def script(do: str, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    if do == "open":
        return answer()
    edges = np.linspace(-2, 2, 41)
    hill = np.exp(-(edges[:-1] ** 2) * 3)
    spread = {f"block {i}": hill ** (1 / i) * 100 for i in (1, 2, 3)}
    lens = [("embedding", "h .210", "e .120", "o .070"), ("block 1", "i .420", "a .160", "e .040")]
    shown = {
        **heads(),
        "surprise": Text("the king shall", np.linspace(0, 1, 14), note="2.31 bits a character"),
        "lens": Table(("after", "first", "second", "third"), lens, note="what follows 'the k'"),
        "parameters": Histogram(edges, spread, note="weights of each part"),
    }
    return answer(views(shown))


SHOTS: dict[str, tuple[tuple[int, int], list[str]]] = {
    "heads-small": (NARROW, ["tab", "down", "down", "down", "right"]),
    "heads": (WIDE, ["tab", "J", "down", "down", "down", "right"]),
    "lens-small": (NARROW, ["3"]),
    "parameters": (WIDE, ["4"]),
    "all": ((200, 60), ["tab"]),
    "tiny": ((40, 10), []),
}


def picture(
    snap_compare: Compare, make: Make, store: Path, size: tuple[int, int], keys: list[str]
) -> bool:
    run = record(store, "gpt", "brisk-otter")
    app = make()
    app.session.engine = Scripted(script)

    async def before(pilot: Pilot[int]) -> None:
        await inside(pilot, run, "the king shall")
        await pilot.press(*keys)
        await tick(pilot)

    return snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("name", sorted(SHOTS))
def test_picture(snap_compare: Compare, make: Make, store: Path, name: str) -> None:
    assert picture(snap_compare, make, store, *SHOTS[name])


def test_picture_without_colours(
    snap_compare: Compare, make: Make, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(snap_compare, make, store, NARROW, ["tab", "down", "down", "right"])
