"""The text, what its numbers stand for, and the model, which training and sampling share."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from lessons.blocks import tokens
from lessons.blocks.text import Alphabet, CharText
from lessons.blocks.tokens import TokenText, Vocabulary
from lessons.gpt.model import GPT
from zhtui.lab import DataError, LabError, Run, export_run, find_run

Symbols = Alphabet | Vocabulary


def text_of(run: Run) -> CharText:
    """The text to learn. Raises DataError where it is too short for `block_size`."""
    config = run.config
    path = run.data(config.data, auto=("shakespeare", "python"))
    if config.tokenizer:
        text: CharText = TokenText(path.read_text(encoding="utf-8"), run.once(symbols_of))
    else:
        text = CharText.read(path)
    need, have = 10 * (config.block_size + 1), len(text.train) + len(text.val)
    if have < need or len(text.val) <= config.block_size:
        raise DataError(
            f"{path.name} has {have} {text.alphabet.unit}s, a tenth of them to validate, but "
            f"block_size={config.block_size} needs {need}; "
            f"give a longer text or a smaller block_size."
        )
    return text


def symbols_of(run: Run) -> Symbols:
    """A checkpoint's alphabet or vocabulary, else that of the text or of the tokenizer."""
    name = run.config.tokenizer
    symbols = Vocabulary() if name else Alphabet()
    run.keep(alphabet=symbols)
    if not len(symbols):
        source = vocabulary(name) if name else run.once(text_of).alphabet
        symbols.load_state_dict(source.state_dict())
    return symbols


def vocabulary(name: str) -> Vocabulary:
    """Of a run of lesson `tokenizer`, of GPT-2, or in a `.tiktoken` file. Raises DataError."""
    given = Path(name)
    try:
        if name == "gpt2":
            return gpt2()
        if given.is_file():
            return tokens.read(given)
        with TemporaryDirectory() as folder:
            return tokens.read(export_run(find_run(name), "tiktoken", Path(folder)))
    except (LabError, OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"tokenizer={name} cannot be used ({error}); "
            f"give a run of lesson tokenizer, gpt2, or an exported .tiktoken file."
        ) from error


def gpt2() -> Vocabulary:
    """From `$ZHTUI_DATA`, else from tiktoken's cache or the network."""
    ours = Path(os.environ.get("ZHTUI_DATA", "")) / "gpt2.tiktoken"
    if ours.is_file():
        return tokens.read(ours)
    return tokens.gpt2(download=os.environ.get("ZHTUI_OFFLINE", "0") in ("", "0"))


def build(run: Run) -> tuple[Symbols, GPT]:
    """What the numbers stand for, and a fresh model for them."""
    config = run.config
    if config.n_embd % config.n_head:
        raise LabError(
            f"n_embd={config.n_embd} does not split into {config.n_head} heads; "
            f"choose an n_head that divides it."
        )
    symbols = run.once(symbols_of)
    return symbols, GPT(config, len(symbols)).to(run.device)
