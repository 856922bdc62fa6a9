"""A question as a card: predict, run, see, say. What is told at the end is not drawn before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT, PLAIN, RULE, TITLE
from zhtui.draw.text import places
from zhtui.lesson.card import Question
from zhtui.wording import number as reading

MARGIN = 9  # columns of "predict", "run", "see", "say"
LABELS = 24  # columns of what a number belongs to, at most
KNOWN, GUESS, TRUTH = "○", "◆", "●"
Word = tuple[int, str, int]  # x, text, ink
Row = list[Word]


@dataclass(frozen=True)
class Card:
    """How far a question has come: not asked yet, its run under way, or its run ended."""

    question: Question
    guess: float | None = None
    figure: float | None = None  # the run's number, or what it is so far
    state: str = ""  # of the run, as it stands on the line on top
    run: str = ""
    ended: bool = False
    data: str = ""  # the data set that the run read
    ink: int = TITLE  # of the metric's line in its chart


def draw(card: Card, width: int, height: int) -> Cells:
    """The card in `width` cells, and as many rows as it takes."""
    rows = [*_wrapped(card.question.ask, 0, width, TITLE), []]
    rows += _block("predict", card.question.predict, width)
    rows += [*_run(card, width), []]
    if card.guess is None:
        call = f"type a number for {card.question.metric}; the run starts with it"
        rows += _named("enter", _wrapped(call, MARGIN + 6, width, FAINT), MARGIN, CHOSEN)
    else:
        rows += _see(card, width)
    cells = Cells(width, max(height, len(rows)))
    for y, row in enumerate(rows):
        for x, text, ink in row:
            cells.put(x, y, text, ink)
    return cells


def distance(figure: float, guess: float) -> str:
    """How far a number lies from its guess: "0.1447 below"."""
    off = abs(figure - guess)
    return f"{reading(off)} {'above' if figure > guess else 'below'}" if off else "exactly at"


def setting(question: Question) -> str:
    """The run that answers a question, as it is typed after `zhtui run LESSON`."""
    words = [f"{name}={knob}" for name, knob in question.knobs.items()]
    return " ".join([f"--preset {question.preset}", *words])


def _wrapped(text: str, x: int, width: int, ink: int = PLAIN) -> list[Row]:
    lines: dict[int, str] = {}
    for _, y, glyph in places(text, max(width - x - 1, 8)):
        lines[y] = lines.get(y, "") + glyph
    return [[(x, line.strip(), ink)] for line in lines.values()]


def _block(name: str, text: str, width: int) -> list[Row]:
    """A text with its name at the left of its first line."""
    return _named(name, _wrapped(text, MARGIN, width))


def _named(name: str, rows: list[Row], x: int = 0, ink: int = FAINT) -> list[Row]:
    rows[0].insert(0, (x, name, ink))
    return rows


def _run(card: Card, width: int) -> list[Row]:
    rows = _block("run", setting(card.question), width)
    if card.run:
        rows.append([(MARGIN, f"{card.run} · {card.state}", FAINT)])
    return rows


def _see(card: Card, width: int) -> list[Row]:
    """The numbers on one scale; at the end how far the guess was off, and what it means."""
    assert card.guess is not None, "a card shows what is seen when something was guessed"
    metric = card.question.metric
    marks = [(label, value, KNOWN, PLAIN) for label, value in card.question.known.items()]
    marks.append(("your guess", card.guess, GUESS, TITLE))
    if card.figure is not None:
        marks.append(("this run" if card.ended else "so far", card.figure, TRUTH, card.ink))
    rows = _named("see", _scale(marks, width))
    if not card.ended:
        return rows
    if card.figure is None:
        return [*rows, *_wrapped(f"the run gave no {metric}", MARGIN, width)]
    rows.append([(MARGIN, f"{metric}: {distance(card.figure, card.guess)} your guess", TITLE)])
    if card.question.data not in ("", card.data):
        foreign = f"The run read {card.data or 'a text of its own'}. On {card.question.data}: "
        rows += [*_wrapped(foreign + card.question.see, MARGIN, width), []]
    else:
        rows += [*_wrapped(card.question.see, MARGIN, width), []]
    return rows + _block("say", card.question.say, width)


def _scale(marks: Sequence[tuple[str, float, str, int]], width: int) -> list[Row]:
    """A row a number: what it belongs to, the number, and where it lies among the others."""
    values = [value for _, value, _, _ in marks]
    low, reach = min(values), max(values) - min(values)
    label = min(max(len(name) for name, _, _, _ in marks) + 2, LABELS)
    digits = max(len(reading(value)) for value in values)
    start = MARGIN + label + digits + 2
    room = max(width - start - 1, 1)
    rows: list[Row] = []
    for name, value, sign, ink in marks:
        share = (value - low) / reach if reach else 0.5
        row: Row = [(MARGIN, f"{sign} {name[: label - 2]}", ink)]
        row.append((MARGIN + label + 1, reading(value).rjust(digits), ink))
        row += [(start, "·" * room, RULE), (start + round(share * (room - 1)), sign, ink)]
        rows.append(row)
    return rows
