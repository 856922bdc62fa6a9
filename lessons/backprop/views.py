"""The list of the 26, held against autograd, and the gradients' sizes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lessons.backprop.build import case_of
from lessons.backprop.checker import Case, Verdict, judge
from lessons.backprop.model import ORDER, Net
from lessons.backprop.wrong import with_mistake
from lessons.blocks.names import Corpus
from zhtui.lab import Bars, Run, Table, Words

WATCHED = 32  # examples of the batch that is looked at


def verdicts(case: Case, mistake: str) -> dict[str, Verdict]:
    """The lesson's own lines against autograd, by tensor."""
    d = with_mistake(mistake, case.t, case.X, case.Y)
    return {name: judge(d[name], case.d[name], {}) for name in ORDER}


def said(verdict: Verdict) -> Words:
    """The kind of a verdict, with its role."""
    return [(verdict.kind, "good" if verdict.right else "wrong")]


def listed(
    found: Mapping[str, Verdict], case: Case, mark: int | None = None, yours: tuple[str, ...] = ()
) -> Table:
    """Exact, approximate or wrong, and the largest difference, a tensor a row."""
    rows = []
    for name in ORDER:
        verdict = found[name]
        shape = " x ".join(map(str, case.t[name].shape))
        off = "" if verdict.difference is None else f"{verdict.difference:.1e}"
        whose: Words = [("yours", "yours")] if name in yours else [("lesson", "faint")]
        rows.append((f"d{name}", shape, said(verdict), off, whose))
    right = sum(verdict.right for verdict in found.values())
    note = f"{right} of {len(ORDER)} agree with autograd"
    return Table(("gradient", "shape", "verdict", "difference", "line"), rows, mark, note)


def gap(case: Case, mistake: str) -> float:
    """The largest difference from autograd in any of the 26."""
    d = with_mistake(mistake, case.t, case.X, case.Y)
    return max(float((d[name] - case.d[name]).abs().max()) for name in ORDER)


def sizes(case: Case) -> Bars:
    """How large the gradient is on its way back."""
    values = [max(float(case.d[name].std(correction=0)), 1e-12) for name in ORDER]
    note = "spread of each gradient, from the loss back; b1 has none, BatchNorm takes it away"
    return Bars([f"d{name}" for name in ORDER], values, log=True, note=note)


def look(run: Run, net: Net, corpus: Corpus) -> float:
    """All views of a step; gives the largest difference from autograd."""
    X: Tensor = corpus.train.X[:: max(1, len(corpus.train.Y) // WATCHED)][:WATCHED].to(run.device)
    Y: Tensor = corpus.train.Y[:: max(1, len(corpus.train.Y) // WATCHED)][:WATCHED].to(run.device)
    with torch.enable_grad():
        case, _ = case_of(net.leaves(), X, Y)
    run.show("list", listed(verdicts(case, run.config.mistake), case))
    run.show("sizes", sizes(case))
    return gap(case, run.config.mistake)
