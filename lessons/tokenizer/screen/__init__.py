"""The inspector: one merge at a time, the pairs, the tree of a token, traps and comparisons."""

from lessons.tokenizer.screen.keys import KEYS
from lessons.tokenizer.screen.screen import open_screen

__all__ = ["KEYS", "open_screen"]
