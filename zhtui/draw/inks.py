"""Inks: what a colour means, as a small number. A palette says how each ink looks.

Heat levels are inks too, so that a half-block is one ink on one paper and its style is cached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

PLAIN, FAINT, TITLE, GOOD, WRONG, PUBLISHED, YOURS, CURSOR, LIT, RULE, CHOSEN, INVERSE = range(12)
SERIES = 16  # 16..23: eight series, bright
BAND = 24  # 24..31: the same, faint
GROUP = 32  # 32..39: papers for stretches of text
HEAT = 48  # 48..63: 16 levels, low to high
SIGNED = 64  # 64..78: 15 levels, negative to positive, zero in the middle
SHADE = 80  # 80..87: eight weights of text
COARSE = 88  # 88..95: 8 levels, low to high, of colours that take few bytes
COARSE_SIGNED = 96  # 96..104: 9 levels of such, zero in the middle
QUIET_HEAT = 105  # 105..135: the colours from HEAT to SIGNED's last, for what does not move
INKS = 136
QUIETER = QUIET_HEAT - HEAT  # from a colour to its quiet one

SERIES_COUNT, GROUP_COUNT, HEAT_LEVELS, SIGNED_LEVELS, SHADE_LEVELS = 8, 8, 16, 15, 8
COARSE_LEVELS, COARSE_SIGNED_LEVELS = 8, 9
CUBE = (0, 95, 135, 175, 215, 255)
LEGIBLE = 3.5  # the least contrast of words on a coloured ground
SHADES = " ░▒▓█"  # heat where there are no colours to speak of


@dataclass(frozen=True)
class Palette:
    """A colour for each ink; "" leaves the terminal's own. `rich` is false below 256 colours.

    What is `bold` or `underlined` is told apart without colours, too.
    """

    name: str
    colours: Sequence[str]
    bold: frozenset[int] = frozenset({TITLE, CURSOR, LIT, CHOSEN})
    rich: bool = True
    underlined: frozenset[int] = frozenset()

    def front(self, ink: int, paper: int) -> str:
        """The colour of words in an ink on a paper: another one where they could not be read.

        Red and the cursor mean something wherever they stand, and colours of cells are no words.
        """
        own, back = self.colours[ink], self.colours[paper] if paper else ""
        if ink >= HEAT or ink in (WRONG, CURSOR) or not (_known(own) and _known(back)):
            return own
        if contrast(own, back) >= LEGIBLE:
            return own
        others = [self.colours[each] for each in (PLAIN, TITLE, INVERSE)]
        return max((own, *others), key=lambda colour: contrast(colour, back))


def _known(colour: str) -> bool:
    return colour.startswith("#")


def contrast(one: str, other: str) -> float:
    """The ratio of the luminances of two "#rrggbb", from 1 to 21 (WCAG 2.1, 1.4.3)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(low: str, high: str, share: float) -> str:
    """The colour at `share` of the way between two "#rrggbb"."""
    pairs = [(int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _ramp(stops: Sequence[str], count: int) -> list[str]:
    """`count` colours evenly along a path through `stops`."""
    colours = []
    for i in range(count):
        place = i * (len(stops) - 1) / (count - 1)
        left = min(int(place), len(stops) - 2)
        colours.append(_mix(stops[left], stops[left + 1], place - left))
    return colours


def indexed(index: int) -> str:
    """The colour that has this number, 16 to 255, in every terminal of 256 colours."""
    if index >= 232:
        return "#" + f"{8 + 10 * (index - 232):02x}" * 3
    place = index - 16
    return "#" + "".join(f"{CUBE[i]:02x}" for i in (place // 36, place // 6 % 6, place % 6))


def _palette(
    name: str,
    named: Sequence[str],
    series: Sequence[str],
    ground: str,
    heat: Sequence[str],
    signed: Sequence[str],
    coarse: Sequence[int],
    grounds: float = 0.32,
) -> Palette:
    colours = [""] * INKS
    colours[: len(named)] = named
    colours[SERIES : SERIES + 8] = series
    colours[BAND : BAND + 8] = [_mix(ground, colour, 0.4) for colour in series]
    colours[GROUP : GROUP + 8] = [_mix(ground, colour, grounds) for colour in series]
    colours[HEAT : HEAT + 16] = _ramp(heat, HEAT_LEVELS)
    colours[SIGNED : SIGNED + 15] = _ramp(signed, SIGNED_LEVELS)
    colours[SHADE : SHADE + 8] = _ramp((ground, series[1]), SHADE_LEVELS)
    colours[COARSE:QUIET_HEAT] = map(indexed, coarse)
    known = colours[HEAT : SIGNED + SIGNED_LEVELS]
    colours[QUIET_HEAT:] = [_mix(ground, colour, 0.35) for colour in known]
    return Palette(name, tuple(colours))


@cache
def coarse(palette: Palette) -> Palette:
    """The same colours where a cell shows one shade, not two halves."""
    return replace(palette, rich=False)


NIGHT = "#12151c"
DAY = "#fbfaf6"

DARK = _palette(
    "dark",
    (
        *("#c8cedb", "#7f889a", "#eef1f6", "#8fd694", "#ff6b6b", "#e8b75f"),
        *("#7cc7ff", "#ffffff", "#ffe08a", "#687185", "#9fd3ff", "#12151c"),
    ),
    *(
        ("#6cb6ff", "#7fd7a4", "#e58fb1", "#b9a3ff", "#66d4d6", "#ff9b7a", "#d8d27a", "#c8cedb"),
        NIGHT,
        ("#161b26", "#2b3668", "#7a3b8f", "#d4566b", "#f6a25b", "#fcf0c3"),
        ("#67b7ff", "#2b5c93", "#161b26", "#9c4a2f", "#ff9d6b"),
        (234, 17, 54, 90, 168, 209, 215, 230, *(75, 68, 25, 17, 234, 52, 130, 173, 216)),
    ),
)
LIGHT = _palette(
    "light",
    (
        *("#2b303b", "#646977", "#0b0d12", "#1f7a3d", "#c0262d", "#9a6400"),
        *("#0b62b5", "#000000", "#7a4d00", "#7e8491", "#0b62b5", "#fbfaf6"),
    ),
    *(
        ("#0b62b5", "#13804b", "#b03a72", "#6a4cc7", "#0f7c86", "#c2491d", "#7d7400", "#2b303b"),
        DAY,
        ("#f3f0e8", "#f5c98a", "#e8795f", "#a93a7c", "#4b2a78", "#141432"),
        ("#0b5cad", "#9dc3e8", "#f3f0e8", "#eeb08f", "#b2401a"),
        (255, 223, 216, 209, 168, 90, 54, 234, *(25, 68, 110, 153, 255, 223, 216, 173, 130)),
    ),
    grounds=0.16,
)
SAFE = _palette(
    "safe",
    (
        *("#d2d6de", "#848c9b", "#ffffff", "#56b4e9", "#e69f00", "#f0e442"),
        *("#56b4e9", "#ffffff", "#f0e442", "#687080", "#56b4e9", "#10131a"),
    ),
    *(
        ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#2389cf", "#d55e00", "#ffffff", "#8a8779"),
        "#10131a",
        ("#00224e", "#2a3f6d", "#575d6d", "#8a8779", "#c3b369", "#fee838"),
        ("#56b4e9", "#24557a", "#10131a", "#8a5a10", "#ffb52e"),
        (17, 238, 60, 243, 102, 144, 185, 227, *(74, 31, 24, 236, 233, 58, 94, 172, 214)),
    ),
)


def _sixteen() -> Palette:
    """The terminal's own sixteen colours, by name."""
    colours = [""] * INKS
    colours[:12] = [
        *("", "bright_black", "", "green", "bright_red", "yellow"),
        *("bright_cyan", "", "bright_yellow", "bright_black", "bright_blue", "black"),
    ]
    series = ["bright_cyan", "green", "magenta", "blue", "cyan", "red", "bright_green", "white"]
    colours[SERIES : SERIES + 8] = series
    colours[BAND : BAND + 8] = ["bright_black"] * 8
    colours[GROUP : GROUP + 8] = ["blue", "magenta", "green", "red", "cyan", "yellow"] + [
        "blue"
    ] * 2
    colours[SHADE : SHADE + 8] = ["", "", "", "blue", "blue", "cyan", "cyan", "cyan"]
    return Palette("sixteen", tuple(colours), rich=False)


SIXTEEN = _sixteen()
PLAINEST = Palette(
    "none",
    ("",) * INKS,
    bold=frozenset({TITLE, CURSOR, LIT, CHOSEN, GOOD, WRONG}),
    rich=False,
    underlined=frozenset({WRONG}),
)
