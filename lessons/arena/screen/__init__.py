"""The board: play any agent, watch two of them, and see what each thinks while it thinks."""

from lessons.arena.screen.keys import KEYS
from lessons.arena.screen.screen import open_screen

__all__ = ["KEYS", "open_screen"]
