"""What the explore screen is made of, as its parts and its groups of keys see it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from zhtui.errors import LabError
from zhtui.lesson.catalog import Entry
from zhtui.runs import learner
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.session import Session
from zhtui.tui.widgets.player import Player

if TYPE_CHECKING:
    from zhtui.tui.screens.explore.dials import KnobRows
    from zhtui.tui.screens.explore.games import MistakeGame, NumberGame
    from zhtui.tui.screens.explore.inquiry import Inquiry
    from zhtui.tui.screens.explore.watched import Watched
    from zhtui.tui.widgets.tiles import Tiles


class Exploring(LabScreen):
    """The parts of the screen; what it does with them is in `screen.py`."""

    session: Session
    entry: Entry
    inquiry: Inquiry
    watched: Watched
    player: Player
    tiles: Tiles
    knobs: KnobRows
    mistakes: MistakeGame
    numbers: NumberGame
    knobs_wanted: bool

    @abstractmethod
    def ask(self, frame: int = 0, seek: str = "") -> None:
        """Asks for a frame, the one in sight where none is named, or for what comes after it."""

    @abstractmethod
    def tell(self) -> None:
        """All words of the screen."""

    @abstractmethod
    def type(self, question: str, value: str, then: Callable[[str], None]) -> None:
        """Asks for something in the line below the pictures."""

    @abstractmethod
    def turn(self, name: str, value: object) -> None:
        """Sets a knob, and looks at the same frame again."""

    def note(self, did: learner.Did) -> None:
        """Keeps what the learner did."""
        self.session.do(lambda: learner.did(self.session.root, did))

    @abstractmethod
    def edit_knob(self) -> None:
        """Goes to the knobs; where one is there, types the one at the cursor."""

    def tried(self, work: Callable[[], None]) -> bool:
        """Does something; whether it was not refused."""
        try:
            work()
        except LabError as error:
            self.notify(str(error), severity="error", markup=False)
            return False
        return True
