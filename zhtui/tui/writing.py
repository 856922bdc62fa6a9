"""What a console asks of a model: to write, to read, to take another way; alone or in threes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import nan

from zhtui.asking import Engine
from zhtui.folder import RunFolder
from zhtui.sampling import Sampling, Token
from zhtui.tui.branches import Branch, Branches

USUAL = Sampling(tokens=200, temperature=0.8)
MIDDLE = 1  # the settings of a single stream stand between a colder and a hotter one


class Writer:
    """Asks the engine about one run, and keeps what came of it. `heard` is called as it grows."""

    def __init__(self, engine: Engine, folder: RunFolder, heard: Callable[[], None]) -> None:
        self.engine, self.folder, self.heard = engine, folder, heard
        self.opening = engine.ask("open", folder, heard)
        self.branches = Branches()
        cold, hot = replace(USUAL, temperature=0.4), replace(USUAL, temperature=1.2)
        self.settings = [cold, USUAL, hot]
        self.trio = [0, 0, 0]  # the numbers of three streams side by side

    @property
    def writing(self) -> bool:
        """Whether anything is still being written."""
        return any(branch.writing for branch in self.branches.listed)

    def write(self, prompt: str) -> Branch:
        """One stream after a prompt."""
        self.hush()
        branch = self.branches.add(prompt, self.settings[MIDDLE])
        return self._ask(branch, "generate", prompt=prompt)

    def write_three(self, prompt: str) -> None:
        """Three streams after a prompt: the same dice, three settings."""
        self.hush()
        for index, sampling in enumerate(self.settings):
            branch = self.branches.add(prompt, sampling)
            self.trio[index] = branch.number
            self._ask(branch, "generate", prompt=prompt)

    def read(self, text: str) -> Branch:
        """A text of the learner's own: how likely was each of its tokens?"""
        self.hush()
        branch = self.branches.add("", self.settings[MIDDLE], own=True)
        return self._ask(branch, "score", prompt="", text=text)

    def take(self, old: Branch, at: int, alternative: int) -> Branch:
        """Another way from token `at` on: the alternative is taken, and the model writes on."""
        self.hush()
        kept = list(old.tokens[:at])
        left = old.tokens[at]
        text = left.alternatives[alternative][0]
        taken = Token(text, nan, left.entropy, left.alternatives, left.kept)
        mine = self.settings[MIDDLE]
        sampling = replace(mine, seed=mine.seed + at + 1)  # the first throws were made already
        branch = self.branches.add(old.prompt, sampling, kept=kept, taken=taken, parent=old.number)
        way = "".join(token.text for token in kept) + text  # read again, as it was written
        branch.scored = self.engine.ask(
            "score", self.folder, self.heard, sampling=sampling, prompt=old.prompt, text=way
        )
        return self._ask(branch, "generate", prompt=branch.text)

    def hush(self) -> None:
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
        branch.reply = self.engine.ask(
            do, self.folder, self.heard, sampling=branch.sampling, **fields
        )
        return branch
