"""What a run's chart marks: what was turned, from where it was forked, where it was resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from onscreen import Make, shown, tick
from recorded import lines, record
from textual.pilot import Pilot

from zhtui.runs import origin
from zhtui.runs.folder import CARD, EVENTS, RunFolder
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Growth

CONFIG = {"lr": 0.1, "n_layer": 4, "rung": "full", "steps": 1000}


def marked(*events: dict[str, object]) -> list[tuple[float, str]]:
    """The marks of a run that these events tell of."""
    history = History(config=CONFIG)
    history.grow(Growth(events=list(events)))
    return [(each.at, each.text) for each in history.happened]


def test_a_knob_is_told_from_what_to_what() -> None:
    turns = [
        {"event": "knob", "step": s, "knob": "lr", "value": v} for s, v in ((9, "2"), (40, "200"))
    ]
    assert marked(*turns) == [(9, "● lr 0.1 → 2"), (40, "● lr 2 → 200")]
    assert marked({"event": "knob", "step": 3, "knob": "odd", "value": "1"}) == [(3, "● odd → 1")]
    assert marked({"event": "knob", "step": 3, "knob": "lr", "value": "0.1"}) == [], "as it was"


def test_a_resumption_is_marked_and_a_forks_beginning_is_not_one() -> None:
    assert marked({"event": "started", "step": 0}, {"event": "resumed", "step": 60}) == [
        (60, "▸ resumed")
    ]
    fork = {"event": "forked", "step": 22, "run": "one"}
    begun, again = {"event": "resumed", "step": 20}, {"event": "resumed", "step": 30}
    assert marked(fork, begun, again) == [(22, "↳ fork of one"), (30, "▸ resumed")]


def test_what_a_fork_changed_is_read_from_a_card_that_may_be_broken() -> None:
    assert origin.changed({"parent": {"run": "a", "step": 3, "changed": {"lr": "200"}}}) == "lr=200"
    for parent in (None, "x", {}, {"changed": 7}, {"changed": ["lr"]}):
        assert origin.changed({"parent": parent}) == ""
        assert origin.parent({"parent": parent}) is None
    assert origin.changed({"parent": {"changed": {"lr": "1\n2"}}}) == "lr=1\\n2"
    assert origin.config({"config": 7}) == {}
    told = {"parent": {"run": "a", "step": 1250, "changed": {"lr": "200"}}}
    assert origin.words(told) == "from a at step 1,250, with lr=200"
    assert origin.words({"parent": {"run": "a", "step": 3}}) == "from a at step 3"
    assert origin.words({}) == ""


def forked(store: Path) -> RunFolder:
    """A run and a fork of it with lr=200 from step 250 on; the fork was resumed at 400."""
    record(store, name="brisk-otter", config=CONFIG)
    fork = record(store, name="calm-heron", config=CONFIG)
    card = json.loads((fork.path / CARD).read_text())
    parent = {"run": "brisk-otter", "lesson": "gpt", "step": 250, "changed": {"lr": "200"}}
    (fork.path / CARD).write_text(json.dumps({**card, "parent": parent}))
    events = [
        {"event": "forked", "step": 250, "run": "brisk-otter", "lesson": "gpt"},
        {"event": "knob", "step": 250, "knob": "lr", "value": "200"},
        {"event": "resumed", "step": 400},
    ]
    lines(fork.path / EVENTS, events)
    return fork


async def lesson(pilot: Pilot[int]) -> None:
    """Opens the fork."""
    await tick(pilot)
    app = pilot.app
    app.session.doors.lesson(app.session.entry("gpt"), run="calm-heron")
    await tick(pilot, 6)


async def test_a_fork_stands_beside_its_parent_named_by_what_differs(
    make: Make, store: Path
) -> None:
    forked(store)
    async with make().run_test(size=(200, 60)) as pilot:
        await lesson(pilot)
        text = shown(pilot)
        assert "━ brisk-otter" in text
        assert "━ lr=200" in text
        assert "↳ fork of brisk-otter" in text
        assert "● lr 0.1 → 200" in text
        assert "▸ resumed" in text
        assert "★" in text


async def test_the_overlay_and_the_list_name_a_fork_by_what_differs(
    make: Make, store: Path
) -> None:
    forked(store)
    async with make().run_test(size=(200, 60)) as pilot:
        await tick(pilot)
        await pilot.press("R")
        await tick(pilot, 4)
        await pilot.press("a")
        await tick(pilot, 6)
        text = shown(pilot)
        assert "↳ brisk-otter @ 250 lr=200" in text
        assert "lr=200 calm-heron" in text
        assert "↳ fork of brisk-otter" in text


def test_picture_of_a_fork(snap_compare: Callable[..., bool], make: Make, store: Path) -> None:
    forked(store)
    assert snap_compare(make(), terminal_size=(120, 40), run_before=lesson)
