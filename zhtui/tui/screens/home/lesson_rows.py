"""The list of home: how a lesson is painted as a row, and what counts as done in it."""

from __future__ import annotations

from collections.abc import Sequence

from zhtui.draw.grid import Grid
from zhtui.draw.inks import CHOSEN, FAINT, GOOD, PLAIN, TITLE, WRONG
from zhtui.draw.words import put
from zhtui.lesson.card import Lesson
from zhtui.lesson.catalog import Entry
from zhtui.runs import figures
from zhtui.runs.learner import Progress
from zhtui.tui import run_words
from zhtui.tui.reading.watch import Seen
from zhtui.tui.widgets.rows import Paint
from zhtui.wording import number

SUMMARY = 21  # the column where it begins
LEAST = 6  # cells below which a summary says nothing
DONE = (
    ("guess", "cell", "predicted"),
    ("solved", "task", "solved"),
    ("mistake", "mistake", "found"),
)


def is_about(entry: Entry, words: str) -> bool:
    """Whether every word is somewhere in what is known of the lesson."""
    card = entry.lesson
    known = (f"{card.number:g}", card.title, card.part, card.summary) if card else (entry.error,)
    text = " ".join((entry.name, *known)).lower()
    return all(word in text for word in words.lower().split())


def head(part: str) -> Paint:
    """The name of a part of the course."""

    def paint(cells: Grid, y: int, chosen: bool) -> None:
        cells.put(2, y, part.upper(), FAINT)

    return paint


def row(entry: Entry, runs: Sequence[Seen], progress: Progress) -> Paint:
    """Number, title, summary; at the right the questions played and the best figure."""

    def paint(cells: Grid, y: int, chosen: bool) -> None:
        lesson = entry.lesson
        if lesson is None:
            cells.put(2, y, f" ✗ {entry.name}", WRONG)
            put(cells, SUMMARY, y, entry.error, FAINT, room=max(cells.width - SUMMARY, 0))
            return
        cells.put(2, y, f"{lesson.number:>3g}", FAINT)
        title = cells.put(7, y, lesson.title, CHOSEN if chosen else TITLE)
        start, end = max(SUMMARY, title + 2), _right(cells, y, lesson, runs, progress)
        room = max(end - start - 1, 0)
        short = len(lesson.summary) <= room
        text = lesson.summary if short else f"{lesson.summary[: room - 1].rstrip()}…"
        cells.put(start, y, text if room > LEAST else "", PLAIN if chosen else FAINT)

    return paint


def _right(cells: Grid, y: int, lesson: Lesson, runs: Sequence[Seen], progress: Progress) -> int:
    """Puts what was reached at the right edge; the column where it begins."""
    mark, ink, value = _mark(lesson, runs)
    figure = f"{mark} {value} {lesson.unit_of(lesson.figure)}" if value else mark.strip()
    start = max(cells.width - len(figure) - bool(figure), SUMMARY)
    cells.put(start, y, figure, ink)
    if not (count := played(lesson, runs, progress)):
        return start
    done = f"{count}/{len(lesson.questions)}"
    start -= len(done) + 2
    cells.put(start, y, done, FAINT)
    return start


def played(lesson: Lesson, runs: Sequence[Seen], progress: Progress) -> int:
    """How many of the lesson's questions have an answer: with a run, or of a scene."""
    asked = {run.guess.question for run in runs if run.guess is not None} | progress.played
    return sum(question.ask in asked for question in lesson.questions)


def done_words(lesson: Lesson, runs: Sequence[Seen], progress: Progress) -> str:
    """What the learner has done: "2 of 5 questions, 1 right · 3 cells predicted"."""
    count = played(lesson, runs, progress)
    right = sum(question.ask in progress.done["card"] for question in lesson.questions)
    parts = [f"{count} of {len(lesson.questions)} questions"]
    if count:
        parts[0] += f", {right} right"
    for kind, thing, verb in DONE:
        count = len(progress.done[kind])
        if count:
            parts.append(f"{count} {thing}{'s' if count != 1 else ''} {verb}")
    found = best(lesson, runs)
    if found is not None and figures.reached(lesson, found[1], data_of(found)):
        parts.append("figure reached")
    return " · ".join(parts) if lesson.questions or parts[1:] else ""


def _mark(lesson: Lesson, runs: Sequence[Seen]) -> tuple[str, int, str]:
    """The sign, its ink and the figure of a lesson."""
    live = sorted(  # one that trains before one that waits
        (run for run in runs if run.status.live), key=lambda run: run.status.state == "paused"
    )
    if live:
        value = run_words.figure(lesson, live[0].status)
        mark, ink = run_words.sign(live[0].status.state)
        return mark, ink, number(value) if value is not None else ""
    found = best(lesson, runs)
    if found is None:
        return " ", FAINT, ""
    if figures.reached(lesson, found[1], data_of(found)):
        return "✓", GOOD, number(found[1])
    return " ", PLAIN, number(found[1])


def best(lesson: Lesson, runs: Sequence[Seen]) -> tuple[Seen, float] | None:
    """The run with the best figure: of those on the data of what is published, where there are
    any, since a figure on other data is no better or worse.
    """
    known = [(run, run.status.best) for run in runs if run.status.best is not None]
    theirs = {each.data for each in figures.published(lesson) if each.metric == lesson.figure}
    comparable = [pair for pair in known if figures.data_name(pair[0].card) in theirs]
    known = comparable or known
    top = figures.better(lesson, [value for _, value in known])
    return next(((run, value) for run, value in known if value == top and value is not None), None)


def own(run: Seen) -> bool:
    """Whether the learner made a run; one that came with the lab names no machine."""
    return bool(run.status.host)


def data_of(found: tuple[Seen, float]) -> str:
    """The data set that a run's figure is of."""
    return figures.data_name(found[0].card)
