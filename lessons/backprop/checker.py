"""Is a learner's gradient right, and if not, what kind of wrong is it?

The line is computed and held against autograd, twice: on the pass itself, and on one where what
comes back is random. There nothing vanishes by chance, as the gradient of `b1` and that of the
maxima do, so a line that is only right because it is 0 is found out.

Kinds of right: "exact", "approximate". Kinds of wrong: "language", "number", "transposed",
"missing sum", "keepdim", "shape", "sign", "factor", "branch" (one of two uses), "numbers".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lessons.backprop.grammar import Refused, Value, assignment, evaluate
from lessons.backprop.model import ORDER, Tensors
from lessons.backprop.tasks import BY_NAME, Task

CLOSE = 1e-5  # of the largest number of a gradient
RIGHT = ("exact", "approximate")


@dataclass(frozen=True)
class Verdict:
    """What kind of right or wrong, a sentence, the largest difference, a column if one is known."""

    kind: str
    sentence: str
    difference: float | None = None
    column: int | None = None

    @property
    def right(self) -> bool:
        return self.kind in RIGHT


@dataclass(frozen=True)
class Case:
    """One forward pass: its tensors `t`, autograd's gradients `d`, its inputs.

    `random` is the same with made-up gradients in `d`, and what autograd makes of them in
    `expected`, one step further each.
    """

    t: Tensors
    d: Tensors
    X: Tensor
    Y: Tensor
    expected: Tensors
    random: Case | None = None

    def known(self, task: Task) -> dict[str, Value]:
        """What a line may use: all tensors, the sizes, and the gradients that come before."""
        n, T, D = self.t["emb"].shape
        sizes: dict[str, Value] = {"n": n, "T": T, "D": D, "V": self.t["logits"].shape[1]}
        before = task.only or tuple(f"d{name}" for name in ORDER[: ORDER.index(task.of)])
        grads = {f"d{name}": self.d[name] for name in ORDER if f"d{name}" in before}
        return {**self.t, **grads, "X": self.X, "Y": self.Y, **sizes}


def check(line: str, task: Task, case: Case) -> Verdict:
    """Judges `name = expression` for a task."""
    known, column = case.known(task), 0
    try:
        name, expression, column = assignment(line)
        if name != task.target:
            return Verdict("language", f"This line must begin with {task.target} = …", column=0)
        value = evaluate(expression, known)
    except Refused as refused:
        at = refused.column + column
        return Verdict("language", f"Column {at + 1}: {refused.sentence}", column=at)
    if not isinstance(value, Tensor):
        return Verdict("number", "This is one number; a gradient has the shape of its tensor.")
    value = value.to(case.expected[task.of].dtype)
    verdict = judge(value, case.expected[task.of], known)
    if not verdict.right and missing_branch(value, task, case):
        said = f"One use is missing: {task.of} is read twice, and both send something back."
        return Verdict("branch", said, verdict.difference)
    if not verdict.right or case.random is None or task.only:
        return verdict
    again = check(line, task, case.random)
    return verdict if again.right else again


def judge(value: Tensor, expected: Tensor, known: Mapping[str, Value]) -> Verdict:
    """A value against autograd's gradient, from the coarsest kind of wrong to the finest."""
    if value.shape != expected.shape:
        return of_shape(value, expected)
    difference = float((value - expected).abs().max())
    if torch.equal(value, expected):
        return Verdict("exact", "Exact: every bit as autograd has it.", 0.0)
    if alike(value, expected):
        said = f"Right: only rounding differs, at most {difference:.1e}."
        return Verdict("approximate", said, difference)
    return of_numbers(value, expected, known, difference)


def alike(value: Tensor, expected: Tensor) -> bool:
    """Equal but for rounding."""
    if value.shape != expected.shape or not value.isfinite().all():
        return False
    scale = max(float(expected.abs().max()), 1e-9)
    floor = 1e-7 if scale < 1e-6 else 0.0  # a gradient that is 0 but for rounding
    return float((value - expected).abs().max()) <= CLOSE * scale + floor


