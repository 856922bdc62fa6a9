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
from textual.events import Key

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
