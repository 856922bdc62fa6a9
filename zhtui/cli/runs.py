"""`zhtui runs …` and `zhtui data …`: steering and looking from any shell."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from zhtui.cli.options import AsJson, RunName, Store
from zhtui.data.noted import noted
from zhtui.data.paths import there
from zhtui.errors import ConfigError, LabError
from zhtui.lesson import catalog, knobs
from zhtui.machine import room
from zhtui.runs import changes, learner, origin, store
from zhtui.runs.folder import RunFolder, Status
from zhtui.say import Spelled, complain, give_up, say
from zhtui.wording import clock, json_text, number, one_line, rate
from zhtui.work import client

HEADER = f"{'lesson':<12} {'run':<18} {'state':<9} step, newest figures, best, rate and time left"

runs_app = typer.Typer(help="Lists and steers runs, from any shell.", rich_markup_mode=None)
data_app = typer.Typer(help="The data sets: where each lies.", rich_markup_mode=None)


@runs_app.callback(invoke_without_command=True)
def _runs(context: typer.Context, where: Store = None, as_json: AsJson = False) -> None:
    context.obj = where
    command = context.invoked_subcommand
    if command is None:
        runs_list(context, where, as_json=as_json)
    elif as_json and command not in ("list", "show"):
        raise ConfigError(f"`zhtui runs {command}` has nothing to say in JSON; leave --json out")
    elif as_json:
        context.default_map = {command: {"as_json": True}}


@runs_app.command("list")
def runs_list(context: typer.Context, where: Store = None, as_json: AsJson = False) -> None:
    """All runs, newest first."""
    place = store.root(where or context.obj)
    found = store.runs(place)
    if there(place) and not place.is_dir():
        raise ConfigError(f"{place} is no folder; choose another with --store or ZHTUI_STORE")
    if not found and not as_json:
        say(f"no runs in {place}; start one with `zhtui run gpt --headless`")
    if found and not as_json:
        say(HEADER)
    for folder in found:
        status = folder.status()
        if as_json:
            about = {"lesson": folder.lesson, "run": folder.name, "path": str(folder.path)}
            say(json_text({**about, **plain(status)}))
        else:
            say(line(folder.lesson, folder.name, status))
    if found and not as_json and (full := room.full(place)):
        say(f"! {full}")


@runs_app.command("show")
def runs_show(context: typer.Context, name: RunName, as_json: AsJson = False) -> None:
    """One run: its card, its state and its curve."""
    from zhtui.work import headless

    folder = store.find(store.root(context.obj), name)
    card, status = folder.card(), folder.status()
    if as_json:
        say(json_text({**card, "status": plain(status), "path": str(folder.path)}))
        return
    say(line(folder.lesson, folder.name, status))
    if status.error:
        say(one_line(status.error))
    if forked := origin.words(card):
        say(f"forked {forked}")
    pairs = (f"{key}={knobs.text(value)}" for key, value in card["config"].items())
    say(one_line("  ".join(pairs)))
    found = ", ".join(noted(card)) or "–"
    say(one_line(f"preset {card['preset']}  seed {card['seed']}  data {found}"))
    kept = ", ".join(f"{step:,}" for step, _ in folder.checkpoints()) or "none"
    say(f"checkpoints at {kept}  in {folder.path}")
    width = min(120, shutil.get_terminal_size().columns)
    say(headless.plot(folder, catalog.one(folder.lesson).card, width=width))


def _ask(context: typer.Context, name: str, action: str, **fields: Any) -> None:
    """Sends a request and waits for its answer."""
    folder = store.find(store.root(context.obj), name)
    event = client.answer(folder, client.request(folder, action, **fields))
    if event["event"] == "refused":
        raise ConfigError(event["error"])
    say(f"{folder.name}: {action} at step {event.get('step', 0):,}")


@runs_app.command("pause")
def runs_pause(context: typer.Context, name: RunName) -> None:
    """Pauses a live run between two steps."""
    _ask(context, name, "pause")


@runs_app.command("step")
def runs_step(
    context: typer.Context,
    name: RunName,
    steps: Annotated[int, typer.Argument(min=1, max=10**12)] = 1,
) -> None:
    """Makes single steps, then pauses."""
    _ask(context, name, "step", steps=steps)


@runs_app.command("resume")
def runs_resume(context: typer.Context, name: RunName) -> None:
    """Lets a paused run go on; starts a worker on a stopped one."""
    folder = store.find(store.root(context.obj), name)
    if folder.alive():
        _ask(context, name, "resume")
    else:
        client.start(folder)
        say(f"{folder.name}: a worker goes on from its newest checkpoint")


@runs_app.command("stop")
def runs_stop(context: typer.Context, name: RunName) -> None:
    """Saves a checkpoint and ends the worker; the run can be resumed."""
    _ask(context, name, "stop")


@runs_app.command("checkpoint")
def runs_checkpoint(context: typer.Context, name: RunName) -> None:
    """Saves a checkpoint now."""
    _ask(context, name, "checkpoint")


@runs_app.command("set")
def runs_set(
    context: typer.Context,
    name: RunName,
    setting: Annotated[str, typer.Argument(metavar="KEY=VALUE")],
) -> None:
    """Turns a live knob of a running run."""
    key, _, value = setting.partition("=")
    _ask(context, name, "set", knob=key, value=value)


@runs_app.command("delete")
def runs_delete(
    context: typer.Context,
    name: RunName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Deletes a run's folder, after asking."""
    folder = store.find(store.root(context.obj), name)
    if not yes and not folder.alive():
        typer.confirm(one_line(f"delete {folder.path}?"), abort=True)
    changes.delete(folder)
    say(f"{folder.name} deleted")


