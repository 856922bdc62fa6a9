"""The text, what its numbers stand for, and the model, which training and sampling share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import nn

from lessons.blocks import tokens
from lessons.blocks.text import Alphabet, CharText, Symbols
from lessons.blocks.tokens import TokenText, Vocabulary
from lessons.gpt.config import Config
from lessons.gpt.ladder import rung
from lessons.gpt.model import (
    GPT,
    Attention,
    FeedForward,
    Parts,
    Size,
    inverse_root,
    start_small,
    tied,
    untied,
)
from zhtui.lab import DataError, LabError, Run, export_run, find_run

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU}


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
    symbols: Symbols = Vocabulary() if name else Alphabet()
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


class Names:
    """The names of a checkpoint's weights; empty where there is no checkpoint."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def state_dict(self) -> dict[str, Any]:
        """A model is kept in its place before anything is saved."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.names = list(state)


def config_of(run: Run) -> Config:
    """The run's knobs, as its weights have them.

    Before `qkv_bias` was a knob, q, k and v had no bias. So where a checkpoint has none, what its
    run.json lacks is off. (A run that begins has no checkpoint, and its knobs hold.)
    """
    config: Config = run.config
    if config.bias and config.qkv_bias:
        saved = Names()
        run.keep(model=saved)
        if saved.names and not any(name.endswith("qkv.bias") for name in saved.names):
            return replace(config, qkv_bias=False)
    return config


def parts_of(config: Config) -> Parts:
    """The parts of a model at the top of the ladder, each with its knobs."""
    bias, dropout = config.bias, config.dropout
    return Parts(
        norm=partial(nn.LayerNorm, bias=bias),
        attention=partial(
            Attention,
            bias=bias,
            qkv_bias=bias and config.qkv_bias,
            dropout=dropout,
            scale=inverse_root if config.scaled else unscaled,
        ),
        think=partial(
            FeedForward, bias=bias, dropout=dropout, activation=ACTIVATIONS[config.activation]
        ),
        head=tied if config.tied else untied,
        begin=partial(start_small, spread=config.start),
    )


def unscaled(D: int) -> float:
    """Dot products as they are: what the division is for is seen without it."""
    return 1.0


def assemble(config: Config, vocab: int) -> GPT:
    """A fresh model for `vocab` characters or tokens."""
    size = Size(config.block_size, config.n_layer, config.n_head, config.n_embd, config.dropout)
    return GPT(vocab, *rung(config.rung, vocab, size, parts_of(config)))


def build(run: Run) -> tuple[Symbols, GPT]:
    """What the numbers stand for, and a fresh model for them."""
    config = run.config
    if config.n_embd % config.n_head:
        raise LabError(
            f"n_embd={config.n_embd} does not split into {config.n_head} heads; "
            f"choose an n_head that divides it."
        )
    symbols = run.once(symbols_of)
    return symbols, assemble(config_of(run), len(symbols)).to(run.device)


def model(run: Run) -> GPT:
    """The model of a run, with the weights of its checkpoint; whoever looks into one asks here."""
    _, built = run.once(build)
    run.keep(model=built)
    return built
