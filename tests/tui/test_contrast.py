"""What is written in quiet colours can be read, in each of the lab's themes (WCAG 2.1, 1.4.3)."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from zhtui.draw.inks import (
    CHOSEN,
    COARSE,
    FAINT,
    GOOD,
    GROUP,
    HEAT,
    INVERSE,
    LIT,
    PLAIN,
    PUBLISHED,
    QUIET_HEAT,
    RULE,
    SERIES,
    SERIES_COUNT,
    TITLE,
    WRONG,
    YOURS,
    contrast,
)
from zhtui.tui import app
from zhtui.tui.themes import PALETTES, THEMES

SECONDARY, HINT = 4.5, 3.5  # ratios at least
TEXT = (PLAIN, FAINT, TITLE, GOOD, WRONG, PUBLISHED, YOURS, LIT, CHOSEN)
each_theme = pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)


def ratio(ink: str, ground: str) -> float:
    """(lighter + 0.05) / (darker + 0.05), of relative luminances: black on white is 21.

    >>> round(ratio("#000000", "#ffffff"))
    21
    """

    def luminance(colour: str) -> float:
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
            for part in Color.parse(colour).normalized
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(ink), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_knows_its_ends_and_a_known_grey() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    for pair in (("#123456", "#fedcba"), ("#777777", "#ffffff")):
        assert contrast(*pair) == pytest.approx(ratio(*pair))


@each_theme
def test_text_and_secondary_text_can_be_read(theme: Theme) -> None:
    colours, ground = PALETTES[theme.name].colours, str(theme.background)
    for ink in (*TEXT, *range(SERIES, SERIES + SERIES_COUNT)):
        assert ratio(colours[ink], ground) >= SECONDARY, f"ink {ink}: {colours[ink]}"
    assert ratio(colours[FAINT], str(theme.panel)) >= SECONDARY, "in a dialog"


@each_theme
def test_a_hint_can_be_read(theme: Theme) -> None:
    ground = str(theme.background)
    assert ratio(theme.variables["border"], ground) >= HINT, "of panes: their lower titles too"
    assert ratio(PALETTES[theme.name].colours[RULE], ground) >= HINT, "of charts: axes and names"


@each_theme
def test_the_quiet_lines_of_a_dialog_can_be_read(theme: Theme) -> None:
    css = Path(app.__file__).with_name("app.tcss").read_text()
    (share,) = re.findall(r"\.dialog \.faint { color: \$foreground (\d+)%; }", css)
    panel, front = Color.parse(str(theme.panel)), Color.parse(str(theme.foreground))
    assert ratio(panel.blend(front, int(share) / 100).hex, panel.hex) >= SECONDARY


@each_theme
def test_words_can_be_read_on_every_coloured_ground(theme: Theme) -> None:
    palette = PALETTES[theme.name]
    for ink, paper in product((PLAIN, LIT, INVERSE), range(HEAT, QUIET_HEAT)):
        back = palette.colours[paper]
        if back:
            assert ratio(palette.front(ink, paper), back) >= HINT, f"ink {ink} on {paper}: {back}"


@each_theme
def test_what_is_torn_or_chosen_keeps_its_colour_on_a_token(theme: Theme) -> None:
    palette = PALETTES[theme.name]
    for ink, paper in product((PLAIN, PUBLISHED), range(GROUP, GROUP + 8)):
        assert palette.front(ink, paper) == palette.colours[ink], f"ink {ink} on {paper}"
    assert palette.front(WRONG, COARSE) == palette.colours[WRONG], "red means something"
