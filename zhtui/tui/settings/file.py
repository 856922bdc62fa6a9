"""What a learner has set in `config.toml`: keys, theme, mouse, plain ASCII, bytes a second.

A file with a mistake counts as none: the lab opens with its defaults and says what to correct.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zhtui.data.paths import expanded
from zhtui.errors import ConfigError
from zhtui.runs.files import read_settings
from zhtui.tui.keys import keyboard
from zhtui.tui.terminal.output import BYTES_A_SECOND

VARIABLE = "ZHTUI_CONFIG"
THEME_NAMES = {"dark": "lab-dark", "light": "lab-light", "safe": "lab-safe", "own": "ansi-dark"}
LEAST_BYTES = 2_000  # a second; below it a screen takes longer to come than one waits for it
MOST_BYTES = 10**12
DEEPEST = 8  # tables in tables under [keys]
POOR = {"linux", "vt100", "vt220"}  # terminals without the signs that charts are drawn with


@dataclass(frozen=True)
class Settings:
    """`keys` is id -> "key,key"; `ascii` is None where the terminal decides; `complaint` says what
    is wrong with the file.
    """

    keys: Mapping[str, str] = field(default_factory=dict)
    theme: str = "dark"
    mouse: bool = True
    ascii: bool | None = None
    bytes_a_second: int = BYTES_A_SECOND
    complaint: str = ""


USUAL = Settings()


def path() -> Path:
    """The file: $ZHTUI_CONFIG, else config.toml in the user's own folder for settings."""
    if given := os.environ.get(VARIABLE):
        return expanded(given).absolute()
    from platformdirs import user_config_path

    return user_config_path("zhtui") / "config.toml"


def load(lessons: Collection[str] = ()) -> Settings:
    """What the file says; the defaults and a complaint where it has a mistake."""
    try:
        return read(read_settings(path()).decode("utf-8"), lessons)
    except (FileNotFoundError, NotADirectoryError):
        return USUAL
    except OSError as error:
        why = f"it cannot be read ({error.strerror}); correct that, or remove it"
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8 at byte {error.start}; save it as UTF-8"
    except ConfigError as error:
        why = str(error)
    return Settings(complaint=why)


def read(text: str, lessons: Collection[str] = ()) -> Settings:
    """The settings of a TOML text. Raises `ConfigError` naming the first thing wrong."""
    import tomllib  # deferred: 3 ms that a start without the file does not pay

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(str(error), text)) from error
    except (RecursionError, ValueError) as error:  # brackets without end, a number of 5,000 digits
        raise ConfigError("a value is too long or too deep; `zhtui keys` shows how") from error
    rebound = table.pop("keys", {})
    for name, value in table.items():
        if wrong := _wrong(name, value):
            raise ConfigError(_at(name, wrong))
    if not isinstance(rebound, dict):
        raise ConfigError(_at("keys", 'keys is a table; write [keys], below it id = "key"'))
    return Settings(keys=_keys(rebound, lessons), **table)


def _keys(table: dict[str, Any], lessons: Collection[str]) -> dict[str, str]:
    """id -> keys in Textual's names; `home.run = "r"` and `"home.run" = "r"` are the same."""
    rebound: dict[str, str] = {}
    for id, value in _flat(table):
        if not isinstance(value, str):
            why = f'{id} is not a text; write its key or keys in quotes: {id} = "r,f5"'
            raise ConfigError(_at(id, why))
        try:
            rebound[id] = keyboard.normal(value)
        except ConfigError as error:
            raise ConfigError(_at(id, str(error))) from error
    if mistake := keyboard.check(rebound, lessons):
        id, why = mistake
        raise ConfigError(_at(id, why))
    return rebound


def _flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict) and before.count(".") < DEEPEST:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _wrong(name: str, value: object) -> str:
    """What is wrong with one setting; "" where it is sound."""
    if name == "theme":
        names = ", ".join(THEME_NAMES)
        return "" if isinstance(value, str) and value in THEME_NAMES else f"theme is one of {names}"
    if name in ("mouse", "ascii"):
        return "" if isinstance(value, bool) else f"{name} is true or false; write one of them"
    if name == "bytes_a_second":
        sound = type(value) is int and LEAST_BYTES <= value <= MOST_BYTES
        return "" if sound else f"bytes_a_second is a whole number; write {LEAST_BYTES} or more"
    return f"there is no setting {name}; take theme, mouse, ascii, bytes_a_second or [keys]"


def _at(name: str, why: str) -> str:
    """Why a setting cannot be, with its name where the sentence has none."""
    return why if name in why else f"{name}: {why}"


def _syntax(error: str, text: str) -> str:
    """tomllib's sentence with its line in front."""
    found = re.search(r" \(at line (\d+), column \d+\)", error)
    number = int(found[1]) if found else len(text.splitlines()) or 1
    what = error[: found.start()] if found else re.sub(r" \(at end of document\)", "", error)
    return f"line {number}: {what[:1].lower()}{what[1:]}; correct it, `zhtui keys` shows how"


def plain_terminal(environ: Mapping[str, str] = os.environ) -> str:
    """Why this terminal is given plain ASCII; "" where it shows all that the lab draws."""
    if "TEXTUAL_DRIVER" in environ:
        return ""  # a browser's
    if environ.get("TERM") in POOR:
        return f"TERM={environ['TERM']}"
    names = ["LC_ALL", "LC_CTYPE", "LANG"]
    if sys.flags.utf8_mode and environ.get("LC_CTYPE") in ("C.UTF-8", "C.utf8", "UTF-8"):
        names.remove("LC_CTYPE")  # Python's own doing, where it was started with LANG=C
    name = next((name for name in names if environ.get(name)), "")
    value = environ.get(name, "")
    _, dot, encoding = value.partition("@")[0].partition(".")
    spoken = encoding if dot else value
    unicode = spoken.lower().replace("-", "") == "utf8"
    known = dot or spoken in ("C", "POSIX")
    return f"{name}={value}" if known and not unicode else ""
