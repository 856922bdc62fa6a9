"""Published figures against ours: each reference's setting is run, and its row compared."""

from __future__ import annotations

import signal
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from zhtui.data import sets
from zhtui.errors import ConfigError, LabError
from zhtui.lesson.card import Reference
from zhtui.lesson.catalog import Entry
from zhtui.lesson.knobs import text
from zhtui.machine import device
from zhtui.runs.figures import figure_of, higher
from zhtui.runs.folder import RunFolder
from zhtui.say import complain, say
from zhtui.wording import clock, json_text
from zhtui.work import client
from zhtui.work.drive import Asked, work

TRIAL = 2.0  # seconds of training after which it is known how long the rest takes
INTERRUPTED = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Outcome:
    """What became of one reference: "holds", "differs" or "skipped" with the reason.

    `ours` is the mean of `each` seed's figure, `spread` their standard deviation (of a sample);
    `margin` is what is left of the tolerance, below zero where the figure differs.
    """

    lesson: str
    reference: Reference
    verdict: str
    ours: float | None = None
    why: str = ""
    each: Sequence[float] = ()
    spread: float | None = None
    margin: float | None = None


def run(entries: Iterable[Entry], *, where: str, only: str = "", as_json: bool = False) -> int:
    """Prints an outcome a reference as it is known. Returns 1 where one differs, else 0.

    Raises `ConfigError` where no label contains `only`.
    """
    differs = False
    for entry, chosen in _chosen(list(entries), only):
        for outcome in outcomes(entry, chosen, where):
            differs = differs or outcome.verdict == "differs"
            say(json_text(asdict(outcome)) if as_json else _line(outcome))
    return int(differs)


def _chosen(entries: list[Entry], only: str) -> list[tuple[Entry, list[Reference]]]:
    """The references that were asked for, by lesson."""
    known = [(entry, one) for entry in entries for one in entry.card.references]
    wanted = [pair for pair in known if only.lower() in pair[1].label.lower()]
    if only and not wanted:
        labels = "; ".join(dict.fromkeys(one.label for _, one in known)) or "none"
        raise ConfigError(f"no label contains {only!r}; there are: {labels}")
    return [(entry, [one for each, one in wanted if each is entry]) for entry in entries]


def outcomes(entry: Entry, references: Sequence[Reference], where: str) -> Iterable[Outcome]:
    """Runs each distinct setting once, in a store that is thrown away."""
    settings: dict[tuple[Any, ...], list[Reference]] = {}
    for one in references:
        key = (one.preset, tuple(sorted(one.knobs.items())), tuple(one.seeds), one.data, one.gpu)
        settings.setdefault(key, []).append(one)
    for same in settings.values():
        reason = _reason_to_skip(entry, same[0], where)
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
        better = higher(entry.card, one.metric)
        each = [figure_of(rows, one.metric, one.at, better) for rows in runs]
        yield _outcome(entry.name, one, [value for value in each if value is not None])


def _outcome(lesson: str, one: Reference, each: Sequence[float]) -> Outcome:
    if len(each) < len(one.seeds):
        return Outcome(lesson, one, "differs", why=f"no row has {one.metric} at {one.at}")
    ours = statistics.fmean(each)
    spread = statistics.stdev(each) if len(each) > 1 else None
    margin = one.tolerance - abs(ours - one.value)
    return Outcome(
        lesson, one, "holds" if margin >= 0 else "differs", ours, "", tuple(each), spread, margin
    )


def _worked(entry: Entry, one: Reference, seed: int, where: str) -> list[dict[str, Any]] | str:
    """The rows of a run of a reference's setting, or the error that it ended in."""
    pairs = tuple(f"{key}={text(value)}" for key, value in one.knobs.items())
    if one.data:
        pairs += (f"data={one.data}",)
    said = " ".join((f"running {entry.name} preset={one.preset}", *pairs, f"seed {seed}"))
    complain(said)
    with tempfile.TemporaryDirectory(prefix="zhtui-verify-") as place:
        folder = client.create(
            Path(place), entry, preset=one.preset, knobs=pairs, seed=seed, where=where
        )
        code = _tried(folder)
        if code == INTERRUPTED:
            _tell_time(folder, len(one.seeds) - one.seeds.index(seed))
            code = work(folder)
        return folder.status().error if code else folder.rows()


def _tried(folder: RunFolder) -> int:
    """Trains for a moment; a run that is not at its end by then saves, and can go on."""
    asked, rows = Asked(), []

    def listen(kind: str, value: Any) -> None:
        if kind == "row":
            rows.append(time.monotonic())  # the first comes after all that is loaded
            if len(rows) > 1 and rows[-1] - rows[0] > TRIAL:
                asked.signal = signal.SIGTERM

    return work(folder, listeners=(listen,), asked=asked)


def _tell_time(folder: RunFolder, runs: int) -> None:
    """Says how long this run takes, and those that follow it with other seeds."""
    status = folder.status()
    if status.left is None or not status.step:
        return
    whole = status.left * status.steps / max(status.steps - status.step, 1)
    words = f"  about {clock(status.left)} for {status.steps:,} steps, evaluations aside"
    if runs > 1:
        words += f"; {clock(status.left + whole * (runs - 1))} for this and {runs - 1} more"
    complain(words)


def _reason_to_skip(entry: Entry, reference: Reference, where: str) -> str:
    if reference.gpu and not device.choose(where).startswith("cuda"):
        return "needs a GPU; on this machine it would take hours"
    if reference.data:
        try:
            sets.find(reference.data, own=entry.card.data)
        except LabError as error:
            return str(error)
    return ""


def _line(outcome: Outcome) -> str:
    one = outcome.reference
    sign = {"holds": "✓", "differs": "✗", "skipped": "–"}[outcome.verdict]
    ours = "" if outcome.ours is None else f"  ours {outcome.ours:.10g}"
    setting = f"preset {one.preset}" + "".join(f" {k}={v}" for k, v in one.knobs.items())
    words = f"{sign} {outcome.lesson}: {one.label}: {one.metric} published {one.value:.10g}"
    words += f" ± {one.tolerance:g}{ours}  ({setting}; {one.source})"
    if outcome.spread is not None and outcome.margin is not None:
        each = zip(one.seeds, outcome.each, strict=True)
        seeds = ", ".join(f"{value:.4f} with seed {seed}" for seed, value in each)
        words += (
            f"\n    n {len(outcome.each)}, mean {outcome.ours:.4f}, spread {outcome.spread:.4f}"
        )
        words += f", margin {outcome.margin:.4f}: {seeds}"
    return words + (f"\n    {outcome.verdict}: {outcome.why}" if outcome.why else "")
