"""A chart as an SVG picture: curves on round axes, published figures as dashed lines. Numpy alone.

A curve of any length is drawn from its least and greatest value a pixel column, so that a million
points make a small file and no spike is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from zhtui.draw import ticks
from zhtui.draw.inks import LIGHT, PUBLISHED, SERIES, SERIES_COUNT
from zhtui.draw.series import Floats
from zhtui.wording import number

WIDTH, HEIGHT = 960, 540
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 50, 50  # margins
NAME = 15  # pixels from one name to the next
LETTER = 8  # pixels that a letter takes at most
FONT = "font-family='ui-monospace, Menlo, Consolas, monospace' font-size='13'"


@dataclass(frozen=True)
class Curve:
    """A named line, (n,) each; `smooth` is drawn over it where it is given."""

    name: str
    x: Floats
    y: Floats
    smooth: Floats | None = None


@dataclass(frozen=True)
class Axes:
    """What the picture spans, each way linear or logarithmic."""

    x: tuple[float, float]
    y: tuple[float, float]
    log_x: bool = False
    log_y: bool = False

    def across(self, values: Floats) -> Floats:
        """Values of x as pixels."""
        return LEFT + _share(values, *self.x, self.log_x) * (WIDTH - LEFT - RIGHT)

    def down(self, values: Floats) -> Floats:
        """Values of y as pixels."""
        return HEIGHT - BOTTOM - _share(values, *self.y, self.log_y) * (HEIGHT - TOP - BOTTOM)

    def told(self, value: float) -> str:
        """A height in words, to a hundredth of the axis."""
        return ticks.within(value, *self.y, self.log_y, number)


def draw(
    title: str,
    curves: Sequence[Curve],
    levels: Sequence[tuple[str, float]],
    x_name: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
) -> str:
    """The picture's text. `levels` are (label, value)."""
    axes = _axes(curves, [value for _, value in levels], log_x, log_y)
    longest = max((len(label) for _, label in ticks.told(*axes.y, 8, axes.log_y)), default=0)
    more = max(LETTER * longest + 8 - LEFT, 0)  # a margin that no number on the left is cut by
    size = f"{WIDTH + more} {HEIGHT}"
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{-more} 0 {size}' {FONT}>",
        f"<rect x='{-more}' width='{WIDTH + more}' height='{HEIGHT}' fill='#fbfaf6'/>",
        _text(LEFT, 28, title, "#0b0d12", weight="bold"),
        *_grid(axes, x_name),
    ]
    for label, value in levels:
        parts += _level(axes, label, value)
    names: list[tuple[float, str, str]] = []  # where a line ends, its name, its colour
    for index, curve in enumerate(curves):
        colour = LIGHT.colours[SERIES + index % SERIES_COUNT]
        parts += _curve(axes, curve, colour, names)
    parts += _names(sorted(names))
    return "\n".join([*parts, "</svg>", ""])


def _share(values: Floats, low: float, high: float, log: bool) -> Floats:
    values = np.clip(values, -ticks.HUGE, ticks.HUGE)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if log:
            values, low, high = np.log10(values), math.log10(low), math.log10(high)
        return np.clip((values - low) / (high - low), -9.0, 9.0)


def _axes(curves: Sequence[Curve], levels: Sequence[float], log_x: bool, log_y: bool) -> Axes:
    x = np.concatenate([curve.x for curve in curves] or [np.array([0.0, 1.0])])
    y = np.concatenate([*(curve.y for curve in curves), np.array([*levels, math.nan])])
    y = np.clip(y[np.isfinite(y)], -ticks.HUGE, ticks.HUGE)
    y = y if len(y) else np.array([0.0, 1.0])
    x = np.clip(x[np.isfinite(x)], -ticks.HUGE, ticks.HUGE)
    x = x if len(x) else np.array([0.0, 1.0])
    log_x, log_y = log_x and bool((x > 0).any()), log_y and bool((y > 0).all())
    left = max(float(x[x > 0].min()), ticks.TINY) if log_x else min(float(x.min()), 0.0)
    right = max(float(x.max()), left + 1, left * (1 + 1e-9))
    if log_y:
        low = max(float(y.min()) / 1.1, ticks.TINY)
        high = max(float(y.max()), ticks.TINY) * 1.1
    else:
        low, high = ticks.grown(float(y.min()), float(y.max()), 8)
    return Axes((left, right), (low, high), log_x, log_y)


