"""Numbers and updates as they are read: the arithmetic of one step, with its numbers in."""

from __future__ import annotations


def number(value: float) -> str:
    """Two decimals, three where two are not all: 0.5 -> "0.50", 0.545 -> "0.545", −1 -> "−1"."""
    if value == int(value) and abs(value) >= 1:
        return f"{int(value):,}".replace("-", "−")
    two, three = f"{value:.2f}", f"{value:.3f}"
    text = two if abs(float(two) - value) < 5e-4 else three
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def pay(reward: float) -> str:
    """A reward, short: "0", "1", "−100", "0.5"."""
    return f"{reward:g}".replace("-", "−")


def update(name: str, before: float, alpha: float, reward: float, guess: str, now: float) -> str:
    """One update: "V(C) ← 0.50 + 0.1·(0 + 0.50 − 0.50) = 0.50".

    `guess` is what follows the reward in the target, "" where nothing does.
    """
    target = pay(reward)
    if guess:
        target += f" − {guess[1:]}" if guess[0] == "−" else f" + {guess}"
    start = number(before)
    inner = f"{target} {'+' if before < 0 else '−'} {start.lstrip('−')}"
    return f"{name} ← {start} + {alpha:g}·({inner}) = {number(now)}"
