"""From the loss back, a frame a tensor: its gradient, and the line that you write for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lessons.backprop.build import build, case_of, model, with_random
from lessons.backprop.checker import Case, Verdict, answer, check
from lessons.backprop.mistakes import MISTAKES
from lessons.backprop.model import LEAVES, ORDER, Net, Tensors, forward
from lessons.backprop.tasks import TASKS, Task
from lessons.backprop.views import listed, verdicts
from lessons.blocks.names import Alphabet, examples
from lessons.blocks.spelling import dot, number, terms
from zhtui.lab import (
    Bars,
    Frame,
    Heatmap,
    LabError,
    Poke,
    Run,
    Spot,
    Table,
    Text,
    View,
    Words,
    knob,
    mistakes,
)  # fmt: skip


@dataclass(frozen=True)
class Ask:
    line: str = knob("", "yours: dlogprobs = …  (several with ; between them)")
    hint: bool = knob(False, "a hint for the tensor of each frame")
    solution: bool = knob(False, "show the lesson's line before you have found one")
    text: str = knob("emma", "the name that is the batch: a letter is an example")
    context: int = knob(2, "characters of context", low=1, high=4, without_run=True)
    embedding: int = knob(2, "numbers a character", low=1, high=6, without_run=True)
    hidden: int = knob(3, "hidden units", low=1, high=8, without_run=True)
    mistake: str = mistakes(MISTAKES)


def net_of(run: Run | None, ask: Ask) -> tuple[Alphabet, Net, int]:
    """The net of a run, or a fresh one that is small enough to read."""
    if run is not None:
        return run.once(build)[0], model(run), run.config.context
    alphabet = Alphabet.of([ask.text or "a"])
    dice = torch.Generator().manual_seed(11)
    size = len(alphabet), ask.context, ask.embedding, ask.hidden
    return alphabet, Net(*size, dice), ask.context


@dataclass(frozen=True)
class Page:
    """What every frame needs: the pass, the learner's lines, and what became of each."""

    case: Case
    loss: float
    lines: Mapping[str, str]  # by task
    found: Mapping[str, Verdict]  # by tensor: the learner's where there is one, else the lesson's
    yours: tuple[str, ...]  # tensors that the learner has found
    stray: str  # why a line belongs to no task, if one does not


def page_of(run: Run | None, ask: Ask, poke: Poke) -> Page:
    """One forward pass, all gradients, all lines checked. Raises LabError for a text."""
    alphabet, net, T = net_of(run, ask)
    if not 2 <= len(ask.text) <= 12 or alphabet.unknown(ask.text) or "." in ask.text:
        raise LabError("Type a name of 2 to 12 letters that the net knows.")
    rows = examples([ask.text], alphabet, T + 1)  # (n, T + 1)
    leaves = {name: poke(name, leaf.detach()) for name, leaf in net.leaves().items()}
    case, loss = case_of(leaves, rows[:, :-1], rows[:, -1])
    case = with_random(case, leaves)
    found, lines, stray, yours = dict(verdicts(case, ask.mistake)), {}, "", []
    for line in filter(str.strip, ask.line.split(";")):
        name, verdict = answer(line, case)
        if not name:
            stray = verdict.sentence
            continue
        lines[name], found[name[1:]] = line.strip(), verdict
        yours += [name[1:]] if verdict.right else []
    return Page(case, loss, lines, found, tuple(yours), stray)


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    """The forward pass, 26 tensors from the loss back, and two in one expression."""
    page = page_of(run, ask, poke)
    yield begin(page)
    for task in TASKS:
        yield frame_of(task, page, ask)


def begin(page: Page) -> Frame:
    """The forward pass: what there is, in which shape, and how each is made."""
    t = page.case.t
    made = {task.of: task for task in TASKS[:26]}
    rows = [(name, shape(t[name]), made[name].forward) for name in ORDER]
    views: dict[str, View] = {
        "ledger": Table(("tensor", "shape", "is read in"), rows, note="from the loss back"),
        "loss": Bars(["loss"], [page.loss], levels={"even guess": float(np.log(t["b2"].numel()))}),
        **{name: heat(t[name]) for name in (*LEAVES, "h", "logits", "probs")},
    }
    n, V = t["logits"].shape
    return Frame(
        "forward", views, keep={"page": page}, chapter="forward",
        say=f"{n} examples, {V} characters, 26 tensors, one loss: {page.loss:.4f}",
        look="go on: each frame asks for one gradient, in the order in which you can find them",
        still=lambda spot: before(spot, t),
    )  # fmt: skip


def before(spot: Spot, t: Tensors) -> dict[str, Any]:
    """A poke of the second layer must not move the first."""
    still = np.full(heat(t["h"]).values.shape, spot.view in ("W2", "b2"))
    return {"h": still}


def frame_of(task: Task, page: Page, ask: Ask) -> Frame:
    """One gradient: the tensor, what autograd says, and what became of the learner's line."""
    t, d = page.case.t[task.of], page.case.d[task.of]
    line = page.lines.get(task.target, "")
    verdict = check(line, task, page.case) if line else None
    solved = verdict is not None and verdict.right and not ask.solution
    views: dict[str, View] = {
        "check": checked(task, line, verdict, page, ask),
        task.target: heat(d),
        task.of: heat(t),
        "list": listed(page.found, page.case, ORDER.index(task.of), page.yours),
        "formula": Text(formula(task, page.case)),
    }
    named = task.name if task.name != task.target else f"{task.target} {shape(d)}"
    return Frame(
        task.name, views, keep={"page": page, "task": task}, chapter=task.chapter,
        predict=largest(task.target, d) if task.name in PREDICTED else None, within=0.1,
        say=f"{named}: {task.forward}",
        look=verdict.sentence if verdict else f"write {task.target} = … in the knob `line`",
        solved=task.name if solved else "",
    )  # fmt: skip


