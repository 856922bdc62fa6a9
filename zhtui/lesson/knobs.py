"""Knobs as text, as a form and as JSON. Every refusal names the knob, the bound and the nearest
name.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_type_hints

from zhtui.errors import ConfigError
from zhtui.lesson.card import KNOB, Knob

KINDS: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}
WORDS = {"true": True, "yes": True, "on": True, "1": True}
WORDS |= {"false": False, "no": False, "off": False, "0": False}
WHOLE = 2**63  # no whole number is as large, as JSON's readers have it

ROUND = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)  # where a dial stops in each decade


@dataclass(frozen=True)
class Row:
    """A knob as the form, the docs and the command line see it."""

    name: str
    kind: type
    default: Any
    knob: Knob

    @property
    def bounds(self) -> str:
        """What it takes, in words: "1 … 12", "one of a, b", or ""."""
        if self.knob.choices:
            return "one of " + ", ".join(map(text, self.knob.choices))
        low, high = self.knob.low, self.knob.high
        if low is not None and high is not None:
            return f"{text(low)} … {text(high)}"
        if low is not None:
            return f"at least {text(low)}"
        return f"at most {text(high)}" if high is not None else ""


@lru_cache(maxsize=64)
def knobs(config: type) -> tuple[Row, ...]:
    """The knobs of a config class, in the order in which they are declared."""
    hints = get_type_hints(config)
    rows = []
    for item in dataclasses.fields(config):
        if KNOB in item.metadata:
            rows.append(Row(item.name, hints[item.name], item.default, item.metadata[KNOB]))
    return tuple(rows)


def of(config: Any) -> tuple[Row, ...]:
    """The knobs of a config that is set."""
    kind: type = type(config)
    return knobs(kind)


def beside(row: Row, value: Any, by: int) -> Any:
    """The next value of a knob up or down; None where it is a text, which has none."""
    if row.kind is bool:
        return not value
    if row.knob.choices:
        known = list(row.knob.choices)
        here = known.index(value) if value in known else 0
        return known[(here + by) % len(known)]
    if row.kind is int:
        return int(_nearest(row, value + by * max(10 ** (len(str(abs(value))) - 2), 1)))
    return float(_nearest(row, round(value + by * unit(value), 12))) if row.kind is float else None


def dialled(row: Row, value: Any, by: int) -> Any:
    """A number turned up or down by a factor, to the next of ten round ones a decade; what is no
    number above 0, as `beside` has it.

    1.0 -> 1.2 -> 1.5 -> 2.0 -> 2.5
    """
    if row.knob.choices or row.kind not in (int, float) or value <= 0:
        return beside(row, value, by)
    place = 10.0 ** math.floor(math.log10(value))
    known = [float(f"{place * ten * digit:.2g}") for ten in (0.1, 1, 10) for digit in ROUND]
    if row.kind is int:
        known = [each for each in known if each == int(each)] or [value]
    above = [each for each in known if each > value * (1 + 1e-9)]
    below = [each for each in known if each < value * (1 - 1e-9)]
    turned = (
        min(above, default=value) if by > 0 else max(below, default=0 if row.kind is int else value)
    )
    return row.kind(_nearest(row, turned))


def unit(value: float) -> float:
    """What one turn adds to a number: a tenth of the place of its first digit."""
    return 0.1 if value == 0 else float(10 ** (math.floor(math.log10(abs(value))) - 1))


def _nearest(row: Row, value: float) -> float:
    low = -math.inf if row.knob.low is None else row.knob.low
    high = math.inf if row.knob.high is None else row.knob.high
    return min(max(value, low), high)


def told(row: Row) -> dict[str, Any]:
    """A row as JSON, for a process that must not load the lesson; `heard` reads it back."""
    about = {"name": row.name, "kind": row.kind.__name__, "default": row.default}
    return about | dataclasses.asdict(row.knob)


def heard(about: Mapping[str, Any]) -> Row:
    """A row from its JSON."""
    names = {item.name for item in dataclasses.fields(Knob)}
    known = {name: value for name, value in about.items() if name in names}
    known["choices"] = tuple(known.get("choices", ()))
    return Row(str(about["name"]), KINDS[about["kind"]], about["default"], Knob(**known))


def text(value: Any) -> str:
    """A knob's value as KEY=VALUE writes it; `parse` reads it back to the same value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def parse(config: Any, pairs: Iterable[str]) -> Any:
    """A copy of `config` with KEY=VALUE pairs set. Raises `ConfigError`."""
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"{pair!r} is not a setting; write KEY=VALUE, for example lr=0.001")
        row = find(type(config), name.strip())
        changes[row.name] = read(row, value)
    return replace(config, changes)


