"""What the watcher's thread tells the app: that there is something to take, never the thing itself.

A message replaces one of its kind that is still waiting, so a slow screen gets one, not a thousand.
"""

from __future__ import annotations

from textual.message import Message


class Coalesced(Message, bubble=False):
    """A message of which only the last one counts."""

    def can_replace(self, message: Message) -> bool:
        """Whether a waiting message is made needless by this one."""
        return type(self) is type(message)


class RunsChanged(Coalesced, bubble=False):
    """The list of runs, or the state of one, is another."""


class RunGrew(Coalesced, bubble=False):
    """The run that is looked at has new rows, events or views."""


class ReadingFailed(Message, bubble=False):
    """Something could not be read, which nobody foresaw; the reader goes on with the rest."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence


class DeviceRead(Coalesced, bubble=False):
    """The device was read again."""
