"""What a console asks of a model: to write, to read, to take another way; alone or in threes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan

from zhtui.ask.client import Engine, Reply
from zhtui.lesson.knobs import Row
from zhtui.lesson.sampling import Sampling, Token
from zhtui.runs.folder import RunFolder
from zhtui.tui.screens.console.branches import Branch, Branches
from zhtui.tui.screens.console.dials import Dial, OwnDial, dials_of, sent

USUAL = Sampling(tokens=200, temperature=0.8)
MIDDLE = 1  # the settings of a single stream stand between a colder and a hotter one


class Writer:
    """Asks the engine about one run, and keeps what came of it. `heard` is called as it grows."""

    def __init__(
        self,
        engine: Engine,
        folder: RunFolder,
        heard: Callable[[], None],
        step: int | None = None,
    ) -> None:
        self.engine, self.folder, self.heard = engine, folder, heard
        self.rows: Sequence[Row] = ()  # the knobs of the lesson's `Sampling`
        self.open(step)
        self.branches = Branches()
        cold, hot = replace(USUAL, temperature=0.4), replace(USUAL, temperature=1.2)
        self.settings = [cold, USUAL, hot]
        self.trio = [0, 0, 0]  # the numbers of three streams side by side

    @property
    def writing(self) -> bool:
        """Whether anything is still being written."""
        return any(branch.writing for branch in self.branches.listed)

    @property
    def asked(self) -> Reply:
        """The latest answer about the branch in hand: it tells which checkpoint is asked."""
        hand = self.branches.hand
        written = hand.reply if hand is not None and hand.reply is not None else self.opening
        return max(written, self.opening, key=lambda reply: reply.number)

    @property
    def dials(self) -> tuple[Dial | OwnDial, ...]:
        """What can be set, the lesson's own settings too, once the model is open."""
        self.rows = self.opening.knobs or self.rows
        return dials_of(self.rows)

    def open(self, step: int | None) -> None:
        """Writes with the newest checkpoint not above `step` from now on; None is the newest."""
        self.step = step
        self.opening = self.engine.ask("open", self.folder, self.heard, step=step)

    def write(self, prompt: str) -> Branch:
        """One stream after a prompt."""
        self.cancel()
        branch = self.branches.add(Branch(prompt, self.settings[MIDDLE]))
        return self._ask(branch, "generate", prompt=prompt)

    def write_three(self, prompt: str) -> None:
        """Three streams after a prompt: the same dice, three settings."""
        self.cancel()
        for index, sampling in enumerate(self.settings):
            branch = self.branches.add(Branch(prompt, sampling))
            self.trio[index] = branch.number
            self._ask(branch, "generate", prompt=prompt)

    def read(self, text: str) -> Branch:
        """A text of the learner's own: how likely was each of its tokens?"""
        self.cancel()
        branch = self.branches.add(Branch("", self.settings[MIDDLE], own=True, reads=text))
        return self._ask(branch, "score", prompt="", text=text)

    def take(self, old: Branch, at: int, alternative: int) -> Branch:
        """Another way from token `at` on: the alternative is taken, and the model writes on."""
        self.cancel()
        kept = list(old.tokens[:at])
        left = old.tokens[at]
        text = left.alternatives[alternative][0]
        taken = Token(text, nan, left.entropy, left.alternatives, left.kept)
        mine = self.settings[MIDDLE]
        sampling = replace(mine, seed=mine.seed + at + 1)  # the first throws were made already
        branch = Branch(old.prompt, sampling, kept=kept, taken=taken, parent=old.number)
        self.branches.add(branch)
        way = "".join(token.text for token in kept) + text  # read again, as it was written
        branch.scored = self._reply(sampling, "score", prompt=old.prompt, text=way)
        return self._ask(branch, "generate", prompt=branch.text)

    def cancel(self) -> None:
        """Nobody waits for what is still being written."""
        for branch in self.branches.listed:
            if branch.reply is not None and branch.writing:
                self.engine.cancel(branch.reply)

    def throw(self) -> None:
        """Other dice for what is written from now on."""
        self.settings = [replace(sampling, seed=sampling.seed + 1) for sampling in self.settings]

    def set(self, column: int, sampling: Sampling) -> None:
        """Other settings of a stream; dice and length are always those of all three."""
        self.settings[column] = sampling
        same = {"seed": sampling.seed, "tokens": sampling.tokens}
        self.settings = [replace(each, **same) for each in self.settings]

    def _ask(self, branch: Branch, do: str, **fields: str) -> Branch:
        branch.reply = self._reply(branch.sampling, do, **fields)
        return branch

    def _reply(self, sampling: Sampling, do: str, **fields: str) -> Reply:
        ask = self.engine.ask
        return ask(do, self.folder, self.heard, sampling=sent(sampling), step=self.step, **fields)
