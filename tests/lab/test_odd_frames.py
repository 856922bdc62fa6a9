"""Frames as a lesson's author makes them by oversight: odd numbers, odd sizes, spots outside."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from zhtui.ask import cells
from zhtui.ask.explore import Asked, Explorer
from zhtui.ask.reading import open_run
from zhtui.cli.app import app
from zhtui.errors import LabError
from zhtui.lab import Bars, Board, Curves, Frame, Heatmap, Histogram, Poke, Spot, Table
from zhtui.lesson import catalog
from zhtui.lesson.catalog import NoKnobs
from zhtui.tui.screens.explore.poking import beside
from zhtui.work import check, check_scenes

Drop = Callable[..., Path]


class Place(NamedTuple):
    """Of a scene's own."""

    x: Any
    name: str


SCENE = """
import numpy as np
import torch
from zhtui.lab import *

def explore(run, ask, poke):
    {body}
"""


def made(stranger: Drop, body: str) -> str:
    """A lesson with one scene, whose generator has this body."""
    name = f"odd{abs(hash(body))}"  # a module is imported once
    stranger(name, explore=SCENE.replace("{body}", body.strip().replace("\n", "\n    ")))
    return name


def explored(stranger: Drop, body: str, *more: str) -> str:
    """What `zhtui explore` says, or the sentence with which it ends."""
    done = CliRunner().invoke(app, ["explore", made(stranger, body), *more])
    if isinstance(done.exception, LabError):
        return str(done.exception)
    assert done.exit_code == 0, done.exception
    return done.output


def test_no_cell_is_outside_of_a_board() -> None:
    board = Board([["X", ""], ["O", ""]], values=np.array([[0.5, 0.25]]))
    found = [cells.value(board, *spot) for spot in ((0, 0), (0, 1), (1, 1), (2, 0), (0, 9))]
    assert found == ["X", 0.25, None, None, None]


@pytest.mark.parametrize("predict", ["", ', predict=Spot("V", 0, 9)'])
def test_a_spot_outside_of_a_board_is_a_sentence(stranger: Drop, predict: str) -> None:
    body = f'yield Frame("a", dict(V=Board(["X "], np.ones((1, 2)))){predict})'
    assert explored(stranger, body) == "  1 / 1  a\n"
    said = explored(stranger, f"{body}  # again", "--frame", "1", "--at", "V,9,9")
    assert said == "V has no cell in row 9, column 9; it has 1 rows of 2, counted from 0"


TWICE = """
for i in (0, 1):
    yield Frame("a", dict(v={view}))
"""
ODD = {
    "numbers of numpy's and torch's in a table": (
        'Table(("a", "b", "c", "d"), [(np.float32(i), np.int64(2), torch.tensor(3.5), None)])'
    ),
    "lines that have a gradient": (
        'Curves({"w": (np.arange(2.0), torch.ones(2, requires_grad=True) * i)})'
    ),
    "a histogram of a parameter": (
        'Histogram(np.arange(3.0), {"w": torch.ones(2, requires_grad=True) * i})'
    ),
    "bars that have a gradient": 'Bars(["a", "b"], list(torch.ones(2, requires_grad=True) * i))',
    "more labels than bars": 'Bars(["a", "b", "c"], [1.0, float(i)])',
    "fewer labels than bars": 'Bars(["a"], [1.0, float(i)])',
    "fewer weights than characters": 'Text("abc", weights=np.full(2, i))',
    "more weights than characters": 'Text("ab", weights=np.full(3, i))',
    "a matrix of one row": 'Heatmap(np.full(3, i), texts=[["a"], ["b"]])',
    "a short board": 'Board(["X ", " "], values=np.full((1, 1), i))',
    "a board with a row of values": 'Board(["X "], values=np.full(2, i))',
    "a matrix of bool": "Heatmap(np.array([[True, bool(i)]]))",
}


