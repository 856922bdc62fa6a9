"""The page of all that a lesson can give, made from the types: `python -m zhtui.lesson.page`.

lessons/README.md holds it, and a test compares the two.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator

from zhtui.lesson import views
from zhtui.lesson.card import Cell, Lesson, Question, Reference
from zhtui.lesson.explore import Frame, Mistake, Spot
from zhtui.lesson.parts import PARTS, Game, Thought
from zhtui.lesson.run import Run

BEGIN, END = "<!-- made by zhtui/lesson/page.py -->", "<!-- as far as here -->"


def page() -> str:
    """The page as Markdown, between its two marks."""
    return "\n".join([BEGIN, *_lines(), END])


def _lines() -> Iterator[str]:
    yield "### Its files"
    yield ""
    for functions in PARTS.values():
        for _, protocol in functions:
            yield f"- {_told(protocol)}"
    yield ""
    yield "### What a game and a thought are"
    yield ""
    methods = [name for name, value in vars(Game).items() if inspect.isfunction(value)]
    own = ", ".join(f"`{name}`" for name in methods if not name.startswith("_"))
    yield f"- `Game`: {_told(Game)} It has `name`, `squares`, `size` and {own}."
    yield f"- {_data(Thought)}"
    for title, kinds in (
        ("What the card says", (Lesson, Reference, Question, Cell, Mistake)),
        ("What a scene yields", (Frame, Spot)),
        ("What can be shown", (*views.KINDS, views.Node)),
    ):
        yield ""
        yield f"### {title}"
        yield ""
        yield from (f"- {_data(kind)}" for kind in kinds)
    yield ""
    yield "### What `run` has"
    yield ""
    for name, value in vars(Run).items():
        if inspect.isfunction(value) and not name.startswith("_"):
            given = ", ".join(list(inspect.signature(value).parameters)[1:])
            yield f"- `run.{name}({given})`: {_told(value)}"


def _data(kind: type) -> str:
    fields = ", ".join(field.name for field in dataclasses.fields(kind))
    return f"`{kind.__name__}({fields})`: {_told(kind)}"


def _told(thing: object) -> str:
    """A docstring in one line."""
    return " ".join(inspect.cleandoc(getattr(thing, "__doc__", None) or "").split())


if __name__ == "__main__":
    print(page())
