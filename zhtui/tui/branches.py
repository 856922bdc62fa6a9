"""The texts of a console: what a model wrote, where one branched off another, and its surprise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from zhtui.asking import Reply
from zhtui.sampling import Sampling, Token

UNKNOWN = math.nan  # the probability of a token that the model was not asked about


@dataclass(eq=False)
class Branch:
    """A prompt and the tokens after it.

    `kept` are the tokens shared with the branch that it left, `taken` the alternative that was
    taken there; the last of `scored` is the engine's word on it, and `reply` holds what follows.
    The learner's `own` text has no prompt: all of it is scored.
    """

    number: int
    prompt: str
    sampling: Sampling
    kept: Sequence[Token] = ()
    taken: Token | None = None
    parent: int = 0  # the number of the branch that it left; 0 for none
    own: bool = False
    scored: Reply | None = None
    reply: Reply | None = None

    @property
    def tokens(self) -> list[Token]:
        """All tokens so far."""
        tokens = list(self.kept)
        if self.taken is not None:
            scored = self.scored.tokens if self.scored and self.scored.done else []
            tokens.append(scored[-1] if scored else self.taken)
        return tokens + (self.reply.tokens if self.reply else [])

    @property
    def text(self) -> str:
        """The prompt and all tokens."""
        return self.prompt + "".join(token.text for token in self.tokens)

    @property
    def writing(self) -> bool:
        """Whether more may come."""
        return self.reply is not None and not self.reply.done

    @property
    def error(self) -> str:
        """What went wrong, in one sentence."""
        return self.reply.error if self.reply else ""


def bits(token: Token) -> float:
    """A token's surprise; NaN where its probability is not known."""
    if token.probability != token.probability:
        return math.nan
    return -math.log2(token.probability) if token.probability > 0 else math.inf


def surprise(tokens: Sequence[Token]) -> tuple[float, float]:
    """Bits in all, and a token; tokens whose probability is not known are left out."""
    known = [size for size in map(bits, tokens) if size == size]
    return sum(known), sum(known) / len(known) if known else 0.0


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

    def add(self, prompt: str, sampling: Sampling, **more: object) -> Branch:
        """A new branch, which is then the one in hand."""
        number = max((branch.number for branch in self.listed), default=0) + 1
        branch = Branch(number, prompt, sampling, **more)  # type: ignore[arg-type]
        self.listed.append(branch)
        self.current = number
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