@pytest.mark.parametrize("view", ODD.values(), ids=list(ODD))
def test_an_odd_view_is_shown_and_holds(stranger: Drop, store: Path, view: str) -> None:
    """Also by the contract: it goes over the wire, and its corners can be pointed at."""
    name = made(stranger, TWICE.replace("{view}", view))
    why = check.verdict(check_scenes.scenes, catalog.one(name), store)
    assert why == ""
    explorer = Explorer(lambda folder, step: open_run(folder, where="cpu", step=step))
    asked = Asked(catalog.one(name).scene(), NoKnobs())
    list(explorer.reach(asked, 2))
    assert explorer.show(asked, 2).moved["v"].any()


def test_a_tables_numbers_are_numbers() -> None:
    rows = [(np.float32(0.5), np.int64(2), None, [("x", "lit")])]
    assert cells.value(Table(("a", "b", "c"), rows), 0, 0) == 0.5
    assert cells.value(Table(("a", "b", "c"), rows), 0, 2) == "None"


def test_a_matrix_of_bool_has_an_extent() -> None:
    assert cells.extent(Heatmap(np.array([[True, False]]))) == 1.0
    assert cells.extent(Heatmap(np.array([[-100, 100]], np.int8))) == 200.0


def test_an_argmax_is_a_place_to_predict(stranger: Drop) -> None:
    spot = Spot("v", np.int64(1), torch.tensor(2).argmax())
    assert json.dumps([spot.row, spot.column]) == "[1, 0]"


@pytest.mark.parametrize("offered", ["[1.0, 2.0]", "3.0", "[]", "None", "np.float64(3.0)"])
def test_what_has_no_cells_is_not_open(stranger: Drop, offered: str) -> None:
    body = f'poke("v", {offered})\nyield Frame("a", dict(v=Bars(["a", "b"], [1.0, 2.0])))'
    assert explored(stranger, body) == "  1 / 1  a\n"


def test_a_view_that_cannot_be_shown_names_its_frame(stranger: Drop, store: Path) -> None:
    body = 'for i in "ab":\n    yield Frame("a", dict(v=Bars(["a"], [i])))'
    name = made(stranger, body)
    with pytest.raises(LabError, match=f"^frame 2 of {name} failed with ValueError"):
        CliRunner().invoke(app, ["explore", name], catch_exceptions=False)
    why = check.verdict(check_scenes.scenes, catalog.one(name), store)
    assert why.startswith(f"the cells of v in frame 1 of {name} failed")
    assert "frame 1 (a)" in explored(stranger, f"{body}  # again", "--frame", "1")


def test_a_frame_has_what_it_was_made_of() -> None:
    """A scene may go on changing its arrays, lists and dicts, wherever they lie."""
    x, rows, counts = np.zeros(2), [["a"]], Counter("aab")
    views = {
        "C": Curves({"w": (x, x)}),
        "H": Histogram(np.arange(3.0), {"w": x}),
        "T": Table(("a",), rows),
        "B": Bars(["a", "b"], [x[0], x[1]]),
    }
    keep = {"weights": [x, {"deep": (x, "b")}], "counts": counts, "place": Place(x, "b")}
    frame = Frame("a", views, keep=keep)
    x += 1.0
    rows[0][0], counts["a"] = "b", 7
    rows.append(["c"])
    shown = frame.shown()
    assert [array.sum() for array in shown["C"].lines["w"]] == [0.0, 0.0]
    assert shown["H"].series["w"].sum() == 0.0
    assert shown["T"].rows == [["a"]]
    first, second = frame.keep["weights"]
    assert (first.sum(), second["deep"][0].sum(), second["deep"][1]) == (0.0, 0.0, "b")
    assert frame.keep["counts"].most_common(1) == [("a", 2)]
    assert (frame.keep["place"].x.sum(), frame.keep["place"].name) == (0.0, "b")


def test_what_cannot_change_is_not_copied() -> None:
    still = (("a", 1), ("b", (2.0, None)))
    assert Frame("a", {}, keep={"still": still}).keep["still"] is still


