"""A number as a learner reads it, a sum of products with its numbers, and a cell of attention.

dot([1, 2], [3, 4])             # "1.00·3.00 + 2.00·4.00 = 11.00"
cell("S", keep, 3, 1)           # "q3·k1 = 0.31·1.20 + … = 1.74\\nhow much 'c' (3) listens to …"
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

Keep = Mapping[str, Any]
MEANS = {"Q": "asks for", "K": "is found by", "V": "has to tell"}


def figure(value: Any) -> str:
    """Two decimals where they say something, else three digits: 1.7361 -> "1.74", 2e-7 -> "2e-07".

    What is not finite is written as it is in a paper: "−∞".
    """
    value = float(value)
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0 or 0.005 <= abs(value) < 1000:
        return f"{value:.2f}"
    return f"{value:.3g}"


def dot(left: Iterable[Any], right: Iterable[Any], shown: int = 4) -> str:
    """The sum of products, long ones shortened in the middle, and what it comes to.

    [1, 2], [3, 4] -> "1.00·3.00 + 2.00·4.00 = 11.00"
    """
    pairs = [(float(a), float(b)) for a, b in zip(left, right, strict=True)]
    terms = [f"{figure(a)}·{figure(b)}" for a, b in pairs]
    if len(terms) > shown:
        terms = [*terms[: shown - 2], "…", terms[-1]]
    return f"{' + '.join(terms)} = {figure(sum(a * b for a, b in pairs))}"


def bits(shares: Tensor) -> Tensor:
    """Entropy of each row (…, S): 0 for all on one, log2 S for even shares. [.5, .5] -> 1"""
    entropy: Tensor = torch.special.entr(shares).sum(-1) / math.log(2)
    return entropy


# ----- a cell of attention: its arithmetic, and on a second line what it means --------------------


def cell(view: str, keep: Keep, i: int, j: int) -> str:
    """Row i, column j of a view; "" where it is none of attention's. "A.2" is head 2's "A".

    `keep` holds what a frame has by name: X (T, C); Q, K, V and O (T, D) with `W_Q` … (D, C); S,
    scaled, masked and A (T, T); the `scale`, and the `names` of the positions. `turned` says that S
    is K Qᵀ.
    """
    base, _, head = view.replace("text", "names").partition(".")
    own = {name[: -len(head) - 1]: part for name, part in keep.items() if name.endswith(f".{head}")}
    known = {**keep, **own} if head else keep
    return SPELLED[base](known, base, i, j) if base in SPELLED and base in known else ""


def _text(keep: Keep, base: str, i: int, j: int) -> str:
    return f"position {j}: {keep['names'][j]}"


def _embedded(keep: Keep, base: str, i: int, j: int) -> str:
    return f"x{i}[{j}] = {figure(keep['X'][i, j])}: number {j} of {keep['names'][i]}"


def _projected(keep: Keep, base: str, i: int, j: int) -> str:
    value, small = keep[base][i, j], base.lower()
    x, w = keep["X"][i], keep[f"W_{base}"][j]
    spelled = dot(x, w)
    if math.isnan(value):
        return "empty: nothing is kept here yet"
    if abs(float(sum(x * w)) - float(value)) > 1e-3:
        return f"{small}{i}[{j}] = {figure(value)}, which is not x{i}·W_{base} = {spelled}"
    what = f"one number of what {keep['names'][i]} {MEANS[base]}"
    return f"{small}{i}[{j}] = x{i}·W_{base} = {spelled}\n{what}"


def _score(keep: Keep, base: str, i: int, j: int) -> str:
    left, right = ("K", "Q") if keep.get("turned") else ("Q", "K")
    spelled, names = dot(keep[left][i], keep[right][j]), keep["names"]
    product = f"{left.lower()}{i}·{right.lower()}{j}"
    return f"{product} = {spelled}\nhow much {names[i]} listens to {names[j]}"


def _scaled(keep: Keep, base: str, i: int, j: int) -> str:
    raw, root = figure(keep["S"][i, j]), figure(1 / keep["scale"])
    return f"{raw} / {root} = {figure(keep['scaled'][i, j])}\nthe same score, at unit size"


def _masked(keep: Keep, base: str, i: int, j: int) -> str:
    names, value = keep["names"], figure(keep["masked"][i, j])
    if value == "−∞":
        return f"−∞, and exp(−∞) = 0\n{names[j]} is in the future of {names[i]}"
    return f"{value}: {names[i]} may listen to {names[j]}"


def _weight(keep: Keep, base: str, i: int, j: int) -> str:
    row, names, share = keep["masked"][i], keep["names"], figure(keep["A"][i, j])
    raised = f"{figure(row[j].exp())} / {figure(row.exp().sum())}"
    meaning = f"{share} of what {names[i]} hears is from {names[j]}"
    return f"exp({figure(row[j])}) / sum of the row = {raised} = {share}\n{meaning}"


def _output(keep: Keep, base: str, i: int, j: int) -> str:
    weights, values = keep["A"][i], keep["V"][:, j]
    spelled = dot(weights[weights > 0], values[weights > 0])
    return f"o{i}[{j}] = A{i}·V[:,{j}] = {spelled}\na sum of values, weighted by row {i} of A"


SPELLED: Mapping[str, Callable[[Keep, str, int, int], str]] = {
    "names": _text, "X": _embedded, "Q": _projected, "K": _projected, "V": _projected, "S": _score,
    "scaled": _scaled, "masked": _masked, "A": _weight, "O": _output,
}  # fmt: skip