@runs_app.command("rename")
def runs_rename(
    context: typer.Context, name: RunName, to: Annotated[str, typer.Argument(metavar="NAME")]
) -> None:
    """Gives a run another name."""
    place = store.root(context.obj)
    folder = store.find(place, name)
    say(f"{folder.name} is now {changes.rename(place, folder, to).name}")


@runs_app.command("note")
def runs_note(
    context: typer.Context,
    name: RunName,
    text: Annotated[str | None, typer.Argument(help='The note; "" takes it away.')] = None,
) -> None:
    """Writes a note to a run, or prints the one that is there."""
    folder = store.find(store.root(context.obj), name)
    if text is None:
        say(folder.note() or f"{folder.name} has no note; write one after its name")
    else:
        learner.write_note(folder, text)


@runs_app.command("fork")
def runs_fork(
    context: typer.Context,
    run: RunName,
    knobs: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    step: Annotated[
        int | None, typer.Option(min=0, help="The step to fork at; the last one unless given.")
    ] = None,
    name: Annotated[str, typer.Option(help="A name for the fork.")] = "",
    start: Annotated[bool, typer.Option("--start/--no-start", help="Start its worker.")] = True,
) -> None:
    """Starts a run from a step of another one: same weights, seed and data, a knob changed."""
    from zhtui.work import fork

    place = store.root(context.obj)
    parent = store.find(place, run)
    at = max((done for done, _ in parent.checkpoints()), default=0) if step is None else step
    if warning := fork.caution(parent, knobs or ()):
        complain(f"zhtui: {warning}")
    child = fork.fork(place, parent, at, knobs or (), name=name)
    if start:
        client.start(child)
    go_on = "" if start else f"; go on with `zhtui run --resume {child.name}`"
    say(f"{child.name}: forked from {parent.name} at step {at:,}{go_on}")


@runs_app.command("export")
def runs_export(
    context: typer.Context,
    name: RunName,
    to: Annotated[
        str, typer.Option(help="csv, json, tensorboard, svg, or one of the lesson's own.")
    ] = "csv",
    into: Annotated[
        Path | None, typer.Option(help="The folder to write into; csv and json are else printed.")
    ] = None,
) -> None:
    """A run's recorded rows for other programs, or a picture of its chart."""
    from zhtui.runs import export

    folder = store.find(store.root(context.obj), name)
    if to in export.PRINTED and into is None:
        export.stream(folder, to, Spelled(sys.stdout))
    else:
        say(str(export.write(folder, to, into or Path())))


@data_app.callback(invoke_without_command=True)
def _data(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        data_list()


@data_app.command("list")
def data_list() -> None:
    """The data sets, the lab's and those of the lessons, and where each lies."""
    from zhtui.data import sets

    for known, place in sets.known(catalog.data_sets()):
        say(f"{known.name:<14} {known.size:>11,} bytes  {place or 'not here'}  {known.title}")


@data_app.command("get")
def data_get(name: Annotated[str, typer.Argument()]) -> None:
    """Downloads a data set into the cache, checked by its pinned sha256."""
    from zhtui.data import sets

    def progress(done: int, total: int) -> None:
        print("\r", end="", file=sys.stderr)
        say(f"{name}: {done:,} of {total:,} bytes", end="", to=sys.stderr)

    found = sets.get(name, progress if sys.stderr.isatty() else None, catalog.data_sets())
    say(f"{found.name}: {found.path} ({found.size:,} bytes)")


def plain(status: Status) -> dict[str, Any]:
    """A status as JSON holds it."""
    return dataclasses.asdict(status)


def line(lesson: str, name: str, status: Status) -> str:
    """A run on one line: state, step, figures, rate and time left."""
    words = [f"{lesson:<12} {name:<18} {status.state:<9} step {status.step:,}/{status.steps:,}"]
    words += [f"{key} {number(value)}" for key, value in list(status.row.items())[:2]]
    if status.best is not None:
        words.append(f"best {number(status.best)}")
    if status.state == "failed" and status.error:
        words.append(status.error[:80])
    if status.live and status.rate:
        words += [rate(status.rate, status.unit), f"{clock(status.left)} left"]
    return one_line("  ".join(words))


def sum_up(place: Path, since: float) -> None:
    """Says in the shell what runs came to since the lab was opened; a browser shows no shell."""
    if "TEXTUAL_DRIVER" in os.environ:
        return
    try:
        for text in left(place, since):
            say(text)
    except OSError:  # its terminal is gone, and nobody can read it
        give_up()


def left(place: Path, since: float) -> Iterator[str]:
    """What is said in the shell when the lab was left: a line for each run that did something since
    then (a time in seconds), oldest first, with its best value, its time and its folder.
    """
    for folder in reversed(store.runs(place)):
        try:
            status = folder.status()
            if status.live or status.time >= since:
                yield _summary(folder, status)
        except LabError:
            continue


def _summary(folder: RunFolder, status: Status) -> str:
    entry = next((each for each in catalog.all_lessons() if each.name == folder.lesson), None)
    card = entry.lesson if entry else None
    words = [f"{folder.lesson}/{folder.name}: {status.state} at step {status.step:,}"]
    if status.best is not None:
        unit = f" {card.unit_of(card.figure)}" if card else ""
        words.append(f"best {number(status.best)}{unit}")
    words += [f"{clock(_seconds(folder))} of training", str(folder.path)]
    return one_line("  ".join(words))


def _seconds(folder: RunFolder) -> float:
    """How long the run has trained, by its newest row."""
    return float(next((row["time"] for row in reversed(folder.rows()) if "time" in row), 0.0))
