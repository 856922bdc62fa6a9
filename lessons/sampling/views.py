"""What is measured while the model learns: the same model, written with several samplers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from lessons.blocks.text import seen
from lessons.sampling.generate import Sampling, generate
from lessons.sampling.samplers import ORDERS, Settings, filtered
from zhtui.lab import Run, Table, Text, Token

SAMPLERS: dict[str, dict[str, float]] = {
    "greedy": {"temperature": 0.0},
    "cold": {"temperature": 0.5},
    "plain": {},
    "hot": {"temperature": 1.5},
    "top_p": {"top_p": 0.9},
    "penalty": {"temperature": 0.0, "repetition": 1.3},
}
WATCHED = ("greedy", "plain")  # while it learns
GLANCE = 40  # letters of these
LONG = 12  # letters that count as said again


def repeats(text: str, n: int = LONG) -> float:
    """The share of stretches of n letters that stood in the text before. "ababab", 2 -> 0.6"""
    pieces = [text[i : i + n] for i in range(len(text) - n + 1)]
    return 1 - len(set(pieces)) / len(pieces) if pieces else 0.0


def surprise(tokens: Sequence[Token]) -> float:
    """Bits a letter by the model's own distribution, before any cut."""
    return -sum(math.log2(max(token.probability, 1e-30)) for token in tokens) / len(tokens)


def exact_case() -> dict[str, float]:
    """Logits 3, 2, 1, T = .5, top-p = .8: how many are left, heat first and cut first."""
    logits, ids, both = torch.tensor([3.0, 2.0, 1.0]), torch.tensor([0]), Settings(0.5, top_p=0.8)
    stages = {name: filtered(logits, ids, both, name) for name in ORDERS}
    left = {name: int((stage > -math.inf).sum()) for name, stage in stages.items()}
    return {"left_heat_first": left["huggingface"], "left_cut_first": left["llama.cpp"]}


def watch(run: Run, last: bool) -> dict[str, float]:
    """Shows what samplers write, all of them at the end; returns how often each repeats itself."""
    rows: list[tuple[str, float, float, float, str]] = []
    row: dict[str, float] = {}
    for name in SAMPLERS if last else WATCHED:
        length = run.config.written if last else min(GLANCE, run.config.written)
        sampling = Sampling(tokens=length, **SAMPLERS[name])  # type: ignore[arg-type]
        tokens = list(generate(run, "", sampling))
        text = "".join(token.text for token in tokens)
        again, bits = repeats(text), surprise(tokens)
        entropy = sum(token.entropy for token in tokens) / len(tokens)
        rows.append((name, round(bits, 3), round(entropy, 3), round(again, 3), seen(text[:30])))
        row |= {f"repeats_{name}": again, f"bits_{name}": bits}
        note = ", ".join(f"{key}={value}" for key, value in SAMPLERS[name].items())
        run.show(f"written {name}", Text(text, note=note or "as the model says"))
    columns = ("sampler", "surprise", "entropy", "said again", "begins")
    run.show("samplers", Table(columns, rows, note="bits a letter; one model, the same dice"))
    return row