@pytest.mark.parametrize(
    ("board", "spot", "value", "after"),
    [
        (["X O", " X ", "O  "], Spot("B", 0, 1), "X", ["XXO", " X ", "O  "]),
        (("ab", "cd"), Spot("B", 1, 0), "x", ("ab", "xd")),
        ([["X", " "], [" ", "O"]], Spot("B", 0, 1), "O", [["X", "O"], [" ", "O"]]),
        ([("a", 1, 2.5)], Spot("B", 0, 1), "7", [("a", 7, 2.5)]),
        ([("a", 1, 2.5)], Spot("B", 0, 1), "0.5", [("a", 0.5, 2.5)]),
        ([("a", 1, 2.5)], Spot("B", 0, 2), "7", [("a", 1, 7.0)]),
        ([("a", 1, 2.5)], Spot("B", 0, 0), "b", [("b", 1, 2.5)]),
    ],
)
def test_a_poke_changes_its_row_and_no_other(
    board: Any, spot: Spot, value: Any, after: Any
) -> None:
    poked = Poke(spot, value)("B", board)
    assert repr(poked) == repr(after)
    assert all(a is b for i, (a, b) in enumerate(zip(board, poked, strict=True)) if i != spot.row)


@pytest.mark.parametrize(
    ("values", "value"),
    [
        (["X O", " X "], "XX"),
        (["X O", " X "], ""),
        ([("a", 1)], "b"),
        (np.arange(3), "1.5"),
        (np.arange(3, dtype=np.int8), "300"),
        (np.arange(3), "nan"),
        (np.arange(3), "inf"),
        (np.zeros(3, bool), "2"),
        (torch.arange(3), 0.25),
        (torch.arange(3, dtype=torch.int8), 300),
        ([1.0, 2.0], "3"),
        (3.0, "3"),
    ],
)
def test_what_a_cell_cannot_hold_is_refused(values: Any, value: Any) -> None:
    with pytest.raises(LabError, match="has no cell in row 0, column 1 that takes"):
        Poke(Spot("v", 0, 1), value)("v", values)


def test_whole_numbers_take_whole_ones_and_the_keys_step_by_one(stranger: Drop) -> None:
    assert Poke(Spot("v", 1), "5")("v", np.arange(3)).tolist() == [0, 5, 2]
    assert Poke(Spot("v", 1), "1")("v", torch.zeros(3, dtype=torch.bool)).tolist() == [0, 1, 0]
    counts, shares = np.array([[0, 3]]), np.array([[0.0, 3.0]])
    assert [beside(Heatmap(counts), Spot("v", 0, 1), by) for by in (1, -1)] == [4, 2]
    assert beside(Heatmap(shares), Spot("v", 0, 1), 1) == 3.1


def test_a_poked_board_of_texts_is_shown(stranger: Drop) -> None:
    body = 'yield Frame("a", dict(B=Board(poke("B", ["X O", " X ", "O  "]))))'
    said = explored(stranger, body, "--frame", "1", "--poke", "B,0,1=X", "--json")
    about = json.loads(said)
    assert about["views"]["B"]["cells"] == ["XXO", " X ", "O  "]
    assert about["moved"] == {"B": [[0, 1]]}


def test_a_cell_is_told_of_in_the_frames_that_have_it(stranger: Drop) -> None:
    views = "v=Heatmap(np.zeros((1, 3))), S=Heatmap(np.ones((1, 2)))"
    body = f'yield Frame("a", dict(v=Heatmap(np.zeros((1, 2)))))\nyield Frame("b", dict({views}))'
    assert explored(stranger, body, "--at", "S,0,1") == "  2 / 2  b\n     S[0, 1] = 1\n"
    name = f"{body}  # again"
    assert explored(stranger, name, "--at", "v,0,2") == "  2 / 2  b\n     v[0, 2] = 0\n"
    why = explored(stranger, f"{name} and again", "--at", "S,0,2")
    assert why.endswith("has a cell S[0, 2]; the views are v, S")
