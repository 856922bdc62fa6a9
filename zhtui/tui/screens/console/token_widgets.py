"""Widgets of the console: a text with a cursor on its tokens, the odds of one, the branches."""

from __future__ import annotations

from zhtui.draw.grid import Grid, Page
from zhtui.draw.inks import CHOSEN, FAINT, PLAIN, TITLE
from zhtui.lesson.sampling import Sampling, Token
from zhtui.tui.screens.console import alternatives, token_text
from zhtui.tui.screens.console.branches import Branch
from zhtui.tui.screens.console.dials import short
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.rows import Item, Paint


class StrandHead(Drawn, can_focus=False):
    """The line over a text: which branch, with what settings, how surprising."""

    DEFAULT_CSS = "StrandHead { height: 1; width: 1fr; overflow: hidden hidden; }"

    def __init__(self) -> None:
        super().__init__()
        self.branch: Branch | None = None
        self.lit = self.dated = False

    def show(self, branch: Branch | None, *, lit: bool, dated: bool) -> None:
        """Another branch, or the same one longer; `lit` is the one that the dials turn, `dated`
        names the checkpoint that wrote it.
        """
        self.branch, self.lit, self.dated = branch, lit, dated
        self.redraw()

    def draw(self, width: int, height: int) -> Page:
        cells = Page(width, 1)
        if self.branch is None:
            return cells
        tokens = self.branch.tokens
        at = cells.put(1, 0, f"{self.branch.number} ", CHOSEN if self.lit else TITLE)
        name = "your own text" if self.branch.own else short(self.branch.sampling)
        at = cells.put(at, 0, name, CHOSEN if self.lit else PLAIN)
        if self.dated and self.branch.step is not None:
            at = cells.put(at, 0, f"  step {self.branch.step:,}", FAINT)
        total, each = self.branch.surprise
        right = f"{len(tokens)} tokens  {total:.1f} bits  {each:.2f} each"
        for text in (right, f"{total:.1f} bits  {each:.2f} each", f"{each:.2f} bits each"):
            if tokens and at + len(text) + 2 < width:
                cells.put(width - len(text) - 1, 0, text, FAINT)
                break
        return cells


class Strand(Drawn):
    """A branch's text. `cursor` is the token that is looked at; None follows the last one."""

    DEFAULT_CSS = "Strand { overflow: hidden auto; scrollbar-gutter: stable; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.branch: Branch | None = None
        self.cursor: int | None = None
        self.same = 0
        self.shaded = False
        self.empty = ""
        self.rows: list[int] = []

    @property
    def at(self) -> int:
        """The token that is looked at; -1 where there is none."""
        last = len(self.branch.tokens) - 1 if self.branch else -1
        return last if self.cursor is None else min(self.cursor, last)

    @property
    def token(self) -> Token | None:
        """What is looked at."""
        at = self.at
        return self.branch.tokens[at] if self.branch and at >= 0 else None

    def show(self, branch: Branch | None, *, same: int = 0, shaded: bool = False) -> None:
        """Another branch, or the same one longer."""
        if branch is not self.branch:
            self.cursor = None
        self.branch, self.same, self.shaded = branch, same, shaded
        self.redraw()
        self.follow()

    def draw(self, width: int, height: int) -> Grid:
        if self.branch is None:
            page = Page(width, height)
            for y, line in enumerate(self.empty.split("\n")):
                page.put(1, y, line, FAINT)
            return page
        rich = self.palette.rich
        tokens = self.branch.tokens
        cursor = self.cursor if self.cursor is None else self.at
        laid = token_text.draw(
            self.branch.prompt, tokens, width, height, top=self.top,
            cursor=cursor, same=self.same, shaded=self.shaded, rich=rich, error=self.branch.error,
        )  # fmt: skip
        self.rows = list(laid.rows)
        return laid.cells

    def watch_scroll_y(self, old: float, new: float) -> None:
        super().watch_scroll_y(old, new)
        if round(old) != round(new):
            self.redraw()  # only what is in sight was drawn

    def move(self, by: int) -> None:
        """Moves the cursor by tokens; `show` draws it."""
        if self.at >= 0:
            self.cursor = min(max(self.at + by, 0), len(self.rows) - 1)

    def move_line(self, by: int) -> None:
        """Moves the cursor by lines of the text; `show` draws it."""
        if not self.rows or self.at < 0:
            return
        wanted = self.rows[self.at] + by
        near = [i for i, row in enumerate(self.rows) if row == wanted]
        column = self.at - self.rows.index(self.rows[self.at])
        if near:
            self.cursor = near[min(column, len(near) - 1)]

    def follow(self) -> None:
        """Scrolls until the token that is looked at is in sight."""
        if not self.rows or not self.room.height or self.at < 0 or self.at >= len(self.rows):
            return
        row, top, height = self.rows[self.at], self.top, self.room.height
        if row < top or row >= top + height:
            self.scroll_to(
                y=max(row - height // 2 if row < top else row - height + 1, 0), animate=False
            )


class Odds(Drawn, can_focus=False):
    """The alternatives of one token."""

    DEFAULT_CSS = "Odds { overflow: hidden hidden; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.token: Token | None = None
        self.sampling = Sampling()
        self.chosen: int | None = None

    def show(self, token: Token | None, sampling: Sampling, chosen: int | None) -> None:
        """Another token, or another alternative of it."""
        if (token, sampling, chosen) != (self.token, self.sampling, self.chosen):
            self.token, self.sampling, self.chosen = token, sampling, chosen
            self.redraw()

    def draw(self, width: int, height: int) -> Grid:
        return alternatives.draw(self.token, self.sampling, self.chosen, width, height)


def branch_row(branch: Branch, marked: bool) -> Item:
    """A branch in the list: its number, where it left another, how it goes on, its surprise."""

    def paint(cells: Grid, y: int, chosen: bool) -> None:
        at = cells.put(1, y, f"{branch.number:>2}", CHOSEN if chosen else TITLE)
        sign = "◆" if marked else ("✎" if branch.own else " ")
        at = cells.put(at + 1, y, sign, CHOSEN)
        if branch.parent:
            at = cells.put(at + 1, y, f"└{branch.parent}", FAINT)
        tokens = branch.tokens
        start = len(branch.kept)
        end = "".join(token.text for token in tokens[start : start + 60]) or branch.prompt
        each = f"{branch.surprise[1]:.2f}" if tokens else "…"
        room = cells.width - at - len(each) - 4
        cells.put(
            at + 1, y, alternatives.shown(end[:room]).replace("␣", " "), PLAIN if chosen else FAINT
        )
        cells.put(cells.width - len(each) - 1, y, each, FAINT)

    typed: Paint = paint
    return Item(str(branch.number), typed)