def of_shape(value: Tensor, expected: Tensor) -> Verdict:
    """The shape is wrong: turned, not summed, a lost axis, or something else."""
    have, need = tuple(value.shape), tuple(expected.shape)
    if have == need[::-1]:
        return Verdict("transposed", f"It is {have} and should be {need}: it is turned (.T).")
    axes = unsummed(have, need)
    if axes:
        over = " and ".join(map(str, axes))
        said = (
            f"It is {have} and should be {need}: the tensor was broadcast along axis {over}, so "
            "what comes back is summed over it."
        )
        return Verdict("missing sum", said)
    if value.numel() == expected.numel():
        said = f"It is {have} and should be {need}: the same count of numbers, an axis is lost"
        return Verdict("keepdim", f"{said} (keepdim=True keeps it, view changes it).")
    return Verdict("shape", f"It is {have} and should be {need}.")


def unsummed(have: Sequence[int], need: Sequence[int]) -> list[int]:
    """The axes that a sum would take away or make 1: (4, 3) for (1, 3) or (3,) -> [0]."""
    if len(have) < len(need):
        return []
    missing = len(have) - len(need)
    padded = [1] * missing + list(need)
    axes = [i for i, (a, b) in enumerate(zip(have, padded, strict=True)) if a != b]
    fits = all(padded[i] == 1 for i in axes)
    return axes if fits and axes else []


def of_numbers(
    value: Tensor, expected: Tensor, known: Mapping[str, Value], difference: float
) -> Verdict:
    """The shape is right and the numbers are not: a sign, a factor, a branch, or unknown."""
    if value.ndim == 2 and alike(value.T, expected):
        return Verdict("transposed", "The numbers are right, but turned (.T).", difference)
    if alike(-value, expected):
        return Verdict("sign", "Only the sign is wrong.", difference)
    if factor := constant(value, expected):
        said = f"Everywhere {factor:.4g} times what it should be: a factor"
        return Verdict("factor", f"{said}{named(factor, known)}.", difference)
    for name, tensor in known.items():
        if isinstance(tensor, Tensor) and tensor.is_floating_point() and broadcasts(tensor, value):
            if alike(value * tensor, expected):
                return Verdict("factor", f"A factor is missing: {name}.", difference)
            if alike(value, expected * tensor):
                return Verdict("factor", f"There is a factor too many: {name}.", difference)
    return Verdict(
        "numbers",
        f"The shape is right, the numbers are not: at most {difference:.2g} off.",
        difference,
    )


def broadcasts(tensor: Tensor, value: Tensor) -> bool:
    """Whether a product with the tensor keeps the shape of the value."""
    padded = (1,) * (value.ndim - tensor.ndim) + tuple(tensor.shape)
    return len(padded) == value.ndim and all(
        a in (1, b) for a, b in zip(padded, value.shape, strict=True)
    )


def constant(value: Tensor, expected: Tensor) -> float:
    """The one factor between two tensors, or 0."""
    place = int(expected.abs().argmax())
    factor = float(value.flatten()[place] / expected.flatten()[place])
    return factor if factor and alike(value / factor, expected) else 0.0


def named(factor: float, known: Mapping[str, Value]) -> str:
    """Where a factor is one of the sizes: " of n"."""
    sizes = {name: v for name, v in known.items() if isinstance(v, int)}
    for name, size in sizes.items():
        for text, number in ((name, size), (f"1 / {name}", 1 / max(size, 1))):
            if abs(factor - number) < 1e-3 * number:
                return f" of {text}"
    return ""


def missing_branch(value: Tensor, task: Task, case: Case) -> bool:
    """Whether a value is what one of two uses of the tensor sends back, without the other."""
    for part in branches(task, case):
        if broadcasts(part, value) and alike(value, part.expand_as(value)):
            return True
    return False


def branches(task: Task, case: Case) -> list[Tensor]:
    """What comes back from each use of a tensor that is used twice."""
    t, d, n = case.t, case.d, len(case.Y)
    known: dict[str, list[Tensor]] = {
        "dcounts": [t["counts_sum_inv"] * d["probs"], d["counts_sum"]],
        "dlogits": [d["norm_logits"]],
        "dbndiff": [t["bnvar_inv"] * d["bnraw"], 2 * t["bndiff"] * d["bndiff2"]],
        "dhprebn": [d["bndiff"], d["bnmeani"] / n],
    }
    return known.get(task.name, [])


def answer(line: str, case: Case) -> tuple[str, Verdict]:
    """The task that a line is for (its name, "" where there is none) and the verdict on it."""
    try:
        name, _, _ = assignment(line)
    except Refused as refused:
        return "", Verdict("language", refused.sentence, column=refused.column)
    if name not in BY_NAME:
        return "", Verdict("language", f"There is no {name} to find here.", column=0)
    return name, check(line, BY_NAME[name], case)
