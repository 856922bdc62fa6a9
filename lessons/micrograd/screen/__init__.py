"""The stepper: an expression's graph, walked forward and back one node at a time."""

from lessons.micrograd.screen.screen import open_screen

__all__ = ["open_screen"]
