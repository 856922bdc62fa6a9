"""`zhtui gpt2 …`: scoring, the report of a training, shards of text, budgets.

torch is imported where a command needs it: the list of commands must not cost two seconds.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import typer

from lessons.gpt2.config import Config
from zhtui.lab import LabError, find_data, find_run, open_run, run_folder, runs_of, say

gpt2 = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, add_completion=False,
)  # fmt: skip

Name = Annotated[str, typer.Argument(metavar="RUN", help="A run of lesson gpt2.")]
Store = Annotated[Path | None, typer.Option("--store", help="The folder that holds the runs.")]
Items = Annotated[
    str, typer.Option("--hellaswag", help="HellaSwag's jsonl; `hellaswag` downloads it, 12 MB.")
]
Words = Annotated[
    str, typer.Option("--lambada", help="jsonl, or a passage a line; `lambada` downloads it, 2 MB.")
]
Texts = Annotated[str, typer.Option("--text", help="A text of your own, for its bits a byte.")]
Limit = Annotated[
    int, typer.Option(min=0, max=10**9, help="Only so many items of each file; 0: all.")
]


def opened(name: str, store: Path | None, step: int | None = None) -> Any:
    """A run of this lesson with its weights. Raises `LabError`."""
    from lessons.gpt2.build import model

    run = open_run(name, step, store)
    if not isinstance(run.config, Config):
        raise LabError(f"{name} is no run of lesson gpt2; name one of `zhtui runs list`.")
    model(run).eval()
    return run


def scored(run: Any, items: str, words: str, text: str, limit: int) -> list[Any]:
    """Every score that was asked for; without any, the run's own validation text."""
    from lessons.blocks.files import read_text
    from lessons.gpt2 import evaluation as rules
    from lessons.gpt2.build import encode, model, symbols_of, text_of

    gpt, symbols, found = model(run), run.once(symbols_of), []
    most = limit or None
    if items:
        asked = islice(rules.hellaswag(find_data(items)), most)
        found += rules.choose(gpt, symbols, asked, run.device, progress("HellaSwag"))
    if words:
        asked = islice(rules.lambada(find_data(words)), most)
        found += rules.last_word(gpt, symbols, asked, run.device, progress("LAMBADA"))
    if text:
        whole = read_text(find_data(text))
        ids, size = encode(run, whole), len(whole.encode())
        found += rules.bits_per_byte(gpt, ids, size, run.device, progress("tokens"))
    if not found:
        own = run.once(text_of)
        ids, size = own.val, own.val_bytes
        found += rules.bits_per_byte(gpt, ids, size, run.device, progress("tokens"))
    return found


def progress(what: str) -> Callable[[int], object]:
    """Says on a terminal how far it is, on one line that is written over."""

    def told(number: int) -> None:
        if sys.stderr.isatty() and number % 16 == 0:
            sys.stderr.write(f"\r{what} {number:,}\x1b[K")
            sys.stderr.flush()

    return told


@gpt2.callback()
def _several() -> None:
    """Scores a GPT-2, reports on its training, cuts text into shards."""


@gpt2.command("eval")
def evaluate(
    run: Name,
    hellaswag: Items = "",
    lambada: Words = "",
    text: Texts = "",
    limit: Limit = 0,
    step: Annotated[
        int | None, typer.Option(min=0, help="The checkpoint at or before this step.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    store: Store = None,
) -> None:
    """Scores a run by rule: HellaSwag, LAMBADA, bits a byte; the scorer is always named."""
    from dataclasses import asdict

    found = scored(opened(run, store, step), hellaswag, lambada, text, limit)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    for score in found:
        told = {**asdict(score), "value": score.value if isfinite(score.value) else None}
        say(json.dumps(told) if as_json else score.words(), raw=as_json)


@gpt2.command()
def report(
    run: Name,
    to: Annotated[Path, typer.Option("--to", help="The folder to write into.")],
    hellaswag: Items = "",
    lambada: Words = "",
    text: Texts = "",
    limit: Limit = 0,
    price: Annotated[
        float, typer.Option(min=0.0, max=1e9, help="Of an hour of the machine.")
    ] = 0.0,
    store: Store = None,
) -> None:
    """Writes how a run was trained: report.md and its curve, of a run that may still go on."""
    from lessons.gpt2 import report as page

    folder, scores, weights = run_folder(find_run(run, store)), [], 0
    if folder.lesson != "gpt2":
        raise LabError(f"{run} is no run of lesson gpt2; name one of `zhtui runs list`.")
    if folder.checkpoints():
        from lessons.gpt2.build import model
        from lessons.gpt2.model import count

        stood = opened(run, store)
        weights = count(model(stood))
        scores = scored(stood, hellaswag, lambada, text, limit)
    say(str(page.write(folder, to, scores, weights, price)))


@gpt2.command()
def shards(
    texts: Annotated[list[Path], typer.Argument(help=".txt, .jsonl with text, or .parquet.")],
    to: Annotated[Path, typer.Option("--to", help="The folder to write into.")],
    ranks: Annotated[
        str, typer.Option("--tokenizer", help="gpt2, or a .tiktoken file with its .json.")
    ] = "gpt2",
    size: Annotated[int, typer.Option(min=1, help="Tokens a shard.")] = 100_000_000,
    workers: Annotated[int, typer.Option(min=0, max=256, help="Processes; 0: a core each.")] = 0,
) -> None:
    """Cuts texts into shards of tokens; what was broken off goes on when it is given again."""
    from lessons.gpt2.shards import prepare

    path = find_data("gpt2-tokens") if ranks == "gpt2" else Path(ranks)
    made = prepare(texts, to, path, size=size, workers=workers, told=say)
    say(f"{made.total:,} tokens in {len(made.shards)} shards; train with data={to}")


@gpt2.command()
def budget(store: Store = None) -> None:
    """Lists your runs with a budget of minutes (presets minutes-1, minutes-5), the best first."""
    from lessons.gpt2.budget import lines, table

    found = table(runs_of("gpt2", store))
    for line in lines(found):
        say(line)
    if not found:
        say("none yet: zhtui run gpt2 --preset minutes-1 --headless")
