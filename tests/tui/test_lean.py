"""A frame in fewer bytes shows the same on a terminal."""

from __future__ import annotations

import io

import numpy as np
import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.style import Style
from textual.strip import Strip

from zhtui.draw import heat
from zhtui.draw.inks import COARSE, DARK, HEAT, LIGHT, SAFE, SIXTEEN, Palette
from zhtui.draw.marks import Marks
from zhtui.lesson.views import Heatmap
from zhtui.tui.terminal.escapes import lean
from zhtui.tui.widgets.drawn import Inkwell

WIDTH, HEIGHT = 80, 40
NOISE = np.random.default_rng(0).random((64, 64))
Pixel = tuple[object, ...]


def pixels(text: str) -> list[list[Pixel]]:
    """What a terminal shows: of a half-block or a blank the colours of both halves."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    pyte.Stream(screen).feed(text)
    rows = []
    for y in range(HEIGHT):
        row: list[Pixel] = []
        for cell in (screen.buffer[y][x] for x in range(WIDTH)):
            lined = (cell.underscore, cell.strikethrough, cell.reverse)
            if cell.data in "▀▄ " and not any(lined):
                up = cell.fg if cell.data == "▀" else cell.bg
                row.append((up, cell.fg if cell.data == "▄" else cell.bg))
            else:
                row.append((cell.data, cell.fg, cell.bg, cell.bold, *lined))
        rows.append(row)
    return rows


def frame(strips: list[Strip]) -> str:
    """The strips as Rich writes them, each on its line."""
    console = Console(file=io.StringIO(), color_system="truecolor", force_terminal=True)
    return "".join(f"\x1b[{y + 1};1H{strip.render(console)}" for y, strip in enumerate(strips))


@pytest.mark.parametrize("palette", [DARK, LIGHT, SAFE, SIXTEEN], ids=lambda each: each.name)
@pytest.mark.parametrize("values", [NOISE, NOISE.cumsum(axis=1)], ids=["noise", "smooth"])
def test_a_heatmap_takes_half_the_bytes_and_looks_the_same(
    palette: Palette, values: np.ndarray
) -> None:
    well = Inkwell(palette, Style.parse("#c8cedb on #12151c"))
    cells = heat.draw(Heatmap(values), WIDTH, HEIGHT, Marks((3, 4)), palette.rich)
    whole = frame([well.strip(cells, y) for y in range(HEIGHT)])
    short = lean(whole)
    assert pixels(short) == pixels(whole)
    if palette.rich:
        assert len(short.encode()) < 40 << 10
        assert len(short.encode()) < 0.75 * len(whole.encode())


codes = st.sampled_from(
    ["0", "", "1", "4", "1;31", "38;5;99", "38;2;1;2;3", "38;2;95;0;135;48;2;9;9;9", "7", "93;104"]
)
words = st.sampled_from(["", " ", "▀", "▄", "▀▄", "ab", "a b", "\x1b[2;3H", "é"])
styled = st.tuples(codes, words).map(lambda pair: f"\x1b[{pair[0]}m{pair[1]}\x1b[0m")


@given(st.lists(st.one_of(styled, words), max_size=30).map("".join))
def test_any_frame_looks_the_same(whole: str) -> None:
    assert pixels(lean(whole)) == pixels(whole)
    assert len(lean(whole)) <= len(whole)


def test_colours_that_have_a_number_are_called_by_it() -> None:
    assert lean("\x1b[38;2;95;0;135mx\x1b[0m") == "\x1b[38;5;54mx\x1b[0m"
    assert lean("\x1b[38;2;95;0;136mx\x1b[0m") == "\x1b[38;2;95;0;136mx\x1b[0m"


def test_noise_is_drawn_coarse_and_what_is_smooth_is_not() -> None:
    smooth = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    for values, first, count in ((NOISE, COARSE, 8), (smooth, HEAT, 16)):
        cells = heat.draw(Heatmap(values), WIDTH, HEIGHT)
        inks = set(cells.ink[0:32, 1:65].ravel().tolist())
        assert inks <= set(range(first, first + count))
        legend = cells.ink[HEIGHT - 1][cells.glyph[HEIGHT - 1] == "█"].tolist()
        assert legend == list(range(first, first + count)), "the scale shows the colours in use"
