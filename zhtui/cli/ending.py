"""How a command ends: a mistake is one sentence and an exit code, never a traceback.

0, or what the command itself says; 1 what failed; 2 what was asked wrongly; 130 an interrupt; 141 a
pipe that was closed. Loads neither Typer nor textual: the lab ends in the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zhtui.errors import (
    BusyError,
    ConfigError,
    DeviceError,
    LabError,
    LessonError,
    StoreError,
    TerminalError,
)
from zhtui.say import complain, give_up, prepare

WRONG = (ConfigError, LessonError, StoreError, DeviceError, TerminalError)  # the command was wrong


@contextmanager
def orderly() -> Iterator[None]:
    """What happens within ends the process with its exit code, and says why in one sentence."""
    prepare()
    try:
        try:
            _somewhere()
            yield
        finally:
            sys.stdout.flush()  # a full disk is met here, not when Python ends
    except LabError as error:
        complain(f"zhtui: {error}")
        sys.exit(2 if isinstance(error, WRONG) and not isinstance(error, BusyError) else 1)
    except BrokenPipeError:
        give_up()
        sys.exit(141)
    except OSError as error:
        give_up()
        complain(f"zhtui: {_named(error)}")
        sys.exit(1)
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # Typer met it first, and says 1
            give_up()
            sys.exit(141)
        raise


def _named(error: OSError) -> str:
    """What the system did not do, in one sentence."""
    if error.filename is not None:
        return f"{str(error.filename)!r} cannot be used ({error.strerror}); choose another"
    return f"nothing could be written ({error.strerror or error}); write somewhere else"


def _somewhere() -> None:
    """Raises `StoreError` where the working directory is gone: not even torch is loaded there."""
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise StoreError(
            "the folder that you are in was deleted; change to another with `cd`"
        ) from error
