"""The texts of a console: what a model wrote, where one branched off another, and its surprise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from zhtui.ask.client import Reply
from zhtui.lesson.sampling import Sampling, Token

UNKNOWN = math.nan  # the probability of a token that the model was not asked about


@dataclass(eq=False)
class Branch:
    """A prompt and the tokens after it.

    `kept` are the tokens shared with the branch that it left, `taken` the alternative that was
    taken there; the last of `scored` is the engine's word on it, and `reply` holds what follows.
    The learner's `own` text has no prompt: all that it `reads` is scored.
    """

    prompt: str
    sampling: Sampling
    number: int = 0  # given by the console that lists it
    kept: Sequence[Token] = ()
    taken: Token | None = None
    parent: int = 0  # the number of the branch that it left; 0 for none
    own: bool = False
    reads: str = ""
    scored: Reply | None = None
    reply: Reply | None = None
    _tokens: list[Token] = field(default_factory=list)
    _bits: list[float] = field(default_factory=list)

    @property
    def tokens(self) -> Sequence[Token]:
        """All tokens so far; the list only grows, but for the one that was taken."""
        start = len(self.kept) + (self.taken is not None)
        if not self._tokens:
            self._tokens += [*self.kept, self.taken] if self.taken else self.kept
            self._bits += map(bits, self._tokens)
        if self.taken is not None and self.scored and self.scored.done and self.scored.tokens:
            self._tokens[start - 1] = self.scored.tokens[-1]
            self._bits[start - 1] = bits(self.scored.tokens[-1])
        fresh = self.reply.tokens[len(self._tokens) - start :] if self.reply else []
        self._tokens += fresh
        self._bits += map(bits, fresh)
        return self._tokens

    @property
    def surprise(self) -> tuple[float, float]:
        """Bits in all, and a token; tokens whose probability is not known are left out."""
        count = len(self.tokens)
        sizes = [size for size in self._bits[:count] if size == size]
        return sum(sizes), sum(sizes) / max(len(sizes), 1)

    @property
    def text(self) -> str:
        """The prompt and all tokens."""
        return self.prompt + "".join(token.text for token in self.tokens)

    @property
    def writing(self) -> bool:
        """Whether more may come."""
        return self.reply is not None and not self.reply.done

    @property
    def step(self) -> int | None:
        """Of the checkpoint that writes it, where that is known."""
        return self.reply.step if self.reply else None

    @property
    def error(self) -> str:
        """What went wrong, in one sentence."""
        return self.reply.error if self.reply else ""


def bits(token: Token) -> float:
    """A token's surprise; NaN where its probability is not known."""
    if token.probability != token.probability:
        return math.nan
    return -math.log2(token.probability) if token.probability > 0 else math.inf


def shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def index_at(branch: Branch, character: int) -> int:
    """The token that holds the `character`-th character of the text, the prompt not counted."""
    at = len(branch.prompt)
    for index, token in enumerate(branch.tokens):
        at += len(token.text)
        if at > character:
            return index
    return max(len(branch.tokens) - 1, 0)


@dataclass
class Branches:
    """All branches of one console, and the one in hand."""

    listed: list[Branch] = field(default_factory=list)
    current: int = 0  # the number of the branch in hand; 0 for none

    def add(self, branch: Branch) -> Branch:
        """Numbers a new branch, which is then the one in hand."""
        branch.number = max((each.number for each in self.listed), default=0) + 1
        self.listed.append(branch)
        self.current = branch.number
        return branch

    def branch(self, number: int) -> Branch | None:
        """The branch of that number."""
        return next((branch for branch in self.listed if branch.number == number), None)

    @property
    def hand(self) -> Branch | None:
        """The branch in hand."""
        return self.branch(self.current)

    def turn(self, by: int) -> None:
        """The next branch."""
        numbers = [branch.number for branch in self.listed]
        if self.current in numbers:
            self.current = numbers[(numbers.index(self.current) + by) % len(numbers)]
