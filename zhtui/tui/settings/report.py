"""What the command line tells of settings: every key with its id, and what the file says."""

from __future__ import annotations

import json
from collections.abc import Iterator

from textual.keys import key_to_character

from zhtui.errors import LabError
from zhtui.lesson import catalog
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import Keyboard, check
from zhtui.tui.keys.table import Key
from zhtui.tui.settings import file
from zhtui.tui.terminal.output import BYTES_A_SECOND

OTHERS = f"""
# theme = "dark"          # {", ".join(file.THEME_NAMES)}
# mouse = true
# ascii = false           # without it the terminal decides
# bytes_a_second = {BYTES_A_SECOND}  # over a slow link: of what is drawn unasked
""".split("\n")
OFF = "off, unless the terminal says that it takes two cells for a sign such as ●"


def table() -> Iterator[str]:
    """The keys that are in force, as a config.toml: take the whole of it, or lines under [keys]."""
    refusals: list[str] = []
    guests = list(own_places(refusals))
    own = file.load(catalog.names())
    if own.complaint:
        refusals.append(f"{file.path()}, {own.complaint}")
    keyboard = Keyboard(own.keys)
    yield f"# {file.path()}"
    yield from (f"# {refusal}" for refusal in refusals)
    yield from OTHERS
    yield "[keys]"
    for place, row in [*keys.PLACES.items(), *guests]:
        yield f"# {place}"
        for key in row:
            written = json.dumps(",".join(_short(part) for part in keyboard.parts(key)))
            yield f"{key.id + ' = ' + written:<44} # {key.text or key.word}".rstrip(" #")


def report() -> Iterator[str]:
    """What `zhtui doctor` says of the file, and of the signs that the terminal is given."""
    refusals: list[str] = []
    guests = [row for _, row in own_places(refusals)]
    for refusal in refusals:
        yield f"! {refusal}"
    place, own = file.path(), file.load(catalog.names())
    wrong = own.complaint or (check(own.keys, (), guests) or ("", ""))[1]
    if wrong:
        yield f"! settings in {place}: {wrong}"
    else:
        none = "" if place.exists() else " (not there; `zhtui keys` shows how it is written)"
        yield f"settings in {place}{none}"
    poor = file.plain_terminal()
    why = f"on, because {poor}; --no-ascii turns it off" if poor else OFF
    if own.ascii is not None:
        why = f"{'on' if own.ascii else 'off'}, because config.toml says so"
    yield f"plain ASCII: {why}"


def own_places(refusals: list[str] | None = None) -> Iterator[tuple[str, tuple[Key, ...]]]:
    """(place, keys) of the lessons' own screens, less what is the lab's already; a screen that
    cannot be opened is named among the refusals.
    """
    known = {key.id for row in keys.PLACES.values() for key in row}
    for entry in catalog.all_lessons():
        if entry.lesson is not None and entry.has("screen"):
            try:
                brought = entry.offer("screen", "KEYS", {})
            except LabError as error:
                if refusals is not None:
                    refusals.append(str(error).replace("\n", " "))
                continue
            for title, row in brought.items():
                yield f"{entry.name}: {title.lower()}", tuple(k for k in row if k.id not in known)


def _short(part: str) -> str:
    """question_mark as ?, but comma and space by their names."""
    character = key_to_character(part)
    plain = character is not None and character.isprintable() and character not in ", "
    return character if plain and character else part
