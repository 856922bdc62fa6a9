"""What can go wrong, each as one sentence that ends in what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class LabError(Exception):
    """A mistake of the user or of the machine; its text is all that a user is shown."""


class ConfigError(LabError):
    """A knob that does not exist, or a value that it does not take."""


class DataError(LabError):
    """A data set that cannot be found, downloaded or read."""


class StoreError(LabError):
    """A run folder that cannot be found, read or written."""


class BusyError(StoreError):
    """A run that another worker holds."""


class CheckpointError(LabError):
    """A checkpoint that cannot be written or read."""


class LessonError(LabError):
    """A lesson that cannot be found or loaded."""


class DeviceError(LabError):
    """A device that is not there, or that has too little memory."""


class TerminalError(LabError):
    """No terminal, or one on which the lab cannot be drawn."""


@contextmanager
def boundary(what: str | Callable[[], str]) -> Iterator[None]:
    """The one fence around code that is not the lab's: its failure becomes a `LessonError`.

    A `LabError` passes as it is. `what` (or what it returns) begins the sentence: what was tried.
    """
    try:
        yield
    except LabError:
        raise
    except (Exception, SystemExit) as error:
        kind, tried = type(error).__name__, what() if callable(what) else what
        raise LessonError(f"{tried} failed with {kind}: {error}".rstrip(": ")) from error
