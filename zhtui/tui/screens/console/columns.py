"""One to three texts side by side, each under a line that tells of it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from zhtui.tui.screens.console.branches import Branch, shared
from zhtui.tui.screens.console.token_widgets import Strand, StrandHead

MOST = 3


class Strands(Horizontal):
    """Branches in columns; `empty` stands where there is no text yet."""

    def __init__(self, empty: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = empty

    def compose(self) -> ComposeResult:
        for index in range(MOST):
            with Vertical(classes="column later" if index else "column"):
                yield StrandHead()
                yield Strand(id=f"strand-{index}")

    def on_mount(self) -> None:
        self.each[0].empty = self.empty

    @property
    def each(self) -> list[Strand]:
        """The texts."""
        return list(self.query(Strand))

    def side_by_side(self, count: int) -> None:
        """Shows so many columns."""
        for index, column in enumerate(self.query(".column")):
            column.display = index < count

    def show(
        self, branches: Sequence[Branch | None], lit: int, dated: bool, shaded: bool, compared: bool
    ) -> None:
        """Draws a branch in each column, the settings of column `lit` as those that turn. What
        `compared` branches share is faint; `dated` ones name the checkpoint that wrote them.
        """
        known = [branch for branch in branches if branch is not None]
        same = shared(*[branch.text for branch in known]) if compared and len(known) == 2 else 0
        pairs = zip(self.query(StrandHead), self.each, strict=True)
        for index, (head, strand) in enumerate(pairs):
            branch = branches[index] if index < len(branches) else None
            head.show(branch, lit=index == lit, dated=dated)
            strand.show(branch, same=same, shaded=shaded)
