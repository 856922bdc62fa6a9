"""Options that several commands share, and what a shell completes for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhtui.lesson import catalog
from zhtui.runs import store
from zhtui.say import complain


def lesson_names(incomplete: str) -> list[str]:
    """Lessons that begin with what was typed."""
    return [name for name in catalog.names() if name.startswith(incomplete)]


def run_names(incomplete: str) -> list[str]:
    """Runs that begin with what was typed."""
    return [run.name for run in store.runs(store.root()) if run.name.startswith(incomplete)]


Store = Annotated[Path | None, typer.Option("--store", help="The folder that holds the runs.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
RunName = Annotated[
    str, typer.Argument(help="A run's name, or its beginning.", autocompletion=run_names)
]
Seed = Annotated[
    int, typer.Option(min=-(2**63), max=2**63 - 1, help="All randomness follows from it.")
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:N or mps.")]
Step = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Use the checkpoint at or before this step, else the first one; the newest unless "
        "given.",
    ),
]


def tell_later(asked: int | None, taken: int) -> None:
    """Says on stderr that no checkpoint is as old as the step that was asked for."""
    if asked is not None and taken > asked:
        complain(f"zhtui: no checkpoint is of step {asked:,} or before; this is step {taken:,}'s")
