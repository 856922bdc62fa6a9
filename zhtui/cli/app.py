"""The command line. Each command imports what it needs; none but the lab loads textual."""

from __future__ import annotations

import os
import sys
import time
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from zhtui import __version__
from zhtui.cli.ending import orderly
from zhtui.cli.explore import explore
from zhtui.cli.lessons import WithLessons
from zhtui.cli.options import (
    AsJson,
    Device,
    RunName,
    Seed,
    Step,
    Store,
    lesson_names,
    run_names,
    tell_later,
)
from zhtui.cli.runs import data_app, runs_app, sum_up
from zhtui.errors import ConfigError, LabError, LessonError
from zhtui.lesson import catalog
from zhtui.lesson.knobs import knobs as knobs_of
from zhtui.lesson.knobs import parse
from zhtui.runs import store
from zhtui.runs.folder import RunFolder
from zhtui.say import say
from zhtui.tui.terminal.size import require_terminal
from zhtui.wording import json_text, one_line
from zhtui.work import client

app = typer.Typer(
    cls=WithLessons,
    help="A terminal lab for neural networks from scratch. Without a command it opens.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(runs_app, name="runs")
app.add_typer(data_app, name="data")
app.command()(explore)


def main() -> None:
    """Runs the command; a mistake becomes one sentence and an exit code, never a traceback."""
    with orderly():
        app(prog_name="zhtui")


def _version(wanted: bool) -> None:
    if wanted:
        say(f"zhtui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _lab(
    context: typer.Context,
    where: Annotated[
        Path | None, typer.Option("--store", help="The folder that holds the runs.")
    ] = None,
    mouse: Annotated[
        bool | None, typer.Option("--mouse/--no-mouse", help="Take mouse events.")
    ] = None,
    ascii: Annotated[
        bool | None,
        typer.Option("--ascii/--no-ascii", help="Draw with plain ASCII only.", show_default=False),
    ] = None,
    web: Annotated[
        bool, typer.Option("--web", help="Serve the lab to a browser, on loopback only.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="For --web; 0 takes any that is free.")
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is not None:
        _before_a_command(context, where)
        return
    if web:
        _serve(where, port, mouse=mouse, ascii=ascii)
    else:
        _open(where, mouse=mouse, ascii=ascii)


def _before_a_command(context: typer.Context, where: Path | None) -> None:
    """A store that is named before the command holds for it; the lab's own options do not."""
    for option in ("mouse", "ascii", "web", "port"):
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            raise ConfigError(
                f"--{option} is an option of the lab, which `zhtui --{option}` opens; leave it out "
                f"before `{context.invoked_subcommand}`"
            )
    if where is not None:
        before = os.environ.get("ZHTUI_STORE", "")  # "" is none, as `store.root` reads it
        os.environ["ZHTUI_STORE"] = str(store.root(where))  # for a lesson's commands, too
        context.call_on_close(lambda: os.environ.update(ZHTUI_STORE=before))


@app.command()
def run(
    context: typer.Context,
    lesson: Annotated[
        str, typer.Argument(help="The lesson's name.", autocompletion=lesson_names)
    ] = "",
    knobs: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Run here, in the foreground.")
    ] = False,
    preset: Annotated[
        str, typer.Option(help="tiny, quick, paper, or one of the lesson's own.")
    ] = "",
    seed: Seed = 1337,
    device: Device = "auto",
    threads: Annotated[
        int, typer.Option(min=0, max=256, help="CPU threads; 0 lets torch choose.")
    ] = 0,
    resume: Annotated[
        str,
        typer.Option(metavar="RUN", help="Go on with a stopped run.", autocompletion=run_names),
    ] = "",
    where: Store = None,
    name: Annotated[str, typer.Option(help="A name for the run.")] = "",
    nproc: Annotated[
        int, typer.Option(min=0, max=64, help="Processes that share each step (knob `ranks`).")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Starts a run of a lesson: in the lab, with a worker behind it, or here with --headless."""
    if not headless:
        require_terminal()
    place = store.root(where)
    settings = (*(knobs or ()), *_processes(place, lesson, resume, nproc))
    if resume:
        _refuse_on_resume(context, resume)
        folder = _resumed(place, resume, (lesson, *settings) if lesson else settings)
    else:
        folder = _created(place, lesson, settings, preset, seed, device, threads, name)
    if headless:
        from zhtui.work import headless as foreground

        os.environ.update(client.surroundings(folder))
        raise typer.Exit(foreground.run(folder, as_json=as_json))
    if not folder.alive():
        client.start(folder)
    _open(where, run=folder)


def _processes(place: Path, lesson: str, resume: str, nproc: int) -> tuple[str, ...]:
    """The knob that --nproc stands for. Raises `ConfigError` where a lesson has none."""
    if not nproc:
        return ()
    name = store.find(place, resume).lesson if resume else lesson
    if name and "ranks" not in {row.name for row in knobs_of(catalog.one(name).card.config)}:
        raise ConfigError(f"{name} trains in one process; leave --nproc out")
    return (f"ranks={nproc}",)


def _refuse_on_resume(context: typer.Context, run: str) -> None:
    """Raises `ConfigError` where a run that goes on is given what it was begun with."""
    for option in ("preset", "seed", "device", "threads", "name"):
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            raise ConfigError(
                f"--{option} is settled when a run begins, and {run} goes on as it was begun; "
                f"leave it out, or start a new run with it"
            )


def _created(
    place: Path, lesson: str, knobs: tuple[str, ...], preset: str, seed: int, device: str,
    threads: int, name: str,
) -> RunFolder:  # fmt: skip
    if not lesson:
        raise LessonError("name a lesson: " + ", ".join(catalog.names()))
    return client.create(
        place, catalog.one(lesson), preset=preset, knobs=knobs, seed=seed, where=device,
        threads=threads, name=name, command=("zhtui", *sys.argv[1:]),
    )  # fmt: skip


def _resumed(place: Path, name: str, knobs: tuple[str, ...]) -> RunFolder:
    """A run to go on with; its config is its own, but live knobs may be given, and those that may
    be others on a resume.
    """
    folder = store.find(place, name)
    card = folder.card()
    if knobs and "=" not in knobs[0]:
        if knobs[0] != card["lesson"]:
            raise ConfigError(
                f"{folder.name} is a run of {card['lesson']}, not of {knobs[0]}; name its lesson "
                "or none"
            )
        knobs = knobs[1:]
    if knobs:
        client.turn(folder, *knobs)
    return folder


@app.command()
def sample(
    name: RunName,
    knobs: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    prompt: Annotated[str, typer.Option(help="What the text begins with.")] = "",
    tokens: Annotated[int, typer.Option(min=1, help="How many to write.")] = 200,
    temperature: Annotated[float, typer.Option(min=0.0, help="0 takes the likeliest.")] = 1.0,
    top_k: Annotated[int, typer.Option(min=0, help="Keep the k likeliest; 0 keeps all.")] = 0,
    top_p: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, help="Keep the likeliest tokens whose probabilities sum to this."
        ),
    ] = 1.0,
    seed: Seed = 1337,
    step: Step = None,
    device: Device = "auto",
    where: Store = None,
    as_json: AsJson = False,
) -> None:
    """Writes text with a run's newest checkpoint, or with an older one."""
    from zhtui.ask import engine

    folder = store.find(store.root(where), name)
    given = {"tokens": tokens, "temperature": temperature, "top_k": top_k, "top_p": top_p}
    usual = catalog.one(folder.lesson).sampling({**given, "seed": seed})
    settings = parse(usual, knobs or ())  # those that only this lesson has
    written = engine.written(folder, prompt, settings, where=device, step=step)
    first = next(written)  # what goes wrong is said before anything is printed
    tell_later(step, first[0])
    if not as_json:
        say(prompt, end="", raw=True)
    for _, token in chain([first], written):
        if token is not None:
            said = json_text(vars(token)) + "\n" if as_json else token.text
            say(said, end="", raw=True)
    if not as_json:
        say("")


@app.command()
def lessons(as_json: AsJson = False) -> None:
    """Lists the lessons with their presets; one that cannot be loaded is a row with its error."""
    for entry in catalog.all_lessons():
        card = entry.lesson
        if as_json:
            about = {"title": card.title, "presets": list(card.presets)} if card else {}
            say(json_text({"name": entry.name, "error": entry.error, **about}))
        elif card is None:
            say(one_line(f"  !  {entry.name:<14} {entry.error}"))
        else:
            say(one_line(f"{card.number:>3g}  {entry.name:<14} {card.summary}"))
            say(one_line(f"{'':>20}presets: {', '.join(card.presets)}"))


@app.command()
def verify(
    lesson: Annotated[str, typer.Argument(autocompletion=lesson_names)] = "",
    device: Device = "auto",
    only: Annotated[str, typer.Option(help="Only references whose label contains this.")] = "",
    as_json: AsJson = False,
) -> None:
    """Reproduces the published figures and prints published against ours."""
    from zhtui.work import verify as checks

    entries = [catalog.one(lesson)] if lesson else [e for e in catalog.all_lessons() if e.lesson]
    raise typer.Exit(checks.run(entries, where=device, only=only, as_json=as_json))


@app.command()
def check(
    lesson: Annotated[list[str] | None, typer.Argument(autocompletion=lesson_names)] = None,
) -> None:
    """Runs the whole contract of a lesson, or of all: presets, exact resume, frames, mistakes."""
    from zhtui.work import check as contract

    entries = [catalog.one(name) for name in lesson or ()]  # each one before the first is checked
    raise typer.Exit(contract.run(entries or [e for e in catalog.all_lessons() if e.lesson]))


@app.command()
def doctor() -> None:
    """Says what this machine has, and what to do about what it lacks."""
    from zhtui.machine import doctor as checks
    from zhtui.tui.settings import report

    for line in (*checks.lines(), *report.report()):
        say(line)


@app.command()
def keys() -> None:
    """Prints every key with its id, as a [keys] table to take lines from into config.toml."""
    from zhtui.tui.settings import report

    for line in report.table():
        say(line)


def _open(
    where: Path | None,
    *,
    run: RunFolder | None = None,
    mouse: bool | None = None,
    ascii: bool | None = None,
) -> None:
    if "TEXTUAL_DRIVER" not in os.environ:
        require_terminal()
    from zhtui.tui.app import open_lab  # deferred: textual

    name, lesson = (run.name, run.lesson) if run else (None, None)
    place, opened = store.root(where), time.time()
    code = open_lab(place, lesson, name, mouse=mouse, ascii=ascii)
    sum_up(place, opened)
    raise typer.Exit(code)


def _serve(where: Path | None, port: int, *, mouse: bool | None, ascii: bool | None) -> None:
    try:
        from zhtui.cli.web import serve  # deferred: aiohttp and textual-serve, which are optional
    except ModuleNotFoundError as error:
        needed = "`python -m pip install 'zhtui[web]'`"
        raise LabError(f"--web needs {error.name}, which is not here; {needed} first") from error
    wished = {"mouse": mouse, "ascii": ascii}
    options = [f"--{'' if on else 'no-'}{name}" for name, on in wished.items() if on is not None]
    serve(store.root(where), port, *options)
