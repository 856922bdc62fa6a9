"""What is written in quiet colours can be read, in each of the lab's themes (WCAG 2.1, 1.4.3)."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from zhtui.draw.inks import FAINT, PLAIN, PUBLISHED, RULE, TITLE, WRONG, YOURS
from zhtui.tui.themes import PALETTES, THEMES

SECONDARY, HINT = 4.5, 3.5  # ratios at least


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


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_and_secondary_text_can_be_read(theme: Theme) -> None:
    colours = PALETTES[theme.name].colours
    for ink in (PLAIN, FAINT, TITLE, WRONG, PUBLISHED, YOURS):
        assert ratio(colours[ink], str(theme.background)) >= SECONDARY


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_hint_can_be_read(theme: Theme) -> None:
    ground = str(theme.background)
    assert ratio(theme.variables["border"], ground) >= HINT, "of panes: their lower titles too"
    assert ratio(PALETTES[theme.name].colours[RULE], ground) >= HINT, "of charts: axes and names"
