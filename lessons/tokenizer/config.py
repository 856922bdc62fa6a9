"""The tokenizer's knobs and presets."""

from __future__ import annotations

from dataclasses import dataclass

from lessons.blocks import ranks
from zhtui.lab import DataSet, knob

BYTES = 256
SPECIMENS = ("none", "ignore rank", "characters", "cross chunks")


def vocabulary(name: str, title: str, published: ranks.Ranks, here: str = "") -> DataSet:
    """A published vocabulary as a data set: its file of ranks, shared with tiktoken."""
    file = f"{published.file}.tiktoken"
    return DataSet(
        f"{name}-tokens", published.address, published.sha256, published.size,
        title=f"the vocabulary of {title}", filename=here or file, also=(file,),
        cached=published.shared,
    )  # fmt: skip


GPT2 = vocabulary("gpt2", "GPT-2", ranks.GPT2, here="gpt2.tiktoken")
CL100K = vocabulary("cl100k", "GPT-4", ranks.GPT4)
O200K = vocabulary("o200k", "GPT-4o", ranks.GPT4O)


@dataclass(frozen=True)
class Config:
    data: str = knob("auto", "text to learn from: a data set's name or a file of your own")
    text: str = knob("", "a short text to learn from, instead of data")
    vocab_size: int = knob(
        2048, "tokens at the end: 256 bytes, and one for each merge", low=BYTES, high=1_000_000
    )
    pattern: str = knob(
        "gpt4", "where the text is cut first", choices=("gpt4", "gpt2", "gpt4o", "none")
    )
    specials: str = knob(
        "<|endoftext|>", "special tokens, numbered after the others; a space apart"
    )
    merges_a_step: int = knob(1, "merges in one step", low=1, high=10_000)
    look_every: int = knob(64, "steps between two views of text and pairs", low=1, live=True)
    specimen: str = knob("none", "a learner's mistake to study", choices=SPECIMENS)

    @property
    def cut(self) -> str:
        """The split that is used: a specimen leaves it out."""
        return "none" if self.specimen == "cross chunks" else self.pattern

    @property
    def merges(self) -> int:
        """How many merges are asked for."""
        return self.vocab_size - BYTES

    @property
    def steps(self) -> int:
        """How many steps they take; fewer where the text runs out of pairs."""
        return -(-self.merges // self.merges_a_step)


PRESETS = {
    "tiny": Config(vocab_size=320, look_every=16),
    "quick": Config(),
    "paper": Config(vocab_size=50_256, pattern="gpt2", merges_a_step=16),  # GPT-2: + <|endoftext|>
    "32k": Config(vocab_size=32_768, merges_a_step=16),
    "example": Config(
        text="aaabdaaabac", vocab_size=259, pattern="none", specials="", look_every=1
    ),
}
