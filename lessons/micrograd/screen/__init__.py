"""The stepper: an expression's graph, forward and backward, one move at a time."""

from lessons.micrograd.screen.keys import KEYS
from lessons.micrograd.screen.screen import open_screen

__all__ = ["KEYS", "open_screen"]
