"""A lesson's notes, drawn: headings, text, lists, tables, code, and links that can be chosen.

Ours on purpose: as widgets a page of Markdown takes 0.4 s to mount, as cells a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT, GROUP, LIT, PLAIN, RULE, SERIES, TITLE, YOURS
from zhtui.draw.text import places
from zhtui.lesson.played import EXPLORE, KEY, LABEL, RUN, VIEW, Action

if TYPE_CHECKING:
    from markdown_it.token import Token

WIDEST = 88  # columns of text
CODE, LETTER = SERIES + 4, SERIES + 2
INKS = {"em_open": LETTER, "strong_open": TITLE, "link_open": CHOSEN}
LOOKS = {RUN: ("▶", YOURS), EXPLORE: ("◆", SERIES + 6), VIEW: ("◇", LIT), KEY: ("", CHOSEN)}
SEE = re.compile(r"(?:^|(?<=\s))See(?: by [^:.]*)?:(?=\s|$)")
WHERE = re.compile(r"(?: in)?(?: the)? (?:scene|views?|frame|chapter|chart) ")  # it is seen
FOLDED, UNFOLDED = "▸ ", "▾ "
Char = tuple[str, int, int]  # a character, its ink, its target or -1


@dataclass(frozen=True)
class Fold:
    """What is seen and what it says: it is folded until it is asked for."""

    number: int


Target = str | Action | Fold  # what a link points at, what is played, what is unfolded


@dataclass
class Block:
    """A paragraph, a heading, an item (with its mark), a row of code, or a table."""

    chars: list[Char] = field(default_factory=list)
    mark: str = ""
    indent: int = 0
    table: list[list[list[Char]]] = field(default_factory=list)  # rows of cells
    kind: str = ""  # an item or a row of code stands close under one of its kind
    fold: int = -1  # the target that unfolds it
    stub: int = 0  # characters that are seen of it while it is folded: it begins the fold


@dataclass(frozen=True)
class Document:
    """Notes that were read once; `targets` are what can be chosen in them."""

    blocks: Sequence[Block] = ()
    targets: Sequence[Target] = ()

    @property
    def links(self) -> list[str]:
        """What the links point at, in order."""
        return [target for target in self.targets if isinstance(target, str)]

    @property
    def actions(self) -> list[Action]:
        """What can be played, in order."""
        return [target for target in self.targets if isinstance(target, Action)]


@dataclass(frozen=True)
class Page:
    """Notes laid out in a width: the cells, and the row of each target in sight, in order."""

    cells: Cells
    rows: Mapping[int, int]


class Aiming(Protocol):
    """Tells what can be played, span by span: `zhtui.lesson.played.Aim`."""

    def begin(self) -> None:
        """Another paragraph."""

    def __call__(self, before: str, span: str) -> Action | None:
        """What a span in backquotes is, after a text; None where it is code."""


class Reader:
    """Reads Markdown, token by token."""

    def __init__(self, aim: Aiming | None) -> None:
        self.aim = aim
        self.blocks: list[Block] = []
        self.targets: list[Target] = []
        self.lists: list[int] = []  # the number of the next item, 0 where they have none
        self.item = ""
        self.fold = -1  # the target under which what comes is folded

    def read(self, token: Token) -> None:
        """Takes one token in."""
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self.lists.append(int(kind.startswith("ordered")))
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self.lists.pop()
        elif kind == "list_item_open":
            self.item = f"{self.lists[-1]}. " if self.lists[-1] else "• "
            self.lists[-1] += self.lists[-1] > 0
        elif kind == "heading_open":
            self.item, self.fold = "#" if token.tag == "h1" else "##", -1
        elif kind == "table_open":
            self.blocks.append(Block(table=[], fold=self.fold))
        elif kind == "tr_open":
            self.blocks[-1].table.append([])
        elif kind == "inline" and token.level >= 4 and self.blocks and self.blocks[-1].table:
            self.blocks[-1].table[-1].append(self._chars(token))
        elif kind == "inline":
            self._paragraph(token)
            self.item = ""
        elif kind in ("fence", "code_block"):
            lines = token.content.rstrip("\n").split("\n")
            self.blocks += [
                Block([(c, CODE, -1) for c in line], indent=2, kind="code", fold=self.fold)
                for line in lines
            ]

    def _paragraph(self, token: Token) -> None:
        """A paragraph, a heading or an item; what is seen is folded from its word on."""
        chars, indent = self._chars(token), 2 * max(len(self.lists) - 1, 0)
        if self.item.startswith("#"):
            ink = CHOSEN if self.item == "#" else TITLE
            self.blocks.append(Block([(character, ink, target) for character, _, target in chars]))
            return
        text = "".join(character for character, _, _ in chars)
        first, see = LABEL.match(text), SEE.search(text)
        if first is not None and first[1] != "Say":
            self.fold = -1
        chars = _labelled(chars, text)
        at = see.start() if see is not None else len(chars)
        kind = "item" if self.item else ""
        if at:
            shown = chars[:at] if see is None else chars[: len(text[:at].rstrip())]
            self.blocks.append(Block(shown, self.item, indent, kind=kind, fold=self.fold))
        if see is not None:
            self.targets.append(Fold(len(self.targets)))
            self.fold = len(self.targets) - 1
            stub = _stub(chars[at:], text[at:])
            self.blocks.append(Block(chars[at:], "", indent, fold=self.fold, stub=stub))

    def _chars(self, token: Token) -> list[Char]:
        """The characters of a paragraph, each with its ink and its target."""
        chars: list[Char] = []
        inks, target = [PLAIN], -1
        if self.aim is not None:
            self.aim.begin()
        for child in token.children or ():
            if child.type in INKS:
                inks.append(INKS[child.type])
                if child.type == "link_open":
                    target = self._aimed(str(child.attrs.get("href", "")))
            elif child.type.endswith("_close"):
                inks.pop()
                target = -1 if child.type == "link_close" else target
            elif child.type == "code_inline" and target < 0:
                chars += self._span(child.content, chars)
            else:
                breaks = {"softbreak": " ", "hardbreak": "\n"}
                text = breaks.get(child.type, child.content)
                chars += [(c, inks[-1], target) for c in text]
        return chars

    def _span(self, text: str, before: Sequence[Char]) -> list[Char]:
        """What is in backquotes: code, or something to play."""
        known = "".join(c for c, _, _ in before)
        action = self.aim(known, text) if self.aim is not None else None
        if action is None:
            return [(c, CODE, -1) for c in text]
        sign, ink = LOOKS[action.kind]
        target = self._aimed(action)
        return [(c, ink, target) for c in sign + text]

    def _aimed(self, target: Target) -> int:
        self.targets.append(target)
        return len(self.targets) - 1


def read(text: str, aim: Aiming | None = None) -> Document:
    """Reads Markdown; `aim` tells what can be played."""
    from markdown_it import MarkdownIt  # deferred: 40 ms, off the screen's thread

    reader = Reader(aim)
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        reader.read(token)
    return Document(reader.blocks, reader.targets)


def _labelled(chars: list[Char], text: str) -> list[Char]:
    """With "Run:", "See:" and so on lit."""
    lit = {place for found in LABEL.finditer(text) for place in range(*found.span())}
    return [
        (c, TITLE if place in lit and ink == PLAIN else ink, target)
        for place, (c, ink, target) in enumerate(chars)
    ]


def _stub(chars: Sequence[Char], text: str) -> int:
    """How much of what is seen is told before it is unfolded: "See:", and where that is."""
    found = SEE.match(text)
    assert found is not None, "it begins with See:"
    where = WHERE.match(text, found.end())
    if where is None:
        return found.end()
    at = where.end()
    while at < len(chars) and chars[at][1] != PLAIN:
        at += 1
    return at + (text[at : at + 1] in (".", ":", ";"))


def draw(
    document: Document,
    chosen: int,
    width: int,
    height: int,
    unfolded: Container[int] | None = None,
) -> Page:
    """The whole of the notes in `width` columns; target `chosen` has a ground. Of what is folded
    only `unfolded` targets are drawn whole; all, where there are none.
    """
    room = min(width, WIDEST) - 2
    drawn: list[tuple[int, int, str, int, int]] = []  # x, y, text, ink, target
    y, before = 0, ""
    for index, block in enumerate(document.blocks):
        whole = block.fold < 0 or unfolded is None or block.fold in unfolded
        if not (whole or block.stub):
            continue
        y += int(index > 0 and not (block.kind and block.kind == before))
        before = block.kind
        left = 1 + block.indent + len(block.mark)
        chars = block.chars
        if block.stub and unfolded is not None:
            drawn.append((left, y, UNFOLDED if whole else FOLDED, CHOSEN, block.fold))
            left += len(FOLDED)
            more = [(character, FAINT, block.fold) for character in " …"]
            chars = chars if whole else [*chars[: block.stub], *more]
        drawn.append((1 + block.indent, y, block.mark, FAINT, -1))
        if block.table:
            y = _table(block, drawn, y, room)
            continue
        y = _text(chars, drawn, left, y, room - left)
    cells = Cells(width, max(height, y))
    rows: dict[int, int] = {}
    for x, row, text, ink, target in drawn:
        cells.put(x, row, text, ink, GROUP if target >= 0 and target == chosen else 0)
        if target >= 0:
            rows.setdefault(target, row)
    return Page(cells, rows)


def _text(
    chars: Sequence[Char], drawn: list[tuple[int, int, str, int, int]], x: int, y: int, width: int
) -> int:
    """Wraps a paragraph from (x, y); returns the row after it."""
    spots = zip(places("".join(c for c, _, _ in chars), max(width, 8)), chars, strict=True)
    last = y
    for (row, ink, target), group in groupby(spots, lambda spot: (spot[0][1], *spot[1][1:])):
        run = list(group)
        text = "".join(glyph for (_, _, glyph), _ in run).replace("\n", "")
        drawn.append((x + run[0][0][0], y + row, text, ink, target))
        last = y + row
    return last + 1


def _table(block: Block, drawn: list[tuple[int, int, str, int, int]], y: int, width: int) -> int:
    """A table: a rule under its head; the last column wraps. Returns the row after it."""
    columns = max(map(len, block.table))
    sizes = [max(len(row[i]) for row in block.table if i < len(row)) for i in range(columns)]
    starts = [1 + sum(sizes[:i]) + 3 * i for i in range(columns)]
    for number, row in enumerate(block.table):
        below = y + 1
        for i, chars in enumerate(row):
            room = width - starts[i] if i == columns - 1 else sizes[i]
            below = max(below, _text(chars, drawn, starts[i], y, room))
        y = below
        if number == 0:
            length = min(starts[-1] + sizes[-1] - 1, width)
            drawn.append((1, y, "─" * length, RULE, -1))
            y += 1
    return y
