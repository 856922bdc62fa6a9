"""What a learner predicted, kept with the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhtui.errors import ConfigError, StoreError
from zhtui.lesson.card import Question
from zhtui.runs import learner
from zhtui.runs.figures import figure, figure_of
from zhtui.runs.folder import GUESS, RunFolder
from zhtui.runs.learner import Guess

QUESTION = Question("Why?", "How much?", "val", "so much", "therefore", at="best")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run that has not begun."""
    return RunFolder(tmp_path)


def test_a_guess_is_kept_and_stands(run: RunFolder) -> None:
    kept = learner.write(run, QUESTION, 2.1)
    assert kept == learner.read(run) == Guess("Why?", "val", "best", 2.1)
    with pytest.raises(StoreError, match="before the next run"):
        learner.write(run, QUESTION, 1.9)
    assert learner.read(run) == kept


def test_nobody_guesses_at_a_run_that_has_begun(run: RunFolder) -> None:
    (run.path / "status.json").write_text('{"state": "running", "step": 1}')
    with pytest.raises(StoreError, match="has already begun"):
        learner.write(run, QUESTION, 2.1)
    assert learner.read(run) is None


def test_where_it_cannot_be_kept_it_says_so(run: RunFolder) -> None:
    with pytest.raises(StoreError, match="look at"):
        learner.write(RunFolder(run.path / "gone"), QUESTION, 2.1)


@pytest.mark.parametrize("text", ["", "two", "2,1", "nan", "inf", "1e999", "2.1.0", "9" * 400])
def test_what_is_no_number_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a number; type one"):
        learner.number(text)


@pytest.mark.parametrize(("text", "value"), [(" 2.1 ", 2.1), ("-3", -3.0), ("1e-3", 1e-3)])
def test_numbers_are_read_as_they_are_typed(text: str, value: float) -> None:
    assert learner.number(text) == value


@given(value=JSON, metric=JSON, at=JSON)
def test_a_stranger_s_file_is_read_whole_or_not_at_all(
    tmp_path_factory: pytest.TempPathFactory, value: Any, metric: Any, at: Any
) -> None:
    run = RunFolder(tmp_path_factory.mktemp("run"))
    raw = {"question": "Why?", "metric": metric, "at": at, "value": value, "more": 1}
    (run.path / GUESS).write_text(json.dumps(raw))
    found = learner.read(run)
    assert found is None or found == Guess("Why?", metric, at, float(value))


def test_a_figure_of_a_course() -> None:
    steps, values = [0, 5, 9], [3.0, 1.0, 2.0]
    assert [figure(steps, values, at) for at in ("first", "best", "last", 5, 6)] == [
        3.0, 1.0, 2.0, 1.0, None,
    ]  # fmt: skip
    assert figure([], [], "last") is None
    assert figure_of([{"step": 1}, {"step": 2, "val": 7.0}], "val", "first") == 7.0
