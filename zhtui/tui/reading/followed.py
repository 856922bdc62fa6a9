"""A run that a screen follows: who reads its folder, and what it has said so far."""

from __future__ import annotations

from textual.message_pump import MessagePump

from zhtui.runs import origin
from zhtui.runs.figures import data_name
from zhtui.runs.folder import RunFolder, Status
from zhtui.tui.reading.history import History
from zhtui.tui.reading.watch import Follower, Growth, Seen, Watch


class Followed:
    """One run. `target` hears `RunGrew` when there is something to take; `seen` is the run as the
    list had it, where it was chosen from there.
    """

    def __init__(
        self, folder: RunFolder, watch: Watch, target: MessagePump, seen: Seen | None = None
    ) -> None:
        self.folder, self.watch, self.seen = folder, watch, seen
        self.follower = Follower(folder, target)
        self.history = History()
        if seen is not None:
            self.history = History(
                status=seen.status,
                data=data_name(seen.card),
                config=origin.config(seen.card),
                differs=origin.changed(seen.card),
            )

    @property
    def status(self) -> Status | None:
        """Its state as last read; None before that."""
        return self.history.status

    @property
    def live(self) -> bool:
        """Whether a worker is at it."""
        return self.history.status is not None and self.history.status.live

    def follow(self) -> None:
        """Reads from now on; once, however often it is asked."""
        self.watch.follow(self.follower)

    def leave(self) -> None:
        """Reads no more; what was read stays."""
        self.watch.drop(self.follower)

    def grow(self) -> Growth:
        """Takes what was read since the last time."""
        growth = self.follower.take()
        if growth:
            self.history.grow(growth)
        return growth

    def changed_state(self) -> bool:
        """Takes the newest status alone where its state is another than the one that is shown: it
        is said at once, whatever else waits to be drawn.
        """
        newest = self.follower.status
        if newest is None or self.status is None or newest.state == self.status.state:
            return False
        self.history.status = newest
        return True

    def turn(self, at: float | None) -> None:
        """Reads the views as they stood at a step, None for the newest, and at once."""
        self.follower.turn(at)
        self.watch.wake()
