"""A loss curve as an SVG picture: a line a metric, dashed lines for what is published, axes named.

    picture = drawn("loss", {"loss": [(0, 4.1), (10, 3.9)]}, {"OpenAI": 3.29}, "step", "nats")

Every text in it is escaped: a run's name may be anything. Leaves out: logarithmic axes, smoothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Points = Sequence[tuple[float, float]]
WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 48, 52  # margins
INKS = ("#9aa5b8", "#1f5fbf", "#b8541f", "#2f8f4e")
COLUMNS = 400  # a line has two points a column at most: its least and its greatest value there


def thinned(points: Points) -> Points:
    """At most two points a column, so that no spike is lost: 5 points stay 5."""
    if len(points) <= 2 * COLUMNS:
        return points
    width, kept = -(-len(points) // COLUMNS), []
    for start in range(0, len(points), width):
        part = points[start : start + width]
        ends = {min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])}
        kept += sorted(ends)
    return kept


def ticks(low: float, high: float) -> list[float]:
    """About five round numbers within: 0, 11 -> 0, 2, 4, 6, 8, 10"""
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    step *= next(f for f in (1, 2, 5, 10) if (high - low) / (step * f) <= 6)
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step) + 1)]


def spread(values: Sequence[float]) -> tuple[float, float]:
    """From the least to the greatest, never nothing."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def drawn(
    title: str, lines: Mapping[str, Points], levels: Mapping[str, float], x_name: str, y_name: str
) -> str:
    """The picture's text; points that are no finite number are left out."""
    whole = {name: [p for p in line if all(map(math.isfinite, p))] for name, line in lines.items()}
    x0, x1 = spread([x for line in whole.values() for x, _ in line])
    y0, y1 = spread([y for line in whole.values() for _, y in line] + list(levels.values()))

    def across(x: float) -> float:
        return LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)

    def down(y: float) -> float:
        return HEIGHT - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf6"/>',
        text(LEFT, 20, title, "#0b0d12"),
    ]
    for x in ticks(x0, x1):
        parts.append(text(across(x), HEIGHT - BOTTOM + 18, f"{x:,g}", "#5b6270", "middle"))
    for y in ticks(y0, y1):
        parts.append(f'<path d="M{LEFT} {down(y):.1f}H{WIDTH - RIGHT}" stroke="#e3e0d6"/>')
        parts.append(text(LEFT - 8, down(y) + 4, f"{y:g}", "#5b6270", "end"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_name, "#0b0d12", "middle"))
    parts.append(text(8, TOP - 8, y_name, "#0b0d12"))
    for name, y in levels.items():
        dashes = 'stroke="#2f8f4e" stroke-dasharray="5 4"'
        parts.append(f'<path d="M{LEFT} {down(y):.1f}H{WIDTH - RIGHT}" {dashes}/>')
        parts.append(text(WIDTH - RIGHT, down(y) - 5, f"{name} {y:g}", "#2f8f4e", "end"))
    for place, (name, line) in enumerate(whole.items()):
        ink = INKS[place % len(INKS)]
        corners = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in thinned(line))
        parts.append(
            f'<polyline points="{corners}" fill="none" stroke="{ink}" stroke-width="1.5"/>'
        )
        parts.append(text(WIDTH - RIGHT - 120 * (len(whole) - place - 1), 20, name, ink, "end"))
    return "\n".join([*parts, "</svg>", ""])


def text(x: float, y: float, words: str, ink: str, anchor: str = "start") -> str:
    """Words at a place; what is no printable character is left out."""
    shown = escape("".join(c for c in words if c.isprintable()))
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink}" text-anchor="{anchor}">{shown}</text>'
