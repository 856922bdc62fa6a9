"""Pairs of texts that are made, not stored: what is read, and what has to be written.

made("reverse", dice, 8)          # ("hbca", "acbh")
source, target = batch(pairs)     # (B, S), (B, 1 + T), padded
"""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lessons.transformer.model import BEGIN, END, PAD

LETTERS = "abcdefghij"
CHARACTERS = "·^$" + "0123456789-/ ," + "abcdefghijklmnopqrstuvwxyz"  # PAD, BEGIN and END first
INDEX = {character: number for number, character in enumerate(CHARACTERS)}
MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
]  # fmt: skip
DAYS = (datetime.date(1970, 1, 1), 60 * 365)  # the first date, and how many follow
LONGEST_DATE = 18  # "30 september, 2029"

Pair = tuple[str, str]


def word(dice: random.Random, longest: int) -> str:
    """1 to `longest` letters, each as likely."""
    return "".join(dice.choices(LETTERS, k=dice.randint(1, longest)))


def date(dice: random.Random, longest: int) -> Pair:
    """A date as people write it, and as ISO 8601 does: ("7 march, 2026", "2026-03-07")."""
    day = DAYS[0] + datetime.timedelta(days=dice.randrange(DAYS[1]))
    month = MONTHS[day.month - 1]
    ways = (
        f"{day.day} {month}, {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{day.month}/{day.day}/{day.year}",
    )
    return dice.choice(ways), day.isoformat()


def _of_word(rule: Callable[[str], str]) -> Callable[[random.Random, int], Pair]:
    def pair(dice: random.Random, longest: int) -> Pair:
        read = word(dice, longest)
        return read, rule(read)

    return pair


RULES: dict[str, Callable[[str], str]] = {
    "copy": lambda read: read,
    "reverse": lambda read: read[::-1],
    "sort": lambda read: "".join(sorted(read)),
}
TASKS = {name: _of_word(rule) for name, rule in RULES.items()} | {"date": date}


def made(task: str, dice: random.Random, longest: int) -> Pair:
    """What is read, and what has to be written, by these dice."""
    return TASKS[task](dice, longest)


def encode(texts: Sequence[str], begin: bool = False) -> Tensor:
    """Texts as integers, an END behind each, padded: (B, longest). "ab", "a" -> ab$, a$·"""
    rows = [[BEGIN] * begin + [INDEX[c] for c in text] + [END] for text in texts]
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def decode(ids: Tensor) -> str:
    """Integers (T,) up to END as a text."""
    text = "".join(CHARACTERS[i] for i in ids.tolist())
    return text.partition("$")[0]


def batch(pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
    """Sources (B, S), and targets that begin with BEGIN (B, 1 + T)."""
    return encode([read for read, _ in pairs]), encode([written for _, written in pairs], True)
