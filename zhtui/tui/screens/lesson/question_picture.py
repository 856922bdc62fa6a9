"""A question as a card: predict, run, see, say. What is told at the end is not drawn before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from zhtui.draw import curves
from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT, GOOD, PLAIN, RULE, TITLE, WRONG
from zhtui.draw.text import wrap
from zhtui.lesson.answer import Verdict, judged, lettered, weighed
from zhtui.lesson.card import CHOOSE, LINES, NUMBER, Question
from zhtui.lesson.views import Curves
from zhtui.wording import number as reading

MARGIN = 9  # columns of "predict", "run", "see", "say"
LABELS = 24  # columns of what a number belongs to, at most
PICTURE = 8  # rows of lines to tell apart
KNOWN, GUESS, TRUTH = "○", "◆", "●"
Word = tuple[int, str, int]  # x, text, ink
Row = list[Word]


@dataclass(frozen=True)
class Card:
    """How far a question has come: not answered yet, its run under way, or the truth known.

    `answer` is as it was typed; `truth` are the numbers that answer, by name, as far as they are
    known: those of cells before there is an answer. They are drawn only after it.
    """

    question: Question
    answer: str = ""
    truth: Mapping[str, float] = field(default_factory=dict)
    ended: bool = False
    state: str = ""  # of the run, as it stands on the line on top
    run: str = ""
    data: str = ""  # the data set that the run read
    ink: int = TITLE  # of the metric's line in its chart
    lines: Curves | None = None  # to be told apart
    takes: str = ""  # how long the run will take
    error: str = ""  # why there are no numbers

    @property
    def told(self) -> bool:
        """Whether all may be said."""
        return bool(self.answer) and self.ended

    @property
    def names(self) -> list[str]:
        """What is chosen from, put in order or told apart."""
        return list(self.question.among or self.truth) if self.question.kind != NUMBER else []

    @property
    def verdict(self) -> Verdict | None:
        """What came of the answer; None while it is open."""
        if not (self.told and self.truth):
            return None
        if self.question.kind == NUMBER:
            return weighed(float(self.answer), self.truth[""], self.question.known)
        return judged(self.question, self.truth, self.answer)


def draw(card: Card, width: int, height: int) -> Cells:
    """The card in `width` cells, and as many rows as it takes."""
    rows = [*_wrapped(card.question.ask, 0, width, TITLE), []] if card.told else []
    rows += _block("predict", card.question.predict, width)
    rows += _options(card, width)
    picture = _picture(card, width)
    at = len(rows)
    rows += [[] for _ in range(picture.height if picture is not None else 0)]
    rows += [*_run(card, width), []]
    rows += _see(card, width) if card.answer else _call(card, width)
    cells = Cells(width, max(height, len(rows)))
    for y, row in enumerate(rows):
        for x, text, ink in row:
            cells.put(x, y, text, ink)
    if picture is not None:
        _paste(cells, picture, MARGIN, at)
    return cells


def how(question: Question, names: Sequence[str]) -> str:
    """How an answer is typed."""
    if question.kind == NUMBER:
        return f"Type your guess{f' for {question.metric}' if question.metrics else ''}"
    if question.kind == CHOOSE:
        return "Type its letter"
    if question.kind == LINES:
        return f"Type the letter of each, in this order: {', '.join(sorted(names))}"
    return f"Type the letters, the {'lowest' if question.lowest else 'highest'} first"


def setting(question: Question) -> str:
    """The run that answers a question, as it is typed after `zhtui run LESSON`."""
    words = [f"{name}={knob}" for name, knob in question.knobs.items()]
    return " ".join([f"--preset {question.preset}", *words])


def options(card: Card) -> list[str]:
    """The names under their letters, as far as they may be told together."""
    found = lettered(card.question, card.names)
    if card.question.kind == LINES and not card.told:
        return (
            [] if not found else [f"{', '.join(found)}: which is {' · '.join(sorted(card.names))}?"]
        )
    return [f"{letter}  {name}" for letter, name in found.items()]


def _options(card: Card, width: int) -> list[Row]:
    """Under their letters; where the numbers stand beside them, they are named there."""
    told = options(card) if card.question.kind == LINES or not card.told else []
    line = "    ".join(told)
    if len(line) <= width - MARGIN - 1:
        return [[(MARGIN, line, CHOSEN)]] if told else []
    return [row for each in told for row in _wrapped(each, MARGIN, width, CHOSEN)]


def _picture(card: Card, width: int) -> Cells | None:
    """The lines to tell apart, under letters until the answer is in."""
    if card.lines is None:
        return None
    names = {name: letter for letter, name in lettered(card.question, card.lines.lines).items()}
    shown = card.lines
    if not card.told:
        mixed = sorted(shown.lines, key=lambda name: names[name])
        lines = {names[name]: shown.lines[name] for name in mixed}
        shown = replace(shown, lines=lines, note="")
    return curves.draw(shown, max(width - MARGIN - 1, 8), PICTURE)


def _paste(cells: Cells, picture: Cells, x: int, y: int) -> None:
    """Puts a picture into another, from (x, y) on."""
    height = min(picture.height, cells.height - y)
    width = min(picture.width, cells.width - x)
    if height > 0 and width > 0:
        there = slice(y, y + height), slice(x, x + width)
        cells.glyph[there] = picture.glyph[:height, :width]
        cells.ink[there] = picture.ink[:height, :width]
        cells.paper[there] = picture.paper[:height, :width]


def _call(card: Card, width: int) -> list[Row]:
    """What to do first."""
    if card.error:
        return _wrapped(card.error, MARGIN, width, WRONG)
    if card.question.cells and not card.truth:
        return _wrapped("the scene is being computed …", MARGIN, width, FAINT)
    then = ". The run starts then, and the guess cannot be changed" * bool(card.question.metrics)
    call = _wrapped(f"{how(card.question, card.names)}{then}.", MARGIN + 6, width, FAINT)
    return _named("enter", call, MARGIN, CHOSEN)


def _wrapped(text: str, x: int, width: int, ink: int = PLAIN) -> list[Row]:
    return [[(x, line.strip(), ink)] for line in wrap(text, max(width - x - 1, 8))]


def _block(name: str, text: str, width: int) -> list[Row]:
    """A text with its name at the left of its first line."""
    return _named(name, _wrapped(text, MARGIN, width))


def _named(name: str, rows: list[Row], x: int = 0, ink: int = FAINT) -> list[Row]:
    rows[0].insert(0, (x, name, ink))
    return rows


def _run(card: Card, width: int) -> list[Row]:
    """Where the answer comes from, and how long that takes."""
    if card.question.cells:
        scenes = sorted({cell.scene for cell in card.question.cells.values() if cell.scene})
        where = f"no run is needed: scene {', '.join(scenes)}" if scenes else "no run is needed"
        return _block("run", where, width)
    takes = f"   ({card.takes})" if card.takes and not card.answer else ""
    whose = f"{card.run}: " if card.told else ""
    rows = _block("run", f"{whose}{setting(card.question)}{takes}", width)
    if card.run and not card.told:
        rows.append([(MARGIN, f"{card.run} · {card.state}", FAINT)])
    return rows


def _see(card: Card, width: int) -> list[Row]:
    """The numbers on one scale; at the end how far the guess was off, and what it means."""
    rows, verdict = _numbers(card, width), card.verdict
    if not card.ended:
        return _named("see", rows)
    if verdict is None:
        why = card.error or f"the run gave no {card.question.metric}"
        return _named("see", [*rows, *_wrapped(why, MARGIN, width, WRONG)])
    rows += _wrapped(verdict.words, MARGIN, width, GOOD if verdict.right else WRONG)
    foreign = ""
    if card.question.metrics and card.question.data not in ("", card.data):
        foreign = f"The run read {card.data or 'a text of its own'}. On {card.question.data}: "
    rows += [*_wrapped(foreign + card.question.see, MARGIN, width), []]
    return _named("see", rows) + _block("say", card.question.say, width)


def _numbers(card: Card, width: int) -> list[Row]:
    """What was told, what was guessed and what is, each on its row."""
    question = card.question
    marks = [(label, value, KNOWN, PLAIN) for label, value in question.known.items()]
    if question.kind == LINES:
        return [] if card.ended else [[(MARGIN, f"you said {card.answer}", TITLE)]]
    if question.kind != NUMBER:
        names = {name: letter for letter, name in lettered(question, card.names).items()}
        ranked = sorted(card.truth.items(), key=lambda pair: pair[1], reverse=not question.lowest)
        marks += [(f"{names[name]}  {name}", value, TRUTH, card.ink) for name, value in ranked]
        return _scale(marks, width) if marks else [[(MARGIN, f"you said {card.answer}", TITLE)]]
    marks.append(("your guess", float(card.answer), GUESS, TITLE))
    if card.truth:
        name = "it is" if question.cells else "this run" if card.ended else "so far"
        marks.append((name, card.truth[""], TRUTH, card.ink))
    return _scale(marks, width)


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
