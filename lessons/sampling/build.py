"""The text, its alphabet and the model, which training, writing and exploring share."""

from __future__ import annotations

from lessons.blocks.text import Alphabet, CharText
from lessons.sampling.model import NextLetter
from zhtui.lab import DataError, Run


def text_of(run: Run) -> CharText:
    """The text to learn. Raises `DataError` where it is too short."""
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


def build(run: Run) -> NextLetter:
    """A fresh model."""
    c, V = run.config, len(run.once(alphabet_of))
    return NextLetter(V, c.block_size, c.n_embd, c.hidden).to(run.device)


def model(run: Run) -> NextLetter:
    """The model of a run, with the weights of its checkpoint."""
    run.keep(model=run.once(build))
    return run.once(build)
