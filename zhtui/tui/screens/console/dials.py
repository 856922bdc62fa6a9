"""The settings of a stream as dials: turned by keys, or typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zhtui.errors import ConfigError
from zhtui.lesson import knobs
from zhtui.lesson.knobs import Row
from zhtui.lesson.sampling import Sampling

COUNTS = (0, 1, 2, 3, 5, 10, 20, 40, 80, 200)
LENGTHS = (10, 20, 50, 100, 200, 300, 500, 1000, 2000)


@dataclass(frozen=True)
class Dial:
    """One setting: its name, its word, how it reads, and where a turn leads."""

    name: str
    word: str
    text: str
    low: float
    high: float
    turned: Callable[[float, int], float]
    whole: bool = True
    off: float | None = None  # the value that cuts nothing

    def value(self, sampling: Sampling) -> float:
        """Its value."""
        value: float = getattr(sampling, self.name)
        return value

    def reading(self, sampling: Sampling) -> str:
        """Its value as it is shown."""
        value = self.value(sampling)
        if value == self.off:
            return "off"
        return f"{value:g}" if self.whole else f"{value:.2f}"

    def turn(self, sampling: Sampling, by: int) -> Sampling:
        """The next value."""
        value = min(max(self.turned(self.value(sampling), by), self.low), self.high)
        return self._set(sampling, value)

    def parse(self, sampling: Sampling, text: str) -> Sampling:
        """A value that was typed. Raises `ConfigError`."""
        try:
            value = float(self.off if text.strip() == "off" and self.off is not None else text)
        except ValueError:
            raise ConfigError(f"{self.word} is a number, not {text.strip()!r}; type one") from None
        if not self.low <= value <= self.high or (self.whole and value != int(value)):
            kind = "a whole number" if self.whole else "a number"
            raise ConfigError(f"{self.word} is {kind} from {self.low:g} to {self.high:g}")
        return self._set(sampling, value)

    def _set(self, sampling: Sampling, value: float) -> Sampling:
        changed: Any = {self.name: int(value) if self.whole else round(value, 6)}
        return replace(sampling, **changed)


@dataclass(frozen=True)
class Own(Sampling):
    """Settings with those of a lesson's own `Sampling`, whose class the app does not load."""

    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OwnDial:
    """A setting that only this lesson has: one of its own `Sampling`."""

    row: Row

    @property
    def word(self) -> str:
        """Its name."""
        return self.row.name

    @property
    def text(self) -> str:
        """What it does."""
        return self.row.knob.text

    def value(self, sampling: Sampling) -> Any:
        """Its value."""
        return _more(sampling).get(self.row.name, self.row.default)

    def reading(self, sampling: Sampling) -> str:
        """Its value as it is shown."""
        return knobs.text(self.value(sampling))

    def turn(self, sampling: Sampling, by: int) -> Sampling:
        """The next value; a text has none."""
        value = knobs.beside(self.row, self.value(sampling), by)
        return sampling if value is None else self._set(sampling, value)

    def parse(self, sampling: Sampling, text: str) -> Sampling:
        """A value that was typed. Raises `ConfigError`."""
        value = knobs.read(self.row, text)
        knobs.check(self.row, value)
        return self._set(sampling, value)

    def _set(self, sampling: Sampling, value: Any) -> Sampling:
        usual = {name: getattr(sampling, name) for name in Sampling.__dataclass_fields__}
        return Own(**usual, more={**_more(sampling), self.row.name: value})


def _more(sampling: Sampling) -> Mapping[str, Any]:
    return sampling.more if isinstance(sampling, Own) else {}


def sent(sampling: Sampling) -> dict[str, Any]:
    """Settings as the engine takes them."""
    usual = {name: getattr(sampling, name) for name in Sampling.__dataclass_fields__}
    return {**usual, **_more(sampling)}


def dials_of(rows: Sequence[Row]) -> tuple[Dial | OwnDial, ...]:
    """The dials of a lesson whose `Sampling` has these knobs."""
    own = [row for row in rows if row.name not in Sampling.__dataclass_fields__]
    return (*DIALS, *map(OwnDial, own))


def _along(marks: tuple[int, ...]) -> Callable[[float, int], float]:
    """The next mark above or below a value."""

    def turned(value: float, by: int) -> float:
        beyond = [mark for mark in marks if (mark > value if by > 0 else mark < value)]
        if not beyond:
            return value
        return min(beyond) if by > 0 else max(beyond)

    return turned


def _by(size: float) -> Callable[[float, int], float]:
    return lambda value, by: round(value + by * size, 6)


DIALS = (
    Dial("temperature", "T", "divides the logits; 0 takes the likeliest", 0, 5, _by(0.1), False),
    Dial("top_k", "top-k", "keeps the k likeliest tokens", 0, 10**6, _along(COUNTS), off=0),
    Dial(
        "top_p",
        "top-p",
        "keeps the fewest whose probabilities sum to p",
        0,
        1,
        _by(0.05),
        False,
        off=1.0,
    ),
    Dial("seed", "seed", "seed of the random numbers", 0, 2**31, _by(1)),
    Dial("tokens", "tokens", "how many tokens to write at most", 1, 100_000, _along(LENGTHS)),
)


def short(sampling: Sampling) -> str:
    """The settings that shape a distribution, in a few words; what is off goes unsaid."""
    on = [dial for dial in DIALS[:3] if dial.value(sampling) != dial.off]
    return "  ".join(f"{dial.word} {dial.reading(sampling)}" for dial in on)
