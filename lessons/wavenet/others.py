"""The other nets of makemore on the same windows: a bag of words, RNN, GRU, LSTM, transformer.

Each takes windows (B, T) and gives logits (B, V) for the character after them, so that all can be
compared on the same examples.

Leaves out: why attention is computed as it is (lesson attention); training on all places of a word
at once, which is how a transformer is fed in lesson gpt.

Legend: B examples, T places, C features, V characters. `self.C` is the table of embeddings, which
lesson mlp calls so.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Recurrent(nn.Module):
    """A state that is carried from character to character; the last one tells what comes next."""

    def __init__(self, vocab: int, embedding: int, hidden: int, cell: nn.Module) -> None:
        super().__init__()
        self.hidden, self.cell = hidden, cell
        self.C = nn.Embedding(vocab, embedding)
        self.start = nn.Parameter(torch.zeros(1, hidden))
        self.out = nn.Linear(hidden, vocab)

    def forward(self, X: Tensor) -> Tensor:
        state = self.start.expand(len(X), -1)  # (B, C)
        memory = torch.zeros_like(state)  # the LSTM's; the others leave it as it is
        for x in self.C(X).unbind(1):  # (B, T, C): T times (B, C)
            state, memory = self.cell(x, state, memory)
        logits: Tensor = self.out(state)  # (B, V)
        return logits


class RNNCell(nn.Module):
    """tanh of the character and the old state together (Elman 1990)."""

    def __init__(self, embedding: int, hidden: int) -> None:
        super().__init__()
        self.both = nn.Linear(embedding + hidden, hidden)

    def forward(self, x: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        return torch.tanh(self.both(torch.cat([x, state], 1))), memory


class GRUCell(nn.Module):
    """A gate z from the old state to a new one; a gate r on what the new one sees (Cho 2014)."""

    def __init__(self, embedding: int, hidden: int) -> None:
        super().__init__()
        self.gates = nn.Linear(embedding + hidden, 2 * hidden)
        self.new = nn.Linear(embedding + hidden, hidden)

    def forward(self, x: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        z, r = torch.sigmoid(self.gates(torch.cat([x, state], 1))).chunk(2, 1)  # (B, C), (B, C)
        fresh = torch.tanh(self.new(torch.cat([x, r * state], 1)))
        return (1 - z) * state + z * fresh, memory


class LSTMCell(nn.Module):
    """A memory that is written, read (Hochreiter 1997) and forgotten (Gers 2000) through gates."""

    def __init__(self, embedding: int, hidden: int) -> None:
        super().__init__()
        self.gates = nn.Linear(embedding + hidden, 4 * hidden)

    def forward(self, x: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        forget, write, read, new = self.gates(torch.cat([x, state], 1)).chunk(4, 1)  # (B, C) each
        memory = torch.sigmoid(forget + 1) * memory + torch.sigmoid(write) * torch.tanh(new)
        return torch.sigmoid(read) * torch.tanh(memory), memory


class Bag(nn.Module):
    """A bag of words: the mean of the embeddings, which does not know their order."""

    def __init__(self, vocab: int, embedding: int, hidden: int) -> None:
        super().__init__()
        self.C = nn.Embedding(vocab, embedding)
        self.inside, self.out = nn.Linear(embedding, hidden), nn.Linear(hidden, vocab)

    def forward(self, X: Tensor) -> Tensor:
        mean = self.C(X).mean(1)  # (B, T, C) -> (B, C)
        logits: Tensor = self.out(torch.tanh(self.inside(mean)))  # (B, V)
        return logits


class Block(nn.Module):
    """Each place looks at all others, then thinks by itself (lesson gpt)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        q, k, v = (
            part.view(B, T, self.heads, -1).transpose(1, 2)  # (B, heads, T, C / heads)
            for part in self.qkv(self.norm1(x)).chunk(3, 2)
        )
        seen = F.scaled_dot_product_attention(q, k, v)  # the window is all past: no mask
        x = x + self.join(seen.transpose(1, 2).reshape(B, T, C))  # (B, T, C)
        thought: Tensor = x + self.think(self.norm2(x))
        return thought


class Transformer(nn.Module):
    """Characters and places, blocks, and the last place tells (Vaswani 2017)."""

    def __init__(self, vocab: int, context: int, width: int, layers: int = 2) -> None:
        super().__init__()
        heads = max(h for h in (1, 2, 4) if width % h == 0)
        self.C, self.P = nn.Embedding(vocab, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, vocab)

    def forward(self, X: Tensor) -> Tensor:
        x = self.C(X) + self.P.weight  # (B, T, C)
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.out(self.norm(x[:, -1]))  # (B, V)
        return logits


def other(kind: str, vocab: int, context: int, embedding: int, hidden: int) -> nn.Module:
    """One of them by its name, drawn from torch's global generator."""
    cells: dict[str, Callable[[int, int], nn.Module]] = {
        "rnn": RNNCell, "gru": GRUCell, "lstm": LSTMCell
    }  # fmt: skip
    if kind in cells:
        return Recurrent(vocab, embedding, hidden, cells[kind](embedding, hidden))
    if kind == "transformer":
        return Transformer(vocab, context, hidden)
    return Bag(vocab, embedding, hidden)
