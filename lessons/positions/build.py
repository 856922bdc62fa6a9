"""The text, its alphabet and the model, which training, writing and exploring share."""

from __future__ import annotations

from torch import Tensor

from lessons.blocks.text import Alphabet, CharText
from lessons.positions.mistakes import kind_of
from lessons.positions.model import Small
from zhtui.lab import DataError, LabError, Run


def text_of(run: Run) -> CharText:
    """The text to learn. Raises `DataError` where it is too short for 2T positions."""
    path = run.data(run.config.data, auto=("shakespeare", "python"))
    text, need = CharText.read(path), 10 * (2 * run.config.block_size + 2)
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


def build(run: Run) -> Small:
    """A fresh model with room for 2T positions."""
    c, V = run.config, len(run.once(alphabet_of))
    if c.n_embd % (2 * c.n_head):
        raise LabError(
            f"n_embd={c.n_embd} gives no even number of channels to each of {c.n_head} heads; "
            "take a multiple of twice n_head"
        )
    kind = kind_of(c.kind, c.mistake)
    return Small(V, 2 * c.block_size, c.n_embd, c.n_head, c.n_layer, kind).to(run.device)


def model(run: Run) -> Small:
    """The model of a run, with the weights of its checkpoint."""
    run.keep(model=run.once(build))
    return run.once(build)


def encode(run: Run, text: str) -> Tensor:
    """Characters as integers (T,). Raises `LabError` for those that the run has never seen."""
    if unknown := run.once(alphabet_of).unknown(text):
        raise LabError(f"this run has never seen {unknown!r}; use characters of its text")
    return run.once(alphabet_of).encode(text).to(run.device)