def replace(config: Any, changes: Mapping[str, Any]) -> Any:
    """A copy of `config` with typed values set, each within its bounds. Raises `ConfigError`."""
    typed: dict[str, Any] = {}
    for name, value in changes.items():
        row = find(type(config), name)
        check(row, value)
        typed[name] = float(value) if row.kind is float else value
    try:
        return dataclasses.replace(config, **typed)
    except ValueError as error:  # two knobs that do not go together: the config's own __post_init__
        raise ConfigError(str(error)) from error


def find(config: type, name: str) -> Row:
    """The knob of that name. Raises `ConfigError` naming the nearest one."""
    rows = {row.name: row for row in knobs(config)}
    if name not in rows:
        near = difflib.get_close_matches(name, rows, n=1) or _meant(name, list(rows.values()))
        hint = f"did you mean {near[0]}?" if near else "the knobs are " + ", ".join(rows)
        hint = hint if rows else "there are none here; leave it out"
        raise ConfigError(f"there is no knob {name!r}; {hint}")
    return rows[name]


def _meant(name: str, rows: list[Row]) -> list[str]:
    """The knob that a long name is of: learning_rate is lr by its initials, or by what its text
    says of it.
    """
    words = re.findall("[a-z0-9]+", name.lower())
    initials = "".join(word[0] for word in words)
    short = [row.name for row in rows if len(words) > 1 and row.name == initials]
    said = [row.name for row in rows if words and " ".join(words) in row.knob.text.lower()]
    return short or said


def check(row: Row, value: Any) -> None:
    """Raises `ConfigError` where a value is not of the knob's type or out of its bounds."""
    if not isinstance(value, (int, float) if row.kind is float else row.kind) or (
        isinstance(value, bool) and row.kind is not bool
    ):
        raise ConfigError(f"{row.name}={value} is not {_article(row.kind)}; {_example(row)}")
    if isinstance(value, int) and not -WHOLE <= value < WHOLE:
        raise ConfigError(f"{row.name} has too many digits; {_example(row)}")
    if row.knob.choices and value not in row.knob.choices:
        near = difflib.get_close_matches(str(value), map(str, row.knob.choices), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigError(f"{row.name}={text(value)} is not {row.bounds}{hint}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{row.name}={value} is not a finite number; {_example(row)}")
    if row.kind in (int, float) and not _within(value, row.knob):
        raise ConfigError(f"{row.name}={text(value)} is out of bounds; it takes {row.bounds}")


def _within(value: Any, knob: Knob) -> bool:
    low, high = knob.low, knob.high
    return (low is None or value >= low) and (high is None or value <= high)


def to_json(config: Any) -> dict[str, Any]:
    """The knobs as run.json holds them."""
    return dataclasses.asdict(config)


def from_json(config: type, values: Mapping[str, Any]) -> Any:
    """A config from run.json; unknown names are ignored, missing ones take their default."""
    known = {row.name for row in knobs(config)}
    return replace(config(), {name: value for name, value in values.items() if name in known})


def read(row: Row, value: str) -> Any:
    """A value as it was typed; a text keeps its spaces. Raises `ConfigError`."""
    value = value if row.kind is str and not row.knob.choices else value.strip()
    try:
        if row.kind is bool:
            return WORDS[value.lower()]
        if row.kind is int:
            return _whole(value)
        value.encode()  # a shell gives any bytes, and what is no UTF-8 cannot be kept
        return row.kind(value)
    except (KeyError, ValueError, OverflowError) as error:
        bad = f"{row.name}={value} is not {_article(row.kind)}; {_example(row)}"
        raise ConfigError(bad) from error


def _whole(value: str) -> int:
    """An int as people write it: 5000, 5_000, 5e3."""
    try:
        return int(value)
    except ValueError:
        number = float(value)
        if number != int(number):
            raise
        return int(number)


def _article(kind: type) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
    return names.get(kind, kind.__name__)


def _example(row: Row) -> str:
    bounds = f", {row.bounds}" if row.bounds else ""
    return f"write it as {row.name}={text(row.default)}{bounds}"
