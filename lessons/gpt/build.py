"""The text and the model that training and sampling share."""

from __future__ import annotations

from lessons.blocks.text import CharText
from lessons.gpt.model import GPT
from zhtui.lab import DataError, LabError, Run


def build(run: Run) -> tuple[CharText, GPT]:
    """A text and a fresh model for its characters. Raises LabError for a text that is too short."""
    config = run.config
    if config.n_embd % config.n_head:
        raise LabError(
            f"n_embd={config.n_embd} does not split into {config.n_head} heads; "
            f"choose an n_head that divides it."
        )
    path = run.data(config.data, auto=("shakespeare", "python"))
    text = CharText.read(path)
    need = 10 * (config.block_size + 1)
    if len(text.train) + len(text.val) < need:
        raise DataError(
            f"{path.name} has {len(text.train) + len(text.val)} characters, but block_size="
            f"{config.block_size} needs {need}; give a longer text or a smaller block_size."
        )
    return text, GPT(config, text.vocab).to(run.device)