def largest(view: str, gradient: Tensor) -> Spot:
    """The cell that counts most."""
    values = heat(gradient).values
    return Spot(view, *divmod(int(np.abs(values).argmax()), values.shape[1]))


PREDICTED = ("dlogprobs", "dcounts_sum", "dlogits", "db2", "dbnbias", "cross-entropy")


def checked(task: Task, line: str, verdict: Verdict | None, page: Page, ask: Ask) -> Text:
    """The learner's line and the verdict; the hint and the solution where they are due."""
    parts: list[tuple[str, str]] = []
    if verdict is not None:
        parts.append((f"{line}\n", "yours"))
        if verdict.column is not None:
            parts.append((" " * verdict.column + "^\n", "wrong"))
        parts.append((verdict.sentence + "\n", "good" if verdict.right else "wrong"))
    else:
        parts.append((f"{task.target} = ?\n", ""))
    if page.stray:
        parts.append((page.stray + "\n", "wrong"))
    if ask.hint:
        parts.append((f"hint: {task.hint}\n", "faint"))
    if ask.solution or (verdict is not None and verdict.right):
        parts.append((f"{task.target} = {task.solution}\n", "published"))
    text, roles = "", []
    for words, role in parts:
        roles.append((len(text), len(text) + len(words.rstrip("\n")), role))
        text += words
    return Text(text.rstrip("\n"), roles=[part for part in roles if part[2]])


def formula(task: Task, case: Case) -> str:
    """The forward line, and the shape of everything in it and before it."""
    known = case.known(task)
    words = re.findall(r"[A-Za-z_]\w*", task.forward)
    lines = [task.forward, ""]
    for name in dict.fromkeys([*words, *(f"d{word}" for word in words)]):
        if (value := known.get(name)) is not None:
            lines.append(f"{name:16} {shape(value) if isinstance(value, Tensor) else value}")
    return "\n".join([*lines, f"{task.target:16} {shape(case.d[task.of])}  is asked for"])


def shape(tensor: Tensor) -> str:
    return "(" + ", ".join(map(str, tensor.shape)) + ("," if tensor.ndim == 1 else "") + ")"


def heat(tensor: Tensor) -> Heatmap:
    """Any tensor as rows and columns: emb (n, T, D) as (n, T D), (V,) as one row."""
    flat = tensor.flatten(1) if tensor.ndim > 1 else tensor[None]
    return Heatmap(flat.numpy(), signed=True, note=shape(tensor))


# ----- the arithmetic of one number ---------------------------------------------------------------

PRODUCTS = {  # gradient: rows of one, columns of the other
    "dh": ("dlogits", "W2", "by row"),
    "dembcat": ("dhprebn", "W1", "by row"),
    "dW2": ("h", "dlogits", "by column"),
    "dW1": ("embcat", "dhprebn", "by column"),
}
SUMS = {"db2": "dlogits", "db1": "dhprebn", "dbnbias": "dhpreact"}


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    """The arithmetic of a gradient where it is a sum, and what the number means, measured."""
    page: Page = frame.keep["page"]
    if spot.view in page.case.t:
        value = float(heat(page.case.t[spot.view]).values[spot.row, spot.column])
        return f"{spot.view}[{spot.row}, {spot.column}] = {number(value)}, in the forward pass"
    if spot.view == "ledger":
        name = ORDER[spot.row]
        return f"{name} and its gradient have the same shape, {shape(page.case.t[name])}"
    if spot.view == "list":
        return page.found[ORDER[spot.row]].sentence
    if spot.view == "loss":
        return f"-ln of what the right characters are given, on average: {page.loss:.4f}"
    if spot.view in ("check", "formula"):
        asked: Task = frame.keep["task"]
        return asked.forward
    value = float(heat(page.case.d[frame.keep["task"].of]).values[spot.row, spot.column])
    moved = measured(page, frame.keep["task"].of, spot)
    meaning = f"0.001 more here changes the loss by {moved:+.2e}, 0.001 times {number(value)}"
    spelled = arithmetic(spot, page)
    return f"{spelled} = {number(value)}: {meaning}" if spelled else meaning


def arithmetic(spot: Spot, page: Page) -> str:
    """Of products and sums; "" for the others."""
    d = {f"d{name}": gradient for name, gradient in page.case.d.items()}
    known, i, j = page.case.t | d, spot.row, spot.column
    if spot.view in SUMS:
        return terms([number(x) for x in known[SUMS[spot.view]][:, j].tolist()])
    if spot.view in PRODUCTS:
        left, right, how = PRODUCTS[spot.view]
        if how == "by row":  # dh[i, j] = dlogits[i] · W2[j]
            return dot(known[left][i].tolist(), known[right][j].tolist())
        return dot(known[left][:, i].tolist(), known[right][:, j].tolist())
    return ""


@torch.no_grad()
def measured(page: Page, of: str, spot: Spot) -> float:
    """How the loss changes when one number of a tensor grows by 0.001, computed anew in double."""
    losses = []
    for step in (0.0005, -0.0005):

        def nudged(name: str, tensor: Tensor, step: float = step) -> Tensor:
            if name != of:
                return tensor
            flat = tensor.clone().flatten()
            columns = tensor.flatten(1).shape[1] if tensor.ndim > 1 else tensor.numel()
            flat[spot.row * columns + spot.column] += step
            return flat.view(tensor.shape)

        leaves = {name: nudged(name, page.case.t[name].double()) for name in LEAVES}
        losses.append(forward(leaves, page.case.X, page.case.Y, nudged).item())
    return losses[0] - losses[1]
