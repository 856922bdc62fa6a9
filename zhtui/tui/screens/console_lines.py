"""What the console says in words: its help, the line on top, the line below."""

from __future__ import annotations

from zhtui.folder import RunFolder, Status
from zhtui.sampling import Sampling
from zhtui.tui import states
from zhtui.tui.dials import DIALS
from zhtui.tui.draw.inks import CHOSEN, FAINT, PLAIN, TITLE, WRONG, YOURS
from zhtui.tui.widgets.lines import Part, words
from zhtui.tui.writing import Writer

HELP = """
The model continues your prompt, a token at a time. Move to any token: at its side stand its
probability, its surprise in bits, the entropy of the choice, and what else might have come, after
temperature; dashed lines are where top-k and top-p cut. ● is what stands in the text. Up and down
choose an alternative, enter takes it: the text branches there, and the model writes on.

A text of your own is not written but read: how many bits was each token worth to the model? The
shade of a token is its surprise.

Three streams write with the same dice and three settings. Two branches can be compared: what they
share is faint.
"""
EMPTY = """Type a prompt and press enter: the model goes on from there.
\\n in a prompt is a new line."""


def state(folder: RunFolder, status: Status | None, step: int | None) -> list[Part]:
    """The run, whether it is live, and the step of the checkpoint that is asked."""
    parts = [words(f"{folder.lesson} · {folder.name}", TITLE, 99)]
    if status is not None and status.live:
        parts.append(words(f"{states.sign(status.state)[0]} live", YOURS, 20))
    parts.append(words("step …" if step is None else f"step {step:,}", PLAIN, 60))
    return parts


def dials(sampling: Sampling, chosen: int) -> list[Part]:
    """The settings; the one that turns stands between arrows."""
    parts = []
    for index, dial in enumerate(DIALS):
        on = index == chosen
        value = dial.reading(sampling)
        value = f"◂{value}▸" if on else f" {value} "
        name = ((dial.word, FAINT), (value, CHOSEN if on else PLAIN))
        parts.append(Part(name, 98 if on else 50 - index))
    return parts


def message(writer: Writer, fresh: bool) -> Part | None:
    """What is going on, or went wrong; None where nothing is to be said."""
    branch, opening = writer.branches.hand, writer.opening
    if branch is not None and branch.error and branch.tokens:
        return words(branch.error, WRONG)
    if opening.error and branch is None:
        return words(opening.error, WRONG)
    if fresh:
        return words("asked the run for a checkpoint; it writes when that is there", YOURS)
    if branch is not None and branch.writing:
        waits = branch.reply is not None and branch.reply.step is None
        return words("the model is loaded …" if waits else "writes …  space stops it", FAINT)
    if not opening.done:
        return words("the engine loads the model; you can type meanwhile", FAINT)
    return words("ready", FAINT) if branch is None else None
