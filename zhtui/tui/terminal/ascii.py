"""Plain ASCII: the last thing that a line goes through on its way to the terminal.

Every sign keeps its cells. What the lab draws with has a sign that looks like it; a letter with an
accent loses it; whatever else is foreign becomes a question mark.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

LIKE = {
    "-": "─━═╌┄╴╶–—−‐‑―╸╺",
    "|": "│┃║┊┆╎╵╷‖▕╹╻",
    "+": "✓✔┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┡┩┢┪◆✚±",
    "_": "▁▂▔",
    ".": "·•…∙░▏▎▖▗",
    ":": "▒",
    "=": "▃▄▅▍▌▋▐≡",
    "%": "▓",
    "#": "▀▆▇█▉▊■▛▜▙▟▚▞",
    "*": "●◉★✎▪",
    "o": "○◦◌□◇△°⭘∅",
    "x": "×✗✘✕",
    ">": "▶▸→»›⇥▷",
    "<": "◀◂←«‹",
    "^": "▲↑▴",
    "v": "▼↓▾",
    "`": "↳▘",
    "'": "▝‘’′",
    '"': "“”″",
    "$": "⏎␍↵",
    "/": "╱÷",
    "\\": "╲",
    "~": "≈∼",
    " ": "␣\u00a0",
    "8": "∞",
    "0": "␀",
}
# Braille: a sign and the dots that it stands for, two columns, from the top row to the bottom.
MARKS = (
    ("'", "##|..|..|.."), ("'", "#.|..|..|.."), ("'", ".#|..|..|.."),
    ("-", "..|##|..|.."), ("-", "..|..|##|.."), ("-", "..|#.|..|.."), ("-", "..|..|#.|.."),
    ("-", "..|.#|..|.."), ("-", "..|..|.#|.."),
    ("_", "..|..|..|##"), (".", "..|..|..|#."), (".", "..|..|..|.#"), (".", "..|..|##|##"),
    ("|", "#.|#.|#.|#."), ("|", ".#|.#|.#|.#"), ("|", "..|#.|#.|#."), ("|", ".#|.#|.#|.."),
    ("/", ".#|.#|#.|#."), ("/", ".#|#.|..|.."), ("/", "..|..|.#|#."), ("/", "..|.#|#.|.."),
    ("\\", "#.|#.|.#|.#"), ("\\", "#.|.#|..|.."), ("\\", "..|..|#.|.#"), ("\\", "..|#.|.#|.."),
    ('"', "##|##|..|.."), ("=", "..|##|##|.."), ("=", "##|..|##|.."), (":", "##|##|##|.."),
    (":", "#.|..|#.|.."), (":", ".#|..|.#|.."),
    ("#", "##|##|##|##"), ("#", "..|##|##|##"),
)  # fmt: skip
BRAILLE = 0x2800
BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row, by column


def _dots(drawn: str) -> int:
    """The bits of braille that are lit in a drawing."""
    cells, bits = drawn.replace("|", ""), [bit for row in BITS for bit in row]
    return sum(bit for cell, bit in zip(cells, bits, strict=True) if cell == "#")


class Signs(dict[int, str]):
    """For `str.translate`: the ASCII of a character, thought out when it is first met."""

    def __init__(self) -> None:
        super().__init__({code: chr(code) for code in range(128)})
        self |= {ord(each): sign for sign, row in LIKE.items() for each in row}
        marks = [(_dots(drawn), sign) for sign, drawn in MARKS]
        for dots in range(1, 256):
            near = min(marks, key=lambda mark: (mark[0] ^ dots).bit_count())
            self[BRAILLE + dots] = near[1]
        self[BRAILLE] = " "

    def __missing__(self, code: int) -> str:
        character = chr(code)
        letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
        width = cell_len(character)
        self[code] = letters if len(letters) == width else "?" * width
        return self[code]


SIGNS = Signs()


@lru_cache(1 << 14)
def plain(text: str) -> str:
    """A text in ASCII, in as many cells."""
    width = cell_len(text)  # of several characters that are one sign, too
    return text.translate(SIGNS).ljust(width)[:width]


class Plain(LineFilter):
    """Turns every segment into ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            each if each.text.isascii() else Segment(plain(each.text), each.style, each.control)
            for each in segments
        ]
