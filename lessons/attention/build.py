"""The text, its alphabet and the model, which training, writing and exploring share."""

from __future__ import annotations

from torch import Tensor

from lessons.attention.mistakes import PARTS
from lessons.attention.model import Attention
from lessons.blocks.one_layer import OneLayer
from lessons.blocks.text import Alphabet, CharText
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


def check(C: int, H: int, G: int) -> None:
    """Raises `LabError` where heads do not divide channels, or groups heads."""
    if C % H or H % G:
        raise LabError(f"{C} channels, {H} heads, {G} of keys: let each divide the one before")


def build(run: Run) -> OneLayer[Attention]:
    """A fresh model of the parts that the run was asked for."""
    c, V = run.config, len(run.once(alphabet_of))
    check(c.n_embd, c.n_head, c.n_kv_head)
    layer = Attention(c.n_embd, c.n_head, c.n_kv_head, PARTS[c.mistake])
    return OneLayer(V, c.block_size, c.n_embd, layer).to(run.device)


def model(run: Run) -> OneLayer[Attention]:
    """The model of a run, with the weights of its checkpoint."""
    run.keep(model=run.once(build))
    return run.once(build)


def encode(run: Run, text: str) -> Tensor:
    """Characters as integers (T,). Raises `LabError` for those that the run has never seen."""
    if unknown := run.once(alphabet_of).unknown(text):
        raise LabError(f"this run has never seen {unknown!r}; use characters of its text")
    return run.once(alphabet_of).encode(text).to(run.device)
