"""Frames as a lesson's author makes them by oversight: odd numbers, odd sizes, spots outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from zhtui.ask import cells
from zhtui.cli.app import app
from zhtui.errors import LabError
from zhtui.lab import Board

Drop = Callable[..., Path]
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
