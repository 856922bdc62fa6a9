"""The text, and the model for its characters that training and sampling share."""

from __future__ import annotations

from lessons.blocks.text import Alphabet, CharText
from lessons.gpt.model import GPT
from zhtui.lab import DataError, LabError, Run


def text_of(run: Run) -> CharText:
    """The text to learn. Raises DataError where it is too short for `block_size`."""
    config = run.config
    path = run.data(config.data, auto=("shakespeare", "python"))
    text = CharText.read(path)
    need, have = 10 * (config.block_size + 1), len(text.train) + len(text.val)
    if have < need:
        raise DataError(
            f"{path.name} has {have} characters, but block_size={config.block_size} needs {need}; "
            f"give a longer text or a smaller block_size."
        )
    return text


def build(run: Run) -> tuple[Alphabet, GPT]:
    """The alphabet of a checkpoint, else of the text, and a fresh model for it."""
    config = run.config
    if config.n_embd % config.n_head:
        raise LabError(
            f"n_embd={config.n_embd} does not split into {config.n_head} heads; "
            f"choose an n_head that divides it."
        )
    alphabet = Alphabet()
    run.keep(alphabet=alphabet)
    if not len(alphabet):
        alphabet.load_state_dict(run.once(text_of).alphabet.state_dict())
    return alphabet, GPT(config, len(alphabet)).to(run.device)
