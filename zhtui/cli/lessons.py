"""Commands that lessons add to the command line, in the same way for a stranger's lesson.

A lesson's card names them (`Lesson(commands=("tokenize",))`); the function of that name lies in the
lesson's `command.py`, annotated for Typer, and is imported when the command is asked for. Several
that belong together are one `typer.Typer` of that name: `zhtui gpt2 eval`.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from zhtui.errors import LessonError, boundary
from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.wording import one_line, several_lines


class WithLessons(TyperGroup):
    """The lab's own commands, then those of the lessons."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every command's name."""
        return [*super().list_commands(ctx), *offered()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command by its name; None where there is none."""
        own = super().get_command(ctx, cmd_name)
        entry = offered().get(cmd_name) if own is None else None
        if entry is None:
            return own
        try:
            with boundary(f"making the command {cmd_name} of lesson {entry.name}"):
                return _clean(_made(entry, cmd_name))
        except LessonError as error:
            return _broken(cmd_name, error)


def _made(entry: Entry, name: str) -> Any:
    given = entry.function("command", name)
    if isinstance(given, typer.Typer):
        group = typer.main.get_command(given)
        group.name = name
        return group
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    single.command(name)(given)
    return typer.main.get_command(single)


def _broken(name: str, why: LessonError) -> TyperCommand:
    """A row in the help as the others; who gives the command is told what is wrong with it."""

    def fail(**_: Any) -> None:
        raise why

    anything = {"ignore_unknown_options": True, "allow_extra_args": True}
    return TyperCommand(
        name, callback=fail, help=f"! {one_line(str(why))}", context_settings=anything,
        add_help_option=False,
    )  # fmt: skip


def _clean(command: Any) -> Any:
    """A command whose help commands no terminal, nor that of one below it."""
    for each in (command, *command.params):
        for name in ("help", "short_help", "epilog", "metavar"):
            if isinstance(text := getattr(each, name, None), str):
                setattr(each, name, several_lines(text))
    for below in getattr(command, "commands", {}).values():
        _clean(below)
    return command


def offered() -> dict[str, Entry]:
    """The lessons' commands by name, which is that of a function."""
    entries = [entry for entry in catalog.all_lessons() if entry.lesson]
    named = ((name, entry) for entry in entries for name in entry.card.commands)
    return {name: entry for name, entry in named if name.isidentifier()}
