"""What lies beneath a dialog is drawn again only when it changes."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen


class Beneath(Screen[Any]):
    """A screen that comes to rest under a dialog.

    Textual's own marks itself to be painted whole once more each time that anything on it was drawn
    under a dialog: one change there and the frame is sent again and again, as long as the dialog is
    open. The dialog is drawn anew as before; when it goes, the whole screen is.
    """

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        if self is not self.app.screen:
            self._repaint_required = False
