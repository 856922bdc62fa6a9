"""The line to the terminal, the table of keys, and the knobs of a next run."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from onscreen import Make, shown, tick
from recorded import record

from zhtui.errors import ConfigError
from zhtui.tui.keys import table as keys
from zhtui.tui.screens.lesson.next_run import Draft
from zhtui.tui.terminal.output import PIECE, Counted, Frame, Link


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_frame_waits_while_the_last_one_is_unsent() -> None:
    link = Link(clock=Clock())
    assert link.free()
    link.queue(100)
    assert not link.free()
    link.flushed(100)
    assert link.free()


def test_the_bytes_of_a_second_are_spent_and_come_back() -> None:
    clock = Clock()
    link = Link(rate=1000, clock=clock)
    link.queue(1900)
    link.flushed(1900)
    assert not link.free()
    clock.now += 0.8
    assert not link.free()
    clock.now += 0.4
    assert link.free()


def test_what_was_spent_on_keys_holds_news_up_for_a_second_at_most() -> None:
    clock = Clock()
    link = Link(rate=1000, clock=clock)
    link.queue(115_000)  # somebody turned pages
    link.flushed(115_000)
    clock.now += 0.9
    assert not link.free()
    clock.now += 0.3
    assert link.free()


def test_no_second_takes_more_than_its_bytes() -> None:
    clock = Clock()
    link = Link(rate=1000, clock=clock)
    clock.now = 60.0  # what was not spent before is not spent now
    sent: list[tuple[float, int]] = []
    for moment in range(400):
        clock.now = 60 + moment / 100
        if link.free():
            sent.append((clock.now, 180 + moment % 50))
            link.queue(sent[-1][1])
            link.flushed(sent[-1][1])
    seconds = [sum(n for at, n in sent if start < at <= start + 1) for start, _ in sent]
    assert max(seconds) <= 1000
    assert sum(n for _, n in sent) > 3000, "and most of it is used"


def test_a_frame_that_took_long_leaves_time_to_keys() -> None:
    clock = Clock()
    link = Link(clock=clock)
    assert link.free()
    clock.now += 0.04
    link.queue(100)
    link.flushed(100)
    clock.now += 0.11
    assert not link.free(), "three times as long as it took"
    clock.now += 0.02
    assert link.free()
    clock.now += 5.0
    link.queue(100)
    link.flushed(100)
    clock.now += 0.51
    assert link.free(), "half a second at most"


def test_a_file_counts_bytes_and_is_otherwise_the_file() -> None:
    link = Link(clock=Clock())
    file = Counted(io.StringIO(), link)
    link.queue(5)
    file.write("é…")
    assert link.sent == len("é…".encode())
    assert file.getvalue() == "é…"


def test_a_closed_terminal_is_not_an_error() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    link = Link(clock=Clock())
    file = Counted(Gone(), link)
    link.queue(2)
    file.write("ab")
    assert link.free(), "nothing waits for a terminal that is gone"


# A pipe is full most of the time, and a signal cuts what waits to be written short.
CUT_OFF = """
import io, os, signal, sys, threading, time
from zhtui.tui.terminal.output import kept
reader, writer = os.pipe()
found = bytearray()
def read():
    while part := os.read(reader, 3000):
        found.extend(part)
        time.sleep(0.001)
thread = threading.Thread(target=read)
thread.start()
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
text = "".join(f"{number:07} ─ " for number in range(40_000))
plain = io.TextIOWrapper(io.FileIO(writer, "wb"), encoding="utf-8", write_through=True)
file = kept(plain)
for start in range(0, len(text), 20_000):
    file.write(text[start : start + 20_000])
    file.flush()
signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
plain.close()
thread.join()
print(found == text.encode())
"""


def test_what_a_signal_cuts_off_is_sent_on() -> None:
    """Python's own file forgets it where it is not buffered (`file = plain`)."""
    done = subprocess.run(
        [sys.executable, "-c", CUT_OFF], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"


class Slow(io.StringIO):
    """A terminal whose reader leaves the lab after the first piece."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link

    def flush(self) -> None:
        self.link.leaving = True


def test_who_leaves_waits_for_no_frame() -> None:
    link = Link(clock=Clock())
    terminal = Slow(link)
    file = Counted(terminal, link)
    frame = "\x1b[1;1H" + "\x1b[31mred\x1b[0m" * 1000
    for text in (Frame(frame), Frame(frame), "\x1b[?1049l"):
        link.queue(len(text))
        file.write(text)
    cut, restored = terminal.getvalue().split("\x1b[?1049l")
    assert frame.startswith(cut)
    assert len(cut) < 2 * PIECE
    assert frame[len(cut)] == "\x1b", "never within a sequence"
    assert restored == ""
    assert link.sent == link.queued


async def test_no_frame_waits_behind_another(make: Make) -> None:
    async with make().run_test(size=(120, 40)) as pilot:
        app, drawn = pilot.app, []
        app.post_display_hook = lambda: drawn.append(shown(pilot))
        link = app.session.link
        link.queue(20_000)
        assert link.full
        await pilot.press("question_mark")
        await pilot.pause(0.2)
        assert not drawn, "the line is full"
        link.flushed(20_000)
        while not drawn:
            await pilot.pause(0.02)
        assert "What is on this screen" in drawn[-1]


def test_every_key_has_an_id_of_its_own_and_a_sentence() -> None:
    known = [key for place in keys.PLACES.values() for key in place]
    twice = [name for name, count in Counter(key.id for key in known).items() if count > 1]
    assert not twice
    assert all(key.text for key in known if key.shown)
    assert all(key.word for key in known if key.shown)


def test_no_key_is_one_that_terminals_and_multiplexers_keep() -> None:
    kept = {f"ctrl+{letter}" for letter in "bashjimcz"}
    used = {part for place in keys.PLACES.values() for key in place for part in key.keys.split(",")}
    assert not used & kept


@pytest.mark.parametrize("place", ["home", "lesson"])
def test_no_key_means_two_things_in_one_place(place: str) -> None:
    parts = [p for key in (*keys.APP, *keys.PLACES[place]) for p in key.keys.split(",")]
    assert [part for part, count in Counter(parts).items() if count > 1] == []


async def test_a_key_can_be_bound_anew(make: Make) -> None:
    app = make()
    async with app.run_test() as pilot:
        app.set_keymap({"app.help": "f1"})
        await tick(pilot)
        await pilot.press("f1")
        await pilot.pause()
        assert "What is on this screen" in shown(pilot)


def test_a_draft_refuses_and_forgets_what_is_the_preset_s_own(make: Make) -> None:
    lesson = make().session.entries[0].lesson
    assert lesson is not None
    draft = Draft(lesson)
    draft.set("n_layer", "6")
    assert draft.pairs() == ("n_layer=6",)
    with pytest.raises(ConfigError, match="out of bounds"):
        draft.set("n_layer", "0")
    assert draft.pairs() == ("n_layer=6",)
    draft.set("n_layer", "4")
    assert draft.pairs() == ()
    draft.set("lr", "1e-2")
    assert draft.value("lr") == "0.01"
    draft.turn(1)
    assert (draft.preset, draft.pairs()) == ("paper", ())


async def test_the_screen_is_saved_as_a_picture(
    make: Make, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record(store)
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("w")
        await pilot.pause()
    (picture,) = tmp_path.glob("zhtui-*.svg")
    text = picture.read_text()
    assert text.startswith("<svg")
    assert str(tmp_path) not in text
