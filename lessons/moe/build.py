"""The text, its alphabet and the model, which training, writing and exploring share."""

from __future__ import annotations

from torch import Tensor

from lessons.blocks.text import Alphabet, CharText
from lessons.moe.language import Language
from lessons.moe.model import MoE
from zhtui.lab import DataError, LabError, Run


def text_of(run: Run) -> CharText:
    """The text to learn. Raises `DataError` where it is too short for `block_size`."""
    path = run.data(run.config.data, auto=("shakespeare", "python"))
    text, need = CharText.read(path), 10 * (run.config.block_size + 2)
    if len(text.val) < need // 10:
        raise DataError(f"{path.name} is shorter than {need} characters; give a longer text")
    return text


def alphabet_of(run: Run) -> Alphabet:
    """A checkpoint's alphabet, else that of the text."""
    alphabet = Alphabet()
    run.keep(alphabet=alphabet)
    if not len(alphabet):
        alphabet.load_state_dict(run.once(text_of).alphabet.state_dict())
    return alphabet


def build(run: Run) -> Language:
    """A fresh model. Raises `LabError` where the knobs do not go together."""
    c = run.config
    if c.n_embd % c.n_head:
        raise LabError(f"n_embd={c.n_embd} is not divided by n_head={c.n_head}; choose another")
    if c.top_k > c.experts:
        raise LabError(f"top_k={c.top_k} of {c.experts} experts; choose top_k up to {c.experts}")
    moe = MoE(
        c.n_embd, c.hidden, c.experts, c.top_k, factor=c.capacity, shared=c.shared,
        renormalise=c.mistake != "unnormalised", reaches=c.mistake != "detached",
    )  # fmt: skip
    V = len(run.once(alphabet_of))
    return Language(V, c.block_size, c.n_embd, c.n_head, moe).to(run.device)


def model(run: Run) -> Language:
    """The model of a run, with the weights of its checkpoint."""
    run.keep(model=run.once(build))
    return run.once(build)


def encode(run: Run, text: str) -> Tensor:
    """Characters as integers (T,). Raises `LabError` for those that the run has never seen."""
    if unknown := run.once(alphabet_of).unknown(text):
        raise LabError(f"this run has never seen {unknown!r}; use characters of its text")
    return run.once(alphabet_of).encode(text).to(run.device)
