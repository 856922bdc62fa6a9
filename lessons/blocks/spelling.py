"""Arithmetic as it is read: a dot product with its numbers in, one line long."""

from __future__ import annotations

from collections.abc import Sequence

ENDS = 2  # terms that are spelled before and after the ones left out


def number(value: float) -> str:
    """Two decimals, three places for small ones: 0.31, -1.20, 0.004, 1.2e-05."""
    size = abs(value)
    if size == 0 or 0.01 <= size < 1000:
        return f"{value:.2f}"
    return f"{value:.3f}" if 0.001 <= size < 0.01 else f"{value:.1e}"


def terms(parts: Sequence[str]) -> str:
    """Terms joined by +, long sums shortened in the middle: a + b + … + y + z."""
    if len(parts) > 2 * ENDS + 1:
        parts = [*parts[:ENDS], "…", *parts[-ENDS:]]
    return " + ".join(parts)


def dot(a: Sequence[float], b: Sequence[float]) -> str:
    """[0.3, 2] and [1, -1]  ->  0.30·1.00 + 2.00·-1.00"""
    return terms([f"{number(x)}·{number(y)}" for x, y in zip(a, b, strict=True)])
