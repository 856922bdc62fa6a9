"""The text, what its numbers stand for, and the model, which training and sampling share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from torch import nn

from lessons.blocks import tokens
from lessons.blocks.attention import SelfAttention
from lessons.blocks.experts import Experts
from lessons.blocks.feedforward import SwiGLU
from lessons.blocks.files import read_text
from lessons.blocks.norms import RMSNorm
from lessons.blocks.positions import Alibi, Nowhere, Rotary, Sinusoidal, Unplaced
from lessons.blocks.residual import PostBlock
from lessons.blocks.text import Alphabet, CharText, Symbols
from lessons.blocks.tokens import TokenText, Vocabulary
from lessons.gpt.config import GPT2, Config
from lessons.gpt.ladder import rung
from lessons.gpt.model import (
    GPT,
    Attention,
    Block,
    FeedForward,
    Learned,
    Make,
    Parts,
    Size,
    inverse_root,
    start_small,
    tied,
    untied,
)
from zhtui.lab import DataError, LabError, Run, export_run, find_data, find_run

ACTIVATIONS: dict[str, Make] = {"relu": nn.ReLU, "gelu": nn.GELU}
PLACES: dict[str, Make] = {  # inside attention
    "rotary": Rotary,
    "rotary-halves": partial(Rotary, halves=True),
    "alibi": Alibi,
}


def text_of(run: Run) -> CharText:
    """The text to learn. Raises DataError where it is too short for `block_size`."""
    config = run.config
    path = run.data(config.data, auto=("shakespeare", "python"))
    if config.tokenizer:
        text: CharText = TokenText(read_text(path), run.once(symbols_of))
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
        source = vocabulary(name, run.data) if name else run.once(text_of).alphabet
        symbols.load_state_dict(source.state_dict())
    return symbols


def vocabulary(name: str, find: Callable[[str], Path] = find_data) -> Vocabulary:
    """Of a run of lesson `tokenizer`, of GPT-2, or in a `.tiktoken` file. Raises DataError."""
    given = Path(name)
    try:
        if name == "gpt2":
            return tokens.read(find(GPT2.name))
        if given.is_file():
            return tokens.read(given)
        with TemporaryDirectory() as folder:
            return tokens.read(export_run(find_run(name), "tiktoken", Path(folder)))
    except (LabError, OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"tokenizer={name} cannot be used ({error}); "
            f"give a run of lesson tokenizer, gpt2, or an exported .tiktoken file."
        ) from error


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
    norms: dict[str, Make] = {
        "layernorm": partial(nn.LayerNorm, bias=bias),
        "rmsnorm": RMSNorm,
        "rmsnorm-unscaled": partial(RMSNorm, learned=False),
    }
    thoughts: dict[str, Make] = {
        "mlp": partial(FeedForward, activation=ACTIVATIONS[config.activation]),
        "swiglu": SwiGLU,
    }
    added: dict[str, Make] = {
        "learned": Learned,
        "sinusoidal": partial(Sinusoidal, size=0.02 if config.rung == "full" else 1.0),
    }
    return Parts(
        positions=added.get(config.positions, Nowhere),
        norm=norms[config.norm],
        last=norms[config.norm],
        attention=partial(
            attention_of(config),
            bias=bias,
            qkv_bias=bias and config.qkv_bias,
            dropout=dropout,
            scale=inverse_root if config.scaled else unscaled,
        ),
        think=partial(several(config, thoughts[config.ffn]), bias=bias, dropout=dropout),
        block=Block if config.norm_first else PostBlock,
        head=tied if config.tied else untied,
        begin=partial(start_small, spread=config.start),
    )


def several(config: Config, make: Make) -> Make:
    """One feed-forward layer, or experts of that kind and their router."""
    if not config.experts:
        return make
    return partial(Experts, make=make, count=config.experts, active=config.active)


def attention_of(config: Config) -> Make:
    """The finished GPT's attention, or where something else than its is asked for, the shelf's."""
    place = PLACES.get(config.positions)
    if not (place or config.qk_norm or config.n_kv_head):
        return Attention
    return partial(
        SelfAttention,
        groups=config.n_kv_head,
        place=place or Unplaced,
        qk_norm=RMSNorm if config.qk_norm else nn.Identity,
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
    check(run.config)
    symbols = run.once(symbols_of)
    return symbols, assemble(config_of(run), len(symbols)).to(run.device)


def check(config: Config) -> None:
    """Raises LabError where two knobs do not go together."""
    C, G = config.n_embd, config.n_kv_head
    H = 1 if config.rung == "head" else config.n_head
    if C % H:
        raise LabError(
            f"n_embd={C} does not split into {H} heads; choose an n_head that divides it."
        )
    if G and H % G:
        raise LabError(f"{H} heads cannot share n_kv_head={G}; choose a number that divides {H}.")
    if config.experts and config.active > config.experts:
        raise LabError(
            f"active={config.active} of experts={config.experts}; choose at most as many."
        )
    if config.positions.startswith("rotary") and C // H % 2:
        raise LabError(
            f"A head of {C // H} channels has no pairs to turn; choose n_embd and n_head so that "
            f"n_embd / n_head is even."
        )


def model(run: Run) -> GPT:
    """The model of a run, with the weights of its checkpoint; whoever looks into one asks here."""
    _, built = run.once(build)
    run.keep(model=built)
    return built
