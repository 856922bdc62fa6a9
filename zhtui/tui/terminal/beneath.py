"""What is drawn again of a screen: only what changed, under a dialog and when the keys move on."""

from __future__ import annotations

from typing import Any

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget


class Beneath(Screen[Any]):
    """A screen that comes to rest under a dialog.

    Textual's own marks itself to be painted whole once more each time that anything on it was drawn
    under a dialog: one change there and the frame is sent again and again, as long as the dialog is
    open. The dialog is drawn anew as before; when it goes, the whole screen is.

    Textual's own is also painted whole whenever another widget takes the keys. Here only the two
    widgets are, that which loses them and that which takes them.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        if self is not self.app.screen:
            self._repaint_required = False
