"""The reader of runs lives on, whatever it meets, and says so; what is drawn commands nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from asked import until
from onscreen import Make, shown
from recorded import record

from zhtui.errors import LabError
from zhtui.runs import learner
from zhtui.runs.files import append_json
from zhtui.runs.folder import EVENTS, RunFolder
from zhtui.tui.messages import ReadingFailed
from zhtui.tui.reading.watch import Follower, Watch

STEER = "\x1b]0;PWNED\x07\x9b31m\u202egnp"


class Ears:
    """A screen that hears messages."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def post_message(self, message: object) -> bool:
        if isinstance(message, ReadingFailed):
            self.said.append(message.sentence)
        return True


def test_a_run_that_cannot_be_read_is_named_once_and_the_others_are_read(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(store, name="sound-otter")
    record(store, name="odd-heron")
    usual = RunFolder.status

    def odd(self: RunFolder):  # type: ignore[no-untyped-def]
        if self.name == "odd-heron":
            raise RuntimeError("nobody foresaw this")
        return usual(self)

    monkeypatch.setattr(RunFolder, "status", odd)
    ears, now = Ears(), [0.0]
    watch = Watch(store, ears, lambda: 1 // 0, clock=lambda: now[0])  # type: ignore[arg-type]
    follower = Follower(RunFolder(store / "gpt" / "odd-heron"), ears)  # type: ignore[arg-type]
    watch.follow(follower)
    for _ in range(3):
        now[0] += 60
        watch.look()
    assert [run.folder.name for run in watch.runs] == ["sound-otter"]
    assert len(ears.said) == 3, "one for the list, one for the run that is shown, one a device"
    assert all("nobody foresaw" in said or "Zero" in said for said in ears.said)


async def test_what_the_reader_could_not_read_is_on_the_screen(make: Make) -> None:
    app = make()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.post_message(ReadingFailed("reading gpt/odd failed (RuntimeError: no)"))
        await until(pilot, lambda: "reading gpt/odd failed" in shown(pilot))


async def test_no_stranger_s_words_command_the_terminal(make: Make, store: Path) -> None:
    run = record(store)
    learner.write_note(run, STEER)
    append_json(run.path / EVENTS, {"event": "sample", "step": 900, "text": STEER})
    append_json(run.path / EVENTS, {"event": "said", "step": 901, "text": STEER})
    app = make()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.session.watch.look()
        await pilot.pause()
        app.notify(STEER, markup=False)
        app.session.do(lambda: (_ for _ in ()).throw(LabError(STEER)))
        await until(pilot, lambda: "PWNED" in shown(pilot))
        text = "".join(
            segment.text
            for strip in app.screen._compositor.render_strips()
            for segment in strip.apply_filter(
                app.get_line_filters()[-1], app.screen.styles.background
            )
        )
        assert text.count("PWNED") >= 2
        assert not set(text) & set("\x1b\x07\x9b\u202e")
