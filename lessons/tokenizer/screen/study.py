"""What the inspector looks at: a text, whose vocabulary, how it is cut first, and which mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lessons.tokenizer.bpe import PATTERNS, Tokenizer
from lessons.tokenizer.config import SPECIMENS
from lessons.tokenizer.published import PUBLISHED, available
from lessons.tokenizer.screen.compare import inspectors, others
from lessons.tokenizer.screen.inspector import Inspector
from lessons.tokenizer.screen.mistakes import Characters, CrossChunks, IgnoreRank, Mistake
from lessons.tokenizer.screen.texts import TYPED

OWN = "own"  # the vocabulary that is learned from the text itself
Whose = str | Path  # own, a published one's name, or the folder of the run that learned it
Known = dict[tuple[str, Whose, str, int], Inspector]  # by text, whose, split, merges
LEARNED: Known = {}  # from the text that was last looked at; it outlives the screen


@dataclass
class Study:
    """Turn a field, then ask for the inspectors: the last of them knows every merge."""

    text: str
    source: str
    merges: int
    pattern: str = "gpt4"
    whose: Whose = OWN
    run: Path | None = None  # a run of this lesson, whose vocabulary can be taken
    specimen: str = "none"
    published: list[tuple[str, Tokenizer]] = field(default_factory=list)
    _known: Known = field(default_factory=dict)

    def take(self, text: str, source: str) -> None:
        """Another text; one that was typed is too short to learn from, so the run's tokens cut it
        where there is a run.
        """
        if source == TYPED and self.whose == OWN and self.run is not None:
            self.whose, self.specimen = self.run, "none"
        self.text, self.source = text, source

    def compared(self) -> list[tuple[str, Tokenizer]]:
        """The published vocabularies on this machine, by title; read from disk once."""
        self.published = self.published or others()
        return self.published

    @property
    def cut(self) -> str:
        """The split that is used: a specimen leaves it out."""
        return "none" if self.specimen == "cross chunks" else self.pattern

    @property
    def title(self) -> str:
        """Whose vocabulary it is, and the split where it is learned here."""
        if self.whose == OWN:
            return f"split {self.cut}, learned from this text"
        if isinstance(self.whose, Path):
            return f"the tokens of run {self.whose.name}"
        return f"the tokens of {PUBLISHED[self.whose].title}"

    @property
    def column(self) -> str:
        """The vocabulary's name in the comparison."""
        if isinstance(self.whose, Path):
            return "the run"
        return "here" if self.whose == OWN else PUBLISHED[self.whose].title

    def next_split(self) -> None:
        """The next of the patterns, for a vocabulary that is learned here."""
        names = list(PATTERNS)
        self.pattern, self.whose = names[(names.index(self.pattern) + 1) % len(names)], OWN

    def next_vocabulary(self) -> bool:
        """Learned here, the run's, or the next published one; False where there is but one."""
        names: list[Whose] = [OWN, *([] if self.run is None else [self.run]), *available()]
        self.whose = names[(names.index(self.whose) + 1) % len(names)]
        if self.specimen not in self.specimens:
            self.specimen = "none"
        return len(names) > 1

    @property
    def specimens(self) -> tuple[str, ...]:
        """The mistakes that can be made: chunks are crossed only by what is learned across them."""
        crossing = self.whose == OWN and self.pattern != "none"
        return SPECIMENS if crossing else SPECIMENS[:-1]

    def next_specimen(self) -> None:
        """The next mistake, or none again."""
        names = self.specimens
        place = names.index(self.specimen) + 1 if self.specimen in names else 0
        self.specimen = names[place % len(names)]

    def inspectors(self, going: Callable[[], bool]) -> Iterator[Inspector]:
        """The text through the vocabulary, soon and then with every merge; with the mistake in it.

        What was learned once is kept, so turning a mistake over and back costs nothing, nor does
        opening the screen again. Learning ends when `going` says no. Raises `DataError`.
        """
        key = self.text, self.whose, self.cut, self.merges
        known = LEARNED if self.whose == OWN else self._known
        if key in known:
            yield self._mistaken(known[key])
            return
        found = None
        steps = inspectors(self.text, self.source, self.whose, self.cut, self.merges, going)
        for found in steps:
            yield self._mistaken(found)
        if found is not None and going():
            if any(text != self.text for text, *_ in known):
                known.clear()
            known[key] = found

    def _mistaken(self, right: Inspector) -> Inspector:
        mistake: Mistake | None = None
        if self.specimen == "ignore rank":
            mistake = IgnoreRank(right.seams)
        elif self.specimen == "characters":
            mistake = Characters(right.seams)
        elif self.specimen != "none":
            mistake = CrossChunks(right.seams, self.pattern)
        return Inspector(right.seams, right.title, right.source, mistake)
