"""How wide a sign of ambiguous width is: the terminal is asked once, on a pseudo-terminal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pexpect
import pytest
from onscreen import Make, shown, tick
from recorded import record
from test_terminal import lab, screen_of

from zhtui.tui.app import LabApp
from zhtui.tui.terminal.ambiguous import ASK, PATIENCE, Width

NARROW, TWO, THREE = "\x1b[2;2R", "\x1b[2;3R", "\x1b[2;4R"
# No answer to what was asked: another place, no place, a key of xterm's, a paste, half a report.
NONSENSE = (
    "\x1b[1;3R", "\x1b[3;3R", "\x1b[2;1R", "\x1b[2;999R", "\x1b[?2;3R", "\x1b[2;3;1R",
    "\x1b[;3R", "\x1b[2;R", "\x1b[2R", "\x1b[99999999999;3R", "\x1b[2;99999999999R",
    "\x1b[2;3:1R", "\x1b[-2;3R", "\x1b[2 ;3R", "\x1b[200~\x1b[2;3R\x1b[201~", "\x1b[0n",
    "\x1b[?62;22c", "\x1b]11;rgb:0/0/0\x1b\\", "\x1b]11;rgb:0/0/0\a", "\x1bP1$r0m\x1b\\",
    "\x1b[99999999999u", "\x1b[1;1:3R", "\x1b[97;;55296u", "\x1b[8;24;80t",
)  # fmt: skip


def slow(*answers: str) -> list[Any]:
    """Parameters of tests that `make test-all` runs."""
    return [pytest.param(answer, marks=pytest.mark.slow) for answer in answers]


@contextmanager
def answering(
    store: Path, answer: str, *arguments: str, **environment: str
) -> Iterator[pexpect.spawn]:
    """A lab whose terminal answers as soon as it is asked."""
    with lab(store, *arguments, **environment) as child:
        child.expect_exact(ASK)
        assert "\x1b[?1049h" in child.before, "the other screen is on, so nothing of it is left"
        child.send(answer)
        yield child


def settled(child: pexpect.spawn, words: str = "explain") -> list[str]:
    """What stands on the screen once nothing more comes."""
    sent, since = "", time.monotonic()
    while words not in "\n".join(screen_of(sent)) or time.monotonic() - since < 0.7:
        with suppress(pexpect.TIMEOUT):
            sent += child.read_nonblocking(1 << 16, timeout=0.2)
            since = time.monotonic()
    return screen_of(sent)


def left(child: pexpect.spawn) -> None:
    """The lab ends as ever."""
    child.send("\x11")
    child.expect(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0


@pytest.mark.parametrize("answer", [TWO, *slow(THREE, TWO + NARROW, "\x1b[1;2R" + TWO)])
def test_two_cells_a_sign_give_the_plain_set(store: Path, answer: str) -> None:
    with answering(store, answer) as child:
        text = "\n".join(settled(child))
        assert text.isascii(), {each for each in text if not each.isascii()}
        assert text.startswith(" zhtui")
        child.send("?")
        help = "\n".join(settled(child, "What is on this screen"))
        assert help.isascii()
        assert "down, j" in help, "arrows are words"
        left(child)


@pytest.mark.parametrize("answer", [*slow(NARROW, NARROW + TWO, ""), "".join(NONSENSE) + NARROW])
def test_one_cell_a_sign_or_no_answer_give_the_usual_set(store: Path, answer: str) -> None:
    with answering(store, answer) as child:
        lines = settled(child)
        assert "─" in "".join(lines)
        assert lines[0].startswith(" zhtui"), "no sign and no screen above home"
        assert "●" not in "".join(lines[:3])
        left(child)


def test_nothing_waits_for_an_answer(store: Path) -> None:
    times = []
    for answer in (NARROW, ""):
        with answering(store, answer) as child:
            since = time.monotonic()
            child.expect("explain")
            times.append(time.monotonic() - since)
            left(child)
    assert times[1] < times[0] + 1.0, "seconds"


def test_keys_that_are_typed_around_the_answer_are_not_lost(store: Path) -> None:
    with answering(store, "/" + "gp" + NARROW + "t") as child:
        settled(child, "find / gpt")
        left(child)


def test_an_answer_that_comes_late_changes_a_screen_under_a_dialog_too(store: Path) -> None:
    with answering(store, "") as child:
        settled(child)
        child.send("?")
        assert not "".join(settled(child, "What is on this screen")).isascii()
        child.send(TWO)
        sent = "".join(settled(child, "What is on this screen"))
        assert sent.isascii()
        child.send("\x1b")
        assert "".join(settled(child, "enter open")).isascii()
        left(child)


@pytest.mark.parametrize(("setting", "plain"), [("true", True), ("false", False)])
def test_what_config_toml_says_is_not_asked(
    store: Path, tmp_path: Path, setting: str, plain: bool
) -> None:
    (tmp_path / "config.toml").write_text(f"ascii = {setting}\n")
    with lab(store) as child:
        child.expect("explain")
        assert ASK not in child.before
        child.send(NARROW if plain else TWO)
        child.send("?")
        child.expect("What is on this screen")
        assert child.after.isascii()
        assert ("─" not in child.before) is plain
        left(child)


@pytest.mark.parametrize("environment", [{"LANG": "C", "LC_ALL": "C"}, {"TERM": "linux"}])
def test_a_terminal_that_is_plain_anyway_is_not_asked(
    store: Path, environment: dict[str, str]
) -> None:
    with lab(store, **environment) as child:
        child.expect("explain")
        assert "\x1b[6n" not in child.before
        left(child)


def test_it_is_asked_once_and_hears_one_answer_in_time() -> None:
    clock = iter([0.0, 0.1, 0.2, 0.3]).__next__
    width = Width(lambda: None, clock)
    assert (width.question(), width.question()) == (ASK, "")
    assert [width.told(2, 2), width.told(2, 3)] == [False, False]
    width = Width(lambda: None, iter([0.0, 0.1, 0.2]).__next__)
    assert not width.told(2, 3), "nobody asked"
    width.question()
    assert width.told(2, 3)
    width = Width(lambda: None, iter([0.0, PATIENCE + 0.1]).__next__)
    width.question()
    assert not width.told(2, 3), "late"


def test_the_question_leaves_nothing_behind() -> None:
    assert re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", ASK) == "●"
    assert not "".join(screen_of(f"\x1b[?1049h{ASK}")).strip()


async def test_a_lab_is_drawn_anew_in_ascii(make: Make, store: Path) -> None:
    record(store)
    async with make().run_test(size=(120, 40)) as pilot:
        await tick(pilot)
        await pilot.press("down", "down", "enter")
        await tick(pilot, 6)
        assert not shown(pilot).isascii()
        app = pilot.app
        assert isinstance(app, LabApp)
        app.draw_plain()
        await tick(pilot)
        assert shown(pilot).isascii()
        assert not app.palette.rich
        await pilot.press("escape")
        await tick(pilot)
        assert shown(pilot).isascii(), "the screen below, too"
