"""Commands that lessons add to the command line, in the same way for a stranger's lesson.

A lesson's card names them (`Lesson(commands=("tokenize",))`); the function of that name lies in the
lesson's `command.py`, annotated for Typer, and is imported when the command is asked for. Several
that belong together are one `typer.Typer` of that name: `zhtui gpt2 eval`.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry


class WithLessons(TyperGroup):
    """The lab's own commands, then those of the lessons."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command's name."""
        return [*super().list_commands(ctx), *offered()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name; None where there is none."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in offered():
            return own
        given = offered()[cmd_name].function("command", cmd_name)
        if isinstance(given, typer.Typer):
            group = typer.main.get_command(given)
            group.name = cmd_name
            return group
        single = typer.Typer(rich_markup_mode=None, add_completion=False)
        single.command(cmd_name)(given)
        return typer.main.get_command(single)


def offered() -> dict[str, Entry]:
    """The lessons' commands by name."""
    entries = [entry for entry in catalog.all_lessons() if entry.lesson]
    return {name: entry for entry in entries for name in entry.card.commands}
