"""Keys that do nothing here and now, and what would: in the words of who presses them."""

from __future__ import annotations

from collections.abc import Iterator

from zhtui.lesson.catalog import Entry
from zhtui.runs.folder import Status
from zhtui.tui.keys.keyboard import Keyboard

Idle = dict[str, str]  # by the key's id, the sentence that is said where it is pressed
LIVE = ("lesson.step", "lesson.save", "lesson.stop", "lesson.sample")  # keys for a live run


def lacking(entry: Entry, keyboard: Keyboard) -> Idle:
    """What the lesson does not have, whatever its runs do."""
    return dict(_lacking(entry, keyboard))


def waiting(
    entry: Entry, keyboard: Keyboard, name: str, status: Status | None, pictures: int, runs: int
) -> Idle:
    """What the run in sight, or that there is none, does not allow now. `pictures` counts its
    views, `runs` all of the lesson.
    """
    found = dict(_waiting(keyboard, name, status))
    if not pictures:
        shows = "this run has shown nothing yet" if status else "a run shows its views here"
        start = f"; {keyboard.first('lesson.run')} starts one" if status is None else ""
        found["lesson.view"] = found["lesson.view_back"] = shows + start
    if runs < 2:
        only = f"there is no other run of {entry.card.title}"
        found["lesson.older"] = found["lesson.newer"] = only
    return found


def _lacking(entry: Entry, keyboard: Keyboard) -> Iterator[tuple[str, str]]:
    title, first = entry.card.title, keyboard.first
    own, scenes = entry.has("screen"), bool(entry.scenes())
    if not entry.has("generate"):
        silent = f"{title} does not write text; {first('lesson.view')} shows what it has learned"
        yield from ((id, silent) for id in ("lesson.console", "lesson.sample"))
    if not (scenes or own):
        notes = first("lesson.notes")
        yield "lesson.explore", f"{title} has no scenes to explore; {notes} has its text"
    if not own:
        other = f"; {first('lesson.explore')} explores its scenes" if scenes else ""
        yield "lesson.own", f"{title} has no screen of its own{other}"
    if not entry.card.questions:
        yield "lesson.cards", f"{title} asks no questions; {first('lesson.notes')} has its text"
    if len(entry.card.charts) < 2:
        yield "lesson.chart", f"{title} has this one chart"


def _waiting(keyboard: Keyboard, name: str, status: Status | None) -> Iterator[tuple[str, str]]:
    run, pause = keyboard.first("lesson.run"), keyboard.first("lesson.pause")
    if status is None:
        none = f"no run yet: {run} starts one"
        yield from ((id, none) for id in (*LIVE, "lesson.pause", "lesson.console"))
    elif status.state == "finished":
        over = f"{name} is finished; {run} starts a new run"
        yield from ((id, over) for id in (*LIVE, "lesson.pause"))
    elif not status.live:
        still = f"{name} is {status.state}; {pause} lets it go on"
        yield from ((id, still) for id in LIVE)
