"""Plain ASCII: every sign keeps its cells, every screen is drawn, and no other byte is printed."""

from __future__ import annotations

import unicodedata
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onscreen import Make, shown, tick, to
from recorded import record
from rich.cells import cell_len
from test_pictures import SIZES, Compare, prepare

from zhtui.draw.braille import GLYPHS
from zhtui.tui.settings.file import Settings
from zhtui.tui.terminal.ascii import LIKE, plain

ASCII = Settings(ascii=True)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_every_text_becomes_ascii_of_the_same_width(text: str) -> None:
    assert plain(text).isascii()
    assert len(plain(text)) == cell_len(text)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_ascii_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_what_the_lab_draws_with_is_not_a_question_mark() -> None:
    known = "".join(LIKE.values())
    assert all(len(sign) == 1 and sign.isascii() for sign in LIKE)
    assert len(known) == len(set(known)), "one sign each"
    assert "?" not in plain(known)
    assert plain("─│╭╮ ▸ ✓ → … · “naïve” 1.5 − 2") == '-|++ > + > . . "naive" 1.5 - 2'
    assert len(set(plain("●✓✗▶‖■"))) == 6, "signs of a run's state are told apart"
    assert plain(" ░▒▓█") == " .:%#", "five shades stay five"


def test_a_line_of_braille_keeps_its_slope() -> None:
    lines = {"⠉": "'", "⠒": "-", "⣀": "_", "⡇": "|", "⢸": "|", "⠑⢄": "\\\\", "⡠⠊": "//", "⣿": "#"}
    assert {line: plain(line) for line in lines} == lines
    assert all(plain(glyph) != " " for glyph in GLYPHS[1:]), "no dot is lost"


def test_letters_of_other_scripts_become_question_marks_a_cell() -> None:
    assert plain("안녕 λ é") == "???? ? e"
    family = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert plain(family) == "?" * cell_len(family)
    assert unicodedata.east_asian_width("안") == "W"


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("screen", ["home", "lesson"])
def test_picture(
    snap_compare: Compare, make: Make, store: Path, screen: str, size: tuple[int, int]
) -> None:
    with ExitStack() as stack:
        prepare(store, "running", stack)
        assert snap_compare(make(settings=ASCII), terminal_size=size, run_before=to(screen))


@pytest.mark.parametrize("keys", ["enter", "question_mark", "ctrl+p", "slash x", "R", "enter e"])
async def test_every_screen_is_ascii(make: Make, store: Path, keys: str) -> None:
    with ExitStack() as stack:
        prepare(store, "running", stack)
        async with make(settings=ASCII).run_test(size=(120, 40), notifications=True) as pilot:
            await tick(pilot)
            await pilot.press("down", "down", *keys.split())
            pilot.app.notify("“toast” ✓")
            await tick(pilot, 6)
            text = shown(pilot)
            assert text.isascii(), [each for each in text if not each.isascii()]
            assert "toast" in text


async def test_keys_are_named_in_words(make: Make, store: Path) -> None:
    record(store)
    async with make(settings=ASCII).run_test(size=(120, 60)) as pilot:
        await tick(pilot)
        await pilot.press("question_mark")
        await tick(pilot)
        assert "up, k" in shown(pilot)
        assert "down, j" in shown(pilot)


async def test_without_it_nothing_is_filtered(make: Make) -> None:
    async with make().run_test() as pilot:
        await tick(pilot)
        assert "▸" in shown(pilot)
        assert pilot.app.palette.rich
    async with make(settings=ASCII).run_test() as pilot:
        assert not pilot.app.palette.rich, "a cell shows one shade, not two halves"
        assert pilot.app.palette is pilot.app.palette, "or every frame would make its styles anew"