def _grid(axes: Axes, x_name: str) -> list[str]:
    parts = []
    for value, label in ticks.told(*axes.y, 8, axes.log_y):
        y = float(axes.down(np.array(value)))
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y, "#e4e2da"))
        parts.append(_text(LEFT - 8, y + 4, label, "#8a90a0", anchor="end"))
    for value, label in _x_marks(axes):
        x = float(axes.across(np.array(value)))
        parts.append(_line(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5, "#8a90a0"))
        parts.append(_text(x, HEIGHT - BOTTOM + 20, label, "#8a90a0", anchor="middle"))
    parts.append(_line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "#8a90a0"))
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 12, x_name, "#8a90a0", anchor="end"))
    return parts


def _x_marks(axes: Axes) -> list[tuple[float, str]]:
    """Round numbers on the x axis and their texts: fewer where long ones would meet."""
    known: list[tuple[float, str]] = []
    for count in (8, 4, 2, 1):
        known = ticks.told(*axes.x, count, axes.log_x)
        room = (WIDTH - LEFT - RIGHT) / count
        if axes.log_x or LETTER * (max((len(label) for _, label in known), default=0) + 1) <= room:
            break
    return known


def _level(axes: Axes, label: str, value: float) -> list[str]:
    if not math.isfinite(value) or not axes.y[0] <= value <= axes.y[1]:
        return []
    y = float(axes.down(np.array(value)))
    colour = LIGHT.colours[PUBLISHED]
    return [
        _line(LEFT, y, WIDTH - RIGHT, y, colour, dash=True),
        _text(LEFT + 6, y - 5, f"{label} {axes.told(value)}", colour),
    ]


def _names(ends: Sequence[tuple[float, str, str]]) -> list[str]:
    """The names at the ends of their lines, from top to bottom as the lines end."""
    pixels = [round(y - TOP) for y, _, _ in ends]
    free = [y - NAME * index for index, y in enumerate(pixels)]  # as if names had no height
    last = HEIGHT - TOP - BOTTOM - NAME * (len(ends) - 1)
    parts, before = [], -math.inf
    for index, ((_, text, colour), y) in enumerate(zip(ends, free, strict=True)):
        before = max(before, float(min(y, last)))
        parts.append(_text(WIDTH - RIGHT + 8, TOP + before + NAME * index + 4, text, colour))
    return parts


def _curve(axes: Axes, curve: Curve, colour: str, names: list[tuple[float, str, str]]) -> list[str]:
    """The raw values faint and the smooth ones bright; its name is added to `names`."""
    finite = np.flatnonzero(np.isfinite(curve.y))
    if not len(finite):
        return []
    faint = curve.smooth is not None
    parts = [_path(axes, curve.x, curve.y, colour, 0.3 if faint else 1.0)]
    course = curve.y
    if curve.smooth is not None:
        parts.append(_path(axes, curve.x, curve.smooth, colour, 1.0))
        course = curve.smooth
    y = min(max(float(axes.down(course[finite[-1:]])[0]), TOP), HEIGHT - BOTTOM)
    end = axes.told(float(course[finite[-1]])) + (" smoothed" if faint else "")
    names.append((y, f"{curve.name} {end}", colour))
    return parts


def _path(axes: Axes, x: Floats, y: Floats, colour: str, opacity: float) -> str:
    across, down = axes.across(x), axes.down(np.asarray(y, dtype=np.float64))
    across, down = _thinned(across, down)
    pen, words = "M", []
    for a, b in zip(across.tolist(), down.tolist(), strict=True):
        if math.isfinite(a) and math.isfinite(b):
            words.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        else:
            pen = "M"
    style = f"fill='none' stroke='{colour}' stroke-width='1.5' stroke-opacity='{opacity:g}'"
    return f"<path {style} d='{''.join(words)}'/>"


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The first, least, greatest and last point of each pixel column, in their order."""
    if len(x) < 4 * WIDTH:
        return x, y
    column = np.floor(x).astype(np.int64)
    starts = np.flatnonzero(np.diff(column, prepend=column[0] - 1))
    kept = set(starts.tolist()) | {len(x) - 1}
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(x)], strict=True):
        part = y[start:stop]
        if np.isfinite(part).any():
            kept |= {start + int(np.nanargmin(part)), start + int(np.nanargmax(part)), stop - 1}
    index = np.array(sorted(kept))
    return x[index], y[index]


def _line(x: float, y: float, right: float, down: float, colour: str, dash: bool = False) -> str:
    dashes = " stroke-dasharray='6 4'" if dash else ""
    ends = f"x1='{x:.1f}' y1='{y:.1f}' x2='{right:.1f}' y2='{down:.1f}'"
    return f"<line {ends} stroke='{colour}'{dashes}/>"


def _text(
    x: float, y: float, text: str, colour: str, *, anchor: str = "start", weight: str = "normal"
) -> str:
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}' font-weight='{weight}'"
    return f"<text {place} fill='{colour}'>{escape(text)}</text>"
