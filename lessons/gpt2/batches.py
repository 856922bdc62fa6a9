"""Where a step's texts come from: any stretches of a text in memory, or shards read in order.

    source = source_of(text, run)
    batch = source.batch(16)                # (16, T + 1)

Shards are read once through and then again, from a place that is part of a checkpoint. Of a file
only the stretch that is read is mapped, so that memory does not grow with the text.

Letters: B texts a step, T positions, n stretches in a text.

Leaves out: shuffling; what is shuffled before it is cut need not be shuffled again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from lessons.blocks import tokens
from lessons.blocks.files import read_bytes
from lessons.blocks.text import CharText, Symbols, windows_of
from lessons.blocks.tokens import Vocabulary
from lessons.gpt2.shards import RANKS, Shard, read_list, wrong
from zhtui.lab import DataError, Run

UNSEEN = 1 << 22  # tokens of the validation shard that are held, 32 MB


class Source(Protocol):
    """Where texts come from: `unseen` are the stretches (n, T + 1) that it is judged on."""

    unseen: Tensor

    def batch(self, texts: int) -> Tensor: ...


class Drawn:
    """Any stretches of a text in memory, drawn from torch's generator."""

    def __init__(self, text: CharText, T: int, device: str) -> None:
        self.windows = windows_of(text.train.to(device), T)  # (n, T + 1)
        self.unseen = windows_of(text.val.to(device), T)

    def batch(self, texts: int) -> Tensor:
        pick = torch.randint(len(self.windows), (texts,)).to(self.windows.device)
        return self.windows[pick]  # (B, T + 1)


class ShardText(CharText):
    """Shards as a text: the first one is for validation; of a single one, its last tenth.

    `spans` are the shards to learn from, each with the tokens of it that are.
    """

    def __init__(self, path: Path, symbols: Symbols) -> None:
        self.folder, listed = path.parent, read_list(path.parent)
        if not listed.whole:
            again = "give the same `zhtui gpt2 shards` again, it goes on"
            raise DataError(f"{self.folder} is not prepared to its end; {again}.")
        self.alphabet, shards = symbols, listed.shards
        vocabulary = own(self.folder, listed.vocabulary, symbols)
        cut = 0 if len(shards) > 1 else int(0.9 * shards[0].tokens)
        self.spans = [(shard, shard.tokens) for shard in shards[1:]] or [(shards[0], cut)]
        self.sound: set[str] = set()
        end = min(shards[0].tokens, cut + UNSEEN)
        self.train = torch.zeros(0, dtype=torch.int64)
        self.val = self.stretch(shards[0], cut, end)
        sizes = torch.tensor([len(token) for token in vocabulary.tokens])
        sizes[list(vocabulary.specials.values())] = 0  # it stands for no byte of a text
        self.val_bytes = int(sizes[self.val].sum())

    def stretch(self, shard: Shard, start: int, end: int) -> Tensor:
        """Tokens of a shard (end − start,); its hash is looked at once. Raises `DataError`."""
        if shard.file not in self.sound:
            if why := wrong(self.folder, shard):
                told = "give `zhtui gpt2 shards` again, it makes that one anew"
                raise DataError(f"{why}; {told}.")
            self.sound.add(shard.file)
        size, place = end - start, self.folder / shard.file
        mapped = np.memmap(place, "<u2", "r", offset=2 * start, shape=(size,))
        ids = torch.from_numpy(mapped.astype(np.int64))  # a copy: the map goes when it is made
        if int(ids.max()) >= len(self.alphabet):
            raise DataError(f"{place} holds a token that its tokenizer has not; make it anew.")
        return ids


def own(folder: Path, vocabulary: str, symbols: Symbols) -> Vocabulary:
    """The tokens of the shards, which are the run's. Raises `DataError` where they are not."""
    kept = folder / RANKS
    try:
        found = hashlib.sha256(read_bytes(kept, tokens.LARGEST)).hexdigest()
    except OSError as error:
        raise DataError(f"{kept} cannot be read ({error.strerror}); restore the folder.") from error
    theirs = tokens.read(kept).learned if found == vocabulary else None
    if not isinstance(symbols, Vocabulary) or symbols.learned != theirs:
        raise DataError(f"{folder} holds tokens of another tokenizer; take tokenizer=auto.")
    return symbols


class Streamed:
    """Stretches one after the other, shard after shard, then from the beginning again."""

    def __init__(self, text: ShardText, T: int, device: str) -> None:
        self.text, self.T, self.device = text, T, device
        self.shard, self.at, self.rounds = 0, 0, 0
        longest = max(end for _, end in text.spans)
        if longest < T + 1 or len(text.val) < T + 1:
            raise DataError(f"The shards are too short for block_size={T}; lower it.")
        self.unseen = windows_of(text.val.to(device), T)

    def state_dict(self) -> dict[str, int]:
        """Where the next text begins."""
        return {"shard": self.shard, "at": self.at, "rounds": self.rounds}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on where a checkpoint stood. Raises `ValueError` where these shards have not it."""
        self.shard, self.at = int(state["shard"]), int(state["at"])
        if not 0 <= self.shard < len(self.text.spans) or self.at < 0:
            raise ValueError(f"there is no token {self.at} of shard {self.shard}")
        self.rounds = int(state["rounds"])

    def batch(self, texts: int) -> Tensor:
        """The next texts (B, T + 1); the last token of one is the first of the next."""
        T, parts, missing = self.T, list[Tensor](), texts
        while missing:
            shard, end = self.text.spans[self.shard]
            n = min(missing, max(0, (end - 1 - self.at) // T))
            if n:
                ids = self.text.stretch(shard, self.at, self.at + n * T + 1)
                parts.append(windows_of(ids, T)[::T])  # (n, T + 1)
                self.at, missing = self.at + n * T, missing - n
            else:
                self.shard, self.at = self.shard + 1, 0
                if self.shard == len(self.text.spans):
                    self.shard, self.rounds = 0, self.rounds + 1
        return torch.cat(parts).to(self.device)


def source_of(text: CharText, run: Run) -> Source:
    """What a run reads; the place in shards is part of its checkpoints."""
    if not isinstance(text, ShardText):
        return Drawn(text, run.config.block_size, run.device)
    source = Streamed(text, run.config.block_size, run.device)
    run.keep(source=source)
    return source
