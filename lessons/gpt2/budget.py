"""The learner's own runs with a budget of minutes, the best first; standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lessons.gpt2.report import best, tokens_a_step
from zhtui.lab import LabError

COLUMNS = ("run", "minutes", "best val", "bits a byte", "steps", "tokens", "data", "machine")


@dataclass(frozen=True)
class Spent:
    """What a run made of its minutes."""

    run: str
    minutes: float
    val: float
    bits: float
    steps: int
    tokens: int
    data: str
    machine: str

    def cells(self) -> tuple[str, ...]:
        return (
            self.run, f"{self.minutes:g}", f"{self.val:.4f}", f"{self.bits:.4f}",
            f"{self.steps:,}", f"{self.tokens:,}", self.data, self.machine,
        )  # fmt: skip


def spent(folder: Any) -> Spent | None:
    """What stands in a run's folder; None where it has no budget, or was not judged yet."""
    try:
        card = folder.card()
        minutes = float(card["config"].get("minutes", 0.0))
        tokens = tokens_a_step(card)
        rows = folder.rows()
        found = best(rows)
        if not minutes or found is None:
            return None
        done = max(rows[-1]["step"] + 1, folder.status().step)
    except (LabError, KeyError, TypeError, ValueError, AttributeError):
        return None  # a folder that is not as this lesson writes it has no place in the table
    machines = [e["machine"] for e in folder.events() if e.get("machine")]
    return Spent(
        folder.name, minutes, found["val"], found.get("bits_per_byte", float("nan")), done,
        done * tokens, ", ".join(card.get("data") or ()), machines[-1] if machines else "",
    )  # fmt: skip


def table(folders: Iterable[Any]) -> list[Spent]:
    """Budgets from the shortest on, and of each the best run first: by bits a byte, which compare
    between vocabularies.
    """
    found = [each for each in map(spent, folders) if each is not None]
    return sorted(found, key=lambda each: (each.minutes, each.bits, each.run))


def lines(found: list[Spent]) -> list[str]:
    """A table in plain characters."""
    rows = [COLUMNS, *(each.cells() for each in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows]
