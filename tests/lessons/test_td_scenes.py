"""The scenes of lesson td: what they tell, what can be poked, what their mistakes show."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from lessons.td import lesson
from lessons.td.config import MISTAKES, SHOWS
from lessons.td.spelling import number, update
from zhtui.draw.pictures import plain as drawn
from zhtui.lab import Bars, Board, Frame, Heatmap, LabError, Poke, Spot, plain

SCENES = pytest.mark.parametrize("name", lesson.scenes)
SHORT: dict[str, dict[str, Any]] = {
    "walk": {"episodes": 3}, "rooms": {"episodes": 4}, "cliff": {"episodes": 12},
    "board": {"games": 20}, "menace": {"games": 6},
}  # fmt: skip


def scene(name: str) -> Any:
    return importlib.import_module(f"lessons.td.explore.{name}")


def frames(name: str, poke: Poke | None = None, **asked: Any) -> list[Frame]:
    module = scene(name)
    return list(module.explore(None, module.Ask(**(SHORT[name] | asked)), poke or Poke()))


def board_of(frame: Frame, view: str = "V") -> Any:
    shown = frame.shown()[view]
    assert isinstance(shown, Board)
    return shown.values


@SCENES
def test_a_scene_tells_a_story_with_numbers_to_predict(name: str) -> None:
    module, told = scene(name), frames(name)
    assert told[0].chapter == "before"
    assert len(told) > 6
    asked = [frame for frame in told if frame.predict is not None]
    assert len(asked) >= (2 if name == "menace" else 3)
    for frame in told:
        assert plain(frame.say)
        assert len(plain(frame.say)) <= 110
        for view, shown in frame.shown().items():
            for height in (5, 14):
                assert "NaN" not in "\n".join(drawn(shown, 76, height)), (frame.title, view)
            assert plain(module.point(module.Ask(), frame, Spot(view, 0, 0)))
    for frame in asked:
        assert frame.predict is not None
        view = frame.shown()[frame.predict.view]
        i, j = frame.predict.row, frame.predict.column
        if isinstance(view, Bars):
            assert np.isfinite(view.values[i])
        else:
            assert isinstance(view, Heatmap | Board)
            assert view.values is not None
            assert np.isfinite(view.values[i, j])


@SCENES
def test_the_same_ask_gives_the_same_frames(name: str) -> None:
    one, two = frames(name), frames(name)
    assert [(f.title, plain(f.say)) for f in one] == [(f.title, plain(f.say)) for f in two]
    assert repr(one[-1].shown()) == repr(two[-1].shown())


def test_an_update_is_spelled_with_its_numbers() -> None:
    assert (
        update("V(C)", 0.5, 0.1, 0.0, "0.50", 0.5) == "V(C) ← 0.50 + 0.1·(0 + 0.50 − 0.50) = 0.50"
    )
    assert update("Q", -1.5, 0.5, -1.0, "−1.50", -2.0) == "Q ← −1.50 + 0.5·(−1 − 1.50 + 1.50) = −2"
    assert [number(x) for x in (0.5, 0.545, -1.0, 0.0, -0.0001, 51.2)] == [
        "0.50", "0.545", "−1", "0.00", "0.00", "51.20",
    ]  # fmt: skip


def test_the_first_update_of_the_walk_is_the_one_of_the_notes() -> None:
    said = [plain(frame.say) for frame in frames("walk")]
    assert said[2] == "V(C) ← 0.50 + 0.1·(0 + 0.50 − 0.50) = 0.50"
    assert "V(E) ← 0.50 + 0.1·(1 + 0.00 − 0.50) = 0.55" in said


@pytest.mark.parametrize("method", ["td0", "monte-carlo", "n-step", "td-lambda"])
def test_the_ends_of_the_walk_stay_at_0_whatever_is_poked(method: str) -> None:
    spot = Spot("V", 0, 4)
    right, poked = frames("walk", method=method), frames("walk", Poke(spot, 0.9), method=method)
    moved = 0
    for a, b in zip(right, poked, strict=True):
        apart = board_of(a) != board_of(b)
        moved += int(apart.sum())
        if a.still:
            mask = a.still(spot)["V"]
            assert mask.shape == apart.shape
            assert mask.any()
            assert not (apart & mask).any()
    assert moved


def test_a_trace_is_shown_where_there_is_one() -> None:
    for frame in frames("walk", method="td-lambda", lam=0.5)[2:5]:
        z = frame.shown()["z"]
        assert isinstance(z, Bars)
        assert max(z.values) >= 1.0
    assert "z" not in frames("walk")[3].shown()


def test_the_rooms_reach_their_fixed_point_and_the_way_out() -> None:
    told = frames("rooms", episodes=60)
    fixed = [frame for frame in told if frame.solved == "rooms"]
    assert len(fixed) == 1
    assert plain(told[-1].say).startswith("From room 2, always by the best door: 2 → 3 → ")
    assert plain(told[-1].say).endswith("→ 5.")


def test_no_door_can_be_made_by_a_poke() -> None:
    with pytest.raises(LabError, match="no door"):
        frames("rooms", Poke(Spot("Q", 0, 0), 5.0))
    with pytest.raises(LabError, match="nothing can be done"):
        frames("cliff", Poke(Spot("Q", 14, 0), 5.0))


def test_what_is_poked_into_a_room_spreads() -> None:
    poked = frames("rooms", Poke(Spot("Q", 1, 1), 50.0))
    assert any("0.8·50" in plain(frame.say) for frame in poked)


def test_the_board_that_is_asked_about_can_be_edited() -> None:
    edited = frames("board", Poke(Spot("asked", 1, 1), "O"))
    shown = edited[0].shown()["asked"]
    assert isinstance(shown, Board)
    assert shown.cells[1][1] == "O"
    for spot, mark in ((Spot("asked", 1, 1), "X"), (Spot("asked", 1, 1), "?")):
        with pytest.raises(LabError, match="no game comes"):
            frames("board", Poke(spot, mark))
    for position in ("XX", "XXX......", "XXXOO....", "?........"):
        with pytest.raises(LabError):
            frames("board", position=position)


def test_a_box_holds_whole_beads() -> None:
    poked = frames("menace", Poke(Spot("box", 0), 9))
    box = poked[0].shown()["box"]
    assert isinstance(box, Bars)
    assert list(box.values) == [9, 4, 4]
    for wrong in (-1, 0.5):
        with pytest.raises(LabError, match="whole beads"):
            frames("menace", Poke(Spot("box", 0), wrong))


def offered(name: str) -> set[str]:
    field = scene(name).Ask.__dataclass_fields__.get("mistake")
    return set() if field is None else {*field.metadata["knob"].choices[1:]}


@SCENES
def test_each_mistake_is_shown_by_its_meters(name: str) -> None:
    for mistake in (m for m in MISTAKES if m.name in offered(name)):
        asked: dict[str, Any] = {"method": "n-step"} if mistake.name == "n-off-by-one" else {}
        if name == "rooms":
            asked["episodes"] = 12
        right, wrong = frames(name, **asked), frames(name, mistake=mistake.name, **asked)
        there = {view for frame in wrong for view in frame.shown()} & {*mistake.meters}
        assert there, (name, mistake.name)
        for view in there:
            shown = [
                [repr(frame.shown()[view]) for frame in told if view in frame.shown()]
                for told in (right, wrong)
            ]
            assert shown[0] != shown[1], (name, mistake.name, view)


def test_every_mistake_is_offered_by_a_scene_or_a_run() -> None:
    assert set().union(*map(offered, lesson.scenes)) == {mistake.name for mistake in MISTAKES}
    views = {view for name in lesson.scenes for frame in frames(name) for view in frame.shown()}
    for mistake in MISTAKES:
        assert set(mistake.meters) & views
        assert SHOWS[mistake.name]


@pytest.mark.parametrize(
    ("mistake", "method", "word"),
    [
        ("n-off-by-one", "td0", "method=n-step"),
        ("terminal-bootstraps", "monte-carlo", "method=td0"),
    ],
)
def test_a_mistake_that_does_nothing_is_refused(mistake: str, method: str, word: str) -> None:
    with pytest.raises(LabError, match=word):
        frames("walk", mistake=mistake, method=method)
