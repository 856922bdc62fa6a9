"""Any picture of cells as an SVG picture: a ground for each stretch, half-blocks as rectangles."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from rich.cells import cell_len

from zhtui.draw import pictures, vector
from zhtui.draw.curves import data
from zhtui.draw.grid import Grid, inks
from zhtui.draw.inks import CURSOR, LIGHT, Palette
from zhtui.lesson.views import Curves, View

WIDE, TALL = 8, 17  # pixels a cell
SIZE = 13  # of the letters
GROUNDS = {"dark": "#12151c", "safe": "#10131a"}
FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
HALVES = {"▀": (0.0, 0.5), "▄": (0.5, 0.5), "█": (0.0, 1.0)}  # where it begins, how high it is


def view(shown: View, title: str, *, width: int = 100, height: int = 36) -> str:
    """A view as an SVG picture: curves on their own axes, everything else as its cells."""
    if isinstance(shown, Curves):
        curves = [vector.Curve(name, x, y) for name, x, y in data(shown) if len(x)]
        levels = [(name, float(value)) for name, value in shown.levels.items()]
        logs = {"log_x": shown.log_x, "log_y": shown.log_y}
        return vector.draw(title, curves, levels, shown.x_name, **logs)
    return cells(pictures.draw(shown, width, height), LIGHT)


def cells(drawn: Grid, palette: Palette = LIGHT) -> str:
    """The picture's text."""
    width, height = WIDE * drawn.width, TALL * drawn.height
    ground = GROUNDS.get(palette.name, "#fbfaf6")
    box = f"viewBox='0 0 {width} {height}' width='{width}' height='{height}'"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' {box} font-family=\"{FONT}\" font-size='{SIZE}'>",
        f"<rect width='{width}' height='{height}' fill='{ground}'/>",
    ]
    for y in range(drawn.height):
        x = 0
        for text, look in drawn.runs(y):
            parts += _run(x, y, text, look, palette)
            x += cell_len(text)
    return "\n".join([*parts, "</svg>", ""])


def _run(x: int, y: int, text: str, look: int, palette: Palette) -> Iterator[str]:
    """A stretch of one look."""
    ink, paper = inks(look)
    front = palette.front(ink, paper) or palette.colours[CURSOR]
    back = palette.colours[paper] if paper else ""
    if back:
        yield _rect(x, y, cell_len(text), 0.0, 1.0, back)
    if not text.strip():
        return
    if set(text) <= set(HALVES):
        for index, glyph in enumerate(text):
            yield _rect(x + index, y, 1, *HALVES[glyph], front)
        return
    weight = " font-weight='bold'" if ink in palette.bold else ""
    place = f"x='{x * WIDE}' y='{y * TALL + SIZE}' textLength='{cell_len(text) * WIDE}'"
    space = "xml:space='preserve'"
    yield f"<text {place} {space}{weight} fill='{front}'>{escape(text)}</text>"


def _rect(x: int, y: int, wide: int, top: float, high: float, colour: str) -> str:
    place = f"x='{x * WIDE}' y='{(y + top) * TALL:g}'"
    return f"<rect {place} width='{wide * WIDE}' height='{high * TALL:g}' fill='{colour}'/>"
