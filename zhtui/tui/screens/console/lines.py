"""What the console says in words: its help, the line on top, the line below."""

from __future__ import annotations

from collections.abc import Sequence

from zhtui.draw.inks import CHOSEN, FAINT, PLAIN, WRONG, YOURS
from zhtui.lesson.sampling import Sampling
from zhtui.tui.screens.console.branches import Branch
from zhtui.tui.screens.console.dials import Dial, OwnDial
from zhtui.tui.screens.console.writer import Writer
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.lines import Part, words

HELP = """
The model continues your prompt, a token at a time. Move to any token: beside it you
see its probability, its surprise in bits, the entropy of the choice, and the other tokens that were
possible, after temperature; dashed lines show where top-k and top-p cut. ● is the token in the
text. Up and down choose an alternative, enter takes it: the text branches there, and the model
writes on.

A text of your own is only read: how many bits did each token cost the model? The shade of a token
is its surprise.

Three texts are written with the same random numbers and three settings. Two branches can be
compared: what they share is faint.

The newest checkpoint writes, or that of the step at which the replay was; < and > take an older
and a newer one, so two branches can come from the same prompt and two checkpoints.
"""
EMPTY = """Press p, type a prompt, press enter: the model goes on from there.
\\n in a prompt is a new line."""


def dials(known: Sequence[Dial | OwnDial], sampling: Sampling, chosen: int) -> list[Part]:
    """The settings; the one that turns stands between arrows."""
    parts = []
    for index, dial in enumerate(known):
        on = index == chosen
        value = dial.reading(sampling)
        value = f"◂{value}▸" if on else f" {value} "
        name = ((dial.word, FAINT), (value, CHOSEN if on else PLAIN))
        parts.append(Part(name, 98 if on else 50 - index))
    return parts


def follow(line: AskLine, hand: Branch | None) -> None:
    """The line holds the prompt or the own text of the branch in hand, unless one types in it."""
    if hand is None or line.screen.focused is line:
        return
    question, value = ("your text", hand.reads) if hand.own else ("prompt", hand.prompt)
    if (line.question, line.value) != (question, value):
        line.question = question
        line.offer(value)


def message(writer: Writer, fresh: bool, which: str) -> Part | None:
    """What is going on, or went wrong; None where nothing is to be said. `which` checkpoint it is
    stands where nothing was written yet.
    """
    branch, opening = writer.branches.hand, writer.opening
    if branch is not None and branch.error and branch.tokens:
        return words(branch.error, WRONG)
    if fresh:
        return words(
            "asked the run for a checkpoint; the model writes as soon as it is saved", YOURS
        )
    if opening.error and branch is None:
        return words(opening.error, WRONG)
    if branch is not None and branch.writing:
        waits = branch.reply is not None and branch.reply.step is None
        return words("the model is loaded …" if waits else "writes …  space stops it", FAINT)
    if not opening.done:
        return words("the engine loads the model; you can type meanwhile", FAINT)
    return words(f"ready: {which}", FAINT) if branch is None else None
