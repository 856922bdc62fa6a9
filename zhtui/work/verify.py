"""Published figures against ours: each reference's setting is run, and its row compared."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zhtui.data import sets
from zhtui.errors import LabError
from zhtui.lesson import knobs as config
from zhtui.lesson.card import Reference
from zhtui.lesson.catalog import Entry
from zhtui.machine import device
from zhtui.runs.figures import figure_of
from zhtui.wording import json_text
from zhtui.work import client
from zhtui.work.drive import work


@dataclass(frozen=True)
class Outcome:
    """What became of one reference: "holds", "differs" or "skipped" with the reason."""

    lesson: str
    reference: Reference
    verdict: str
    ours: float | None = None
    why: str = ""


def run(entries: Iterable[Entry], *, where: str, only: str = "", as_json: bool = False) -> int:
    """Prints an outcome a reference as it is known. Returns 1 where one differs, else 0."""
    differs = False
    for entry in entries:
        chosen = [r for r in entry.card.references if only.lower() in r.label.lower()]
        for outcome in outcomes(entry, chosen, where):
            differs = differs or outcome.verdict == "differs"
            print(json_text(asdict(outcome)) if as_json else _line(outcome), flush=True)
    return int(differs)


def outcomes(entry: Entry, references: Sequence[Reference], where: str) -> Iterable[Outcome]:
    """Runs each distinct setting once, in a store that is thrown away."""
    settings: dict[tuple[Any, ...], list[Reference]] = {}
    for one in references:
        key = (one.preset, tuple(sorted(one.knobs.items())), tuple(one.seeds), one.data, one.gpu)
        settings.setdefault(key, []).append(one)
    for same in settings.values():
        reason = _reason_to_skip(same[0], where)
        if reason:
            yield from (Outcome(entry.name, one, "skipped", why=reason) for one in same)
        else:
            yield from _compared(entry, same, where)


def _compared(entry: Entry, same: Sequence[Reference], where: str) -> Iterable[Outcome]:
    runs = []
    for seed in same[0].seeds:
        folder = _worked(entry, same[0], seed, where)
        if isinstance(folder, str):
            yield from (Outcome(entry.name, one, "differs", why=folder) for one in same)
            return
        runs.append(folder)
    for one in same:
        each = [figure_of(rows, one.metric, one.at) for rows in runs]
        known = [value for value in each if value is not None]
        ours = statistics.fmean(known) if len(known) == len(runs) else None
        holds = ours is not None and abs(ours - one.value) <= one.tolerance
        seeds = ", ".join(f"{value:.4f}" for value in known) if len(runs) > 1 else ""
        why = f"the mean of {seeds} with seeds {', '.join(map(str, one.seeds))}" if seeds else ""
        yield Outcome(entry.name, one, "holds" if holds else "differs", ours, why)


def _worked(entry: Entry, one: Reference, seed: int, where: str) -> list[dict[str, Any]] | str:
    """The rows of a run of a reference's setting, or the error that it ended in."""
    knobs = tuple(f"{key}={config.text(value)}" for key, value in one.knobs.items())
    if one.data:
        knobs += (f"data={one.data}",)
    said = " ".join((f"running {entry.name} preset={one.preset}", *knobs, f"seed {seed}"))
    print(said, file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="zhtui-verify-") as place:
        folder = client.create(
            Path(place), entry, preset=one.preset, knobs=knobs, seed=seed, where=where
        )
        return folder.status().error if work(folder) else folder.rows()


def _reason_to_skip(reference: Reference, where: str) -> str:
    if reference.gpu and not device.choose(where).startswith("cuda"):
        return "needs a GPU; on this machine it would take hours"
    if reference.data:
        try:
            sets.find(reference.data)
        except LabError as error:
            return str(error)
    return ""


def _line(outcome: Outcome) -> str:
    one = outcome.reference
    sign = {"holds": "✓", "differs": "✗", "skipped": "–"}[outcome.verdict]
    ours = "" if outcome.ours is None else f"  ours {outcome.ours:.10g}"
    setting = f"preset {one.preset}" + "".join(f" {k}={v}" for k, v in one.knobs.items())
    text = f"{sign} {outcome.lesson}: {one.label}: {one.metric} published {one.value:.10g}"
    text += f" ± {one.tolerance:g}{ours}  ({setting}; {one.source})"
    return text + (f"\n    {outcome.verdict}: {outcome.why}" if outcome.why else "")
