"""The reader of what is typed, on a pipe."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.constants import ESCAPE_DELAY
from textual.events import Key, Paste

from zhtui.tui.terminal import sequences
from zhtui.tui.terminal.input import OldReports, TypedDriver


class Typed(TypedDriver):
    """A driver of which only the reader lives; it keeps what it posts, and when."""

    def __init__(self) -> None:
        self.fileno, self.end = os.pipe()
        self._debug, self.exit_event = False, threading.Event()
        self.keys: list[tuple[str, float]] = []
        self.thread = threading.Thread(target=self.run_input_thread, daemon=True)
        self.thread.start()

    def process_message(self, message: Any) -> None:
        if isinstance(message, Key):
            self.keys.append((message.key, time.monotonic()))

    def came(self, count: int) -> list[str]:
        """The keys, once there are so many."""
        deadline = time.monotonic() + 20
        while len(self.keys) < count and time.monotonic() < deadline:
            time.sleep(0.001)
        return [key for key, _ in self.keys]


@pytest.fixture
def typed() -> Iterator[Typed]:
    driver = Typed()
    yield driver
    driver.exit_event.set()
    driver.thread.join(20)
    assert not driver.thread.is_alive()
    os.close(driver.fileno)
    with contextlib.suppress(OSError):
        os.close(driver.end)


def test_an_escape_is_known_as_soon_as_nothing_can_follow_it(typed: Typed) -> None:
    waits = []
    for count in range(1, 6):
        os.write(typed.end, b"\x1b")
        sent = time.monotonic()
        assert typed.came(count) == ["escape"] * count
        waits.append(typed.keys[-1][1] - sent)
    assert ESCAPE_DELAY - 0.01 < sorted(waits)[2] < ESCAPE_DELAY + 0.06


def test_the_lab_waits_fifteen_milliseconds_for_it() -> None:
    code = "import zhtui.tui.app, textual.constants; print(textual.constants.ESCAPE_DELAY)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "0.015"


def test_an_arrow_key_that_comes_in_parts_is_one_key(typed: Typed) -> None:
    for part in (b"\x1b", b"[", b"A", b"x"):
        os.write(typed.end, part)
        time.sleep(0.001)
    assert typed.came(2) == ["up", "x"]


def test_a_letter_of_two_bytes_may_come_in_parts(typed: Typed) -> None:
    for part in ("é".encode()[:1], "é".encode()[1:], b"a"):
        os.write(typed.end, part)
        time.sleep(0.001)
    assert typed.came(2) == ["é", "a"]


def test_the_end_of_what_is_typed_ends_the_thread(typed: Typed) -> None:
    os.write(typed.end, b"q")
    assert typed.came(1) == ["q"]
    os.close(typed.end)
    typed.thread.join(20)
    assert not typed.thread.is_alive()


# As a terminal sends them that has gone over to X10: a byte a number, no text.
REPORTS = [b"\x1b[M \x80!", b"\x1b[M !!", b"\x1b[M#\xff\xfe", b"\x1b[M\x20\xc3\x28"]
PASTES = {b"caf\xe9": ["c", "a", "f"], b"\x80\xff\xc3(": ["left_parenthesis"], b"\xf0\x9f": []}


@pytest.mark.parametrize("report", REPORTS, ids=repr)
def test_a_report_in_the_form_of_x10_is_no_key_and_the_other_form_is_asked_for(
    typed: Typed, report: bytes
) -> None:
    asked = threading.Event()
    typed._loop = SimpleNamespace(call_soon_threadsafe=lambda call: call())  # type: ignore[assignment]
    typed._enable_mouse_support = asked.set  # type: ignore[method-assign]
    os.write(typed.end, b"a" + report + b"b")
    assert typed.came(2) == ["a", "b"]
    assert asked.wait(20)


@pytest.mark.parametrize("paste", PASTES, ids=repr)
def test_bytes_that_are_no_text_are_dropped_and_the_lab_hears_on(
    typed: Typed, paste: bytes
) -> None:
    os.write(typed.end, paste)
    time.sleep(0.05)
    os.write(typed.end, b"q")
    assert typed.came(len(PASTES[paste]) + 1) == [*PASTES[paste], "q"]
    assert typed.thread.is_alive()


@given(st.lists(st.binary(max_size=6) | st.sampled_from(REPORTS), max_size=8), st.integers(1, 9))
def test_reports_are_left_out_wherever_the_bytes_are_cut(parts: list[bytes], size: int) -> None:
    parts = [part for part in parts if part in REPORTS or b"\x1b" not in part]
    whole = b"".join(parts)
    reports, heard = OldReports(), b""
    for at in range(0, len(whole), size):
        heard += reports.left_out(whole[at : at + size])
    kept = b"".join(part for part in parts if part not in REPORTS)
    cut = any(whole[at - 1 : at] == b"\x1b" or whole[at - 2 : at] == b"\x1b[" for at in
              range(size, len(whole), size))  # fmt: skip
    assert heard == kept or cut


# Sequences: what they are


def heard(*texts: str) -> list[str]:
    """Keys by their names and pastes in quotes, however the text is cut."""
    parser, messages = sequences.Typed(), []
    for text in texts:
        messages += parser.feed(text)
    for _ in range(3):  # an escape is known after a while, and what it began
        time.sleep(sequences.SOON)
        messages += parser.tick()
    named = {Key: lambda key: key.key, Paste: lambda paste: repr(paste.text)}
    return [named[type(each)](each) for each in messages if type(each) in named]


ANSWERS = [
    "\x1b[?62;22c", "\x1b[?64;1;2;6;9;15;16;17;18;21;22;28;29;42;44c", "\x1b[0n", "\x1b[?1u",
    "\x1b]11;rgb:0000/0000/0000\x1b\\", "\x1b]10;rgb:ffff/ffff/ffff\a", "\x1bP>|XTerm(379)\x1b\\",
    "\x1b[8;24;80t", "\x1b[48;24;80;0;0t", "\x1b[?2;3R", "\x1b[2;R", "\x1b[12R", "\x1b[2;3;1R",
    "\x1b[99999999999u", "\x1b[1;1:3R", "\x1b[97;;55296u", "\x1b[99999999999;3R",
]  # fmt: skip
KEYS = {
    "\x1b[A": "up", "\x1bOP": "f1", "\x1b[[C": "f3", "\x1b[R": "f3", "\x1b[3$": "shift+delete",
    "\x1b[1;5C": "ctrl+right", "\x1b[Z": "shift+tab", "\x1b[97;5u": "ctrl+a", "\x1b[15~": "f5",
    "q": "q", "é": "é", "\x1bf": "ctrl+right", "\x1b[27u": "escape", "\x1b[97u": "a",
}  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_nobody_waits_for_is_no_key(answer: str) -> None:
    assert heard("a" + answer + "b") == ["a", "b"]


@given(
    st.lists(st.sampled_from([*KEYS, *(each for each in ANSWERS if each[1] == "[")]), max_size=6),
    st.integers(2, 9),
)
def test_keys_stay_and_answers_go_wherever_the_text_is_cut(parts: list[str], size: int) -> None:
    whole, parser, messages = "".join(parts), sequences.Typed(), []
    for at in range(0, len(whole), size):
        messages += parser.feed(whole[at : at + size])
    assert [each.key for each in messages] == [KEYS[part] for part in parts if part in KEYS]


@pytest.mark.parametrize("begun", ["\x1b[2;", "\x1b[?62", "\x1b[<0;1", "\x1b]11;rgb:0"])
def test_what_was_only_begun_presses_nothing_and_holds_up_nothing(
    begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequences, "PATIENCE", 0.05)
    parser = sequences.Typed()
    assert list(parser.feed(begun)) == []
    time.sleep(0.12)
    assert list(parser.tick()) == []
    assert [each.key for each in parser.feed("qR")] == ["q", "R"]


@pytest.mark.parametrize("size", [1, 2, 5, 7, 100])
def test_a_paste_presses_no_key_whatever_is_in_it(size: int) -> None:
    inside = "a\x1b[31mred q\x1b[2;3R\x1b]11;x\x1b\\" + "é\x1b" * 40 + "q\r\nq\x00"
    whole = f"x\x1b[200~{inside}\x1b[201~y"
    parser = sequences.Typed()
    messages = [m for at in range(0, len(whole), size) for m in parser.feed(whole[at : at + size])]
    assert [type(each) for each in messages] == [Key, Paste, Key]
    assert messages[1].text == "ared q]11;x\\" + "é" * 40 + "q\r\nq"


def test_a_paste_without_end_fills_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "MOST_PARTS", 4)
    parser = sequences.Typed()
    for text in ("\x1b[200~", *["x" * 1000] * 100):
        assert list(parser.feed(text)) == []
    [paste, key] = parser.feed("\x1b[201~q")
    assert isinstance(paste, Paste)
    assert len(paste.text) < 6000
    assert isinstance(key, Key)


def test_a_bracket_after_an_escape_is_a_key_like_any_other() -> None:
    assert heard("\x1b[") == ["left_square_bracket"]
    assert heard("\x1b", "\x1b") == ["escape", "escape"]
    assert heard("\x1b\x1b") == ["escape", "escape"]
