"""The text, its tokens and the model, which training, writing and exploring share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from lessons.blocks import tokens
from lessons.blocks.files import read_text
from lessons.blocks.text import Alphabet, CharText, Symbols
from lessons.blocks.tokens import TokenText, Vocabulary
from lessons.gpt2 import hub, weights
from lessons.gpt2.batches import ShardText
from lessons.gpt2.config import RANKS
from lessons.gpt2.model import GPT2, Size
from lessons.gpt2.shards import LIST
from lessons.gpt2.shards import RANKS as OWN_RANKS
from zhtui.lab import DataError, LabError, Run, find_data


def ranks() -> Path:
    """Where GPT-2's ranks lie when they are on this machine."""
    return Path(os.environ.get("ZHTUI_DATA", "")) / "gpt2.tiktoken"


def tokenizer_of(run: Run) -> str:
    """What the knob stands for: with GPT-2's weights, and on "auto", its own where it is here."""
    name: str = run.config.tokenizer
    if name != "auto":
        return name
    if (folder := shard_folder(run)) is not None:
        return str(folder / OWN_RANKS)
    return "gpt2" if ranks().is_file() or run.config.weights != "random" else "characters"


def vocabulary(name: str) -> Vocabulary:
    """GPT-2's tokens, or those of a file. Raises `DataError`."""
    try:
        if name != "gpt2":
            return tokens.read(Path(name))
        return tokens.read(find_data(RANKS.name))
    except (OSError, ValueError, KeyError, TypeError) as error:
        told = f"tokenizer={name} cannot be used ({error})"
        raise DataError(f"{told}; give characters, gpt2, or a .tiktoken file.") from error


class Spelling:
    """The symbols of a run, of whichever kind; a checkpoint says which, so none is looked up."""

    def __init__(self) -> None:
        self.symbols: Symbols | None = None

    def state_dict(self) -> dict[str, Any]:
        assert self.symbols is not None
        return self.symbols.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.symbols = Alphabet() if "characters" in state else Vocabulary()
        self.symbols.load_state_dict(dict(state))


def symbols_of(run: Run) -> Symbols:
    """A checkpoint's symbols, else those that the knob asks for."""
    spelling = Spelling()
    run.keep(symbols=spelling)
    if spelling.symbols is None:
        name = tokenizer_of(run)
        chars = name == "characters"
        spelling.symbols = run.once(characters).alphabet if chars else vocabulary(name)
    return spelling.symbols


def shard_folder(run: Run) -> Path | None:
    """The folder of shards that `data` names; None where it is a text."""
    folder = Path(run.config.data).expanduser()
    return folder if folder.is_dir() else None


def path_of(run: Run) -> Path:
    if (folder := shard_folder(run)) is not None:
        raise DataError(f"{folder} holds shards of tokens; take tokenizer=auto.")
    return run.data(run.config.data, auto=("shakespeare", "python"))


def characters(run: Run) -> CharText:
    return CharText.read(path_of(run))


def text_of(run: Run) -> CharText:
    """The text to learn. Raises `DataError` where it is too short for `block_size`."""
    if (folder := shard_folder(run)) is not None:
        return ShardText(run.data(str(folder / LIST)), run.once(symbols_of))
    symbols, path = run.once(symbols_of), path_of(run)
    text: CharText = TokenText(read_text(path), symbols)
    need, have = run.config.block_size + 2, len(text.val)
    if have < need:
        raise DataError(
            f"{path.name} has {have} {symbols.unit}s in its last tenth, block_size="
            f"{run.config.block_size} needs {need}; give a longer text or a smaller block_size."
        )
    return text


class Shape:
    """The size of a run's model: part of a checkpoint, so that the folder it began from may go.

    Runs that are older than the choice of a precision go on as they began: in float32.
    """

    def __init__(self) -> None:
        self.size: Size | None = None
        self.chooses = True  # what precision=auto stands for

    def state_dict(self) -> dict[str, Any]:
        assert self.size is not None
        return {**asdict(self.size), "chooses": self.chooses}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.chooses = bool(state.get("chooses", False))
        self.size = Size(**{name: value for name, value in state.items() if name != "chooses"})


def shape_of(run: Run) -> Shape:
    """A checkpoint's shape; else one whose size is not known yet."""
    shape = Shape()
    run.keep(shape=shape)
    return shape


def padded(V: int, multiple: int) -> int:
    """The next multiple: matrices of round sizes are quicker on a GPU. 50,257, 128 -> 50,304"""
    return -(-V // multiple) * multiple


def size_of(run: Run) -> Size:
    """The size that the knobs ask for. Raises `LabError` where they do not go together."""
    c = run.config
    if c.n_embd % c.n_head:
        raise LabError(f"n_embd={c.n_embd} is not divided by n_head={c.n_head}; choose another.")
    V = padded(max(c.vocab, len(run.once(symbols_of))), c.multiple)
    return Size(c.n_layer, c.n_head, c.n_embd, c.block_size, V)


def opened(run: Run) -> GPT2:
    """The model in the folder that `weights` names. Raises `LabError`."""
    found = weights.read(hub.place(run.config.weights))
    for name, digest in found.sha256.items():
        run.say(f"{name}: sha256 {digest}")
    if not isinstance(found.model, GPT2):
        kind = found.config["model_type"]
        raise LabError(f"A run goes on from a gpt2, not from a {kind}; open it with weights.read.")
    V, room = len(run.once(symbols_of)), found.model.block_size
    if found.model.size.vocab < V:
        told = f"its table has {found.model.size.vocab:,} rows, the tokenizer {V:,} tokens"
        raise LabError(f"{run.config.weights}: {told}; choose the tokenizer it was trained with.")
    if run.config.block_size > room:
        raise LabError(
            f"block_size={run.config.block_size} is above its {room}; choose up to {room}."
        )
    return found.model


def build(run: Run) -> GPT2:
    """A fresh model, that of the folder, or an empty one of a checkpoint's size."""
    shape = run.once(shape_of)
    if shape.size is None and run.config.weights != "random":
        made = opened(run)
    else:
        made = GPT2(shape.size or size_of(run))
    shape.size = made.size
    return made.to(run.device)


def elsewhere(run: Run) -> list[Callable[[], None]]:
    """What brings the weights here while other ranks hold parts of them; alone, nothing."""
    return []


def model(run: Run) -> GPT2:
    """The model of a run, with the weights of its checkpoint, or of the last step."""
    run.keep(model=run.once(build))
    for bring in run.once(elsewhere):
        bring()
    return run.once(build)


def encode(run: Run, text: str) -> torch.Tensor:
    """A text's numbers (T,). Raises `LabError` for characters that the run has never seen."""
    if unknown := run.once(symbols_of).unknown(text):
        raise LabError(f"this run has never seen {unknown!r}; use characters of its text.")
    return run.once(symbols_of).encode(text).to(run.device)
