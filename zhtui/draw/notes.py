"""A lesson's notes, drawn: headings, text, lists, tables, code, and links that can be chosen.

Ours on purpose: as widgets a page of Markdown takes 0.4 s to mount, as cells a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from zhtui.draw.cells import Cells
from zhtui.draw.inks import CHOSEN, FAINT, GROUP, PLAIN, RULE, SERIES, TITLE
from zhtui.draw.text import places

if TYPE_CHECKING:
    from markdown_it.token import Token

WIDEST = 88  # columns of text
CODE = SERIES + 4
INKS = {"em_open": TITLE, "strong_open": TITLE, "link_open": CHOSEN}
Char = tuple[str, int, int]  # a character, its ink, its link or -1


@dataclass
class Block:
    """A paragraph, a heading, an item (with its mark), a row of code, or a table."""

    chars: list[Char] = field(default_factory=list)
    mark: str = ""
    indent: int = 0
    table: list[list[list[Char]]] = field(default_factory=list)  # rows of cells
    kind: str = ""  # an item or a row of code stands close under one of its kind


@dataclass(frozen=True)
class Document:
    """Notes that were read once; `links` are what the links point at, in order."""

    blocks: Sequence[Block] = ()
    links: Sequence[str] = ()


@dataclass(frozen=True)
class Page:
    """Notes laid out in a width: the cells, and the row of each link."""

    cells: Cells
    rows: Sequence[int]


def read(text: str) -> Document:
    """Reads Markdown."""
    from markdown_it import MarkdownIt  # deferred: 40 ms, off the screen's thread

    blocks: list[Block] = []
    links: list[str] = []
    lists: list[int] = []  # the number of the next item, 0 where they have none
    item = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.type.startswith("ordered")))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            item = f"{lists[-1]}. " if lists[-1] else "• "
            lists[-1] += lists[-1] > 0
        elif token.type == "heading_open":
            item = "#" if token.tag == "h1" else "##"
        elif token.type == "table_open":
            blocks.append(Block(table=[]))
        elif token.type == "tr_open":
            blocks[-1].table.append([])
        elif token.type == "inline" and token.level >= 4 and blocks and blocks[-1].table:
            blocks[-1].table[-1].append(_chars(token, links))
        elif token.type == "inline":
            blocks.append(_block(token, links, item, len(lists)))
            item = ""
        elif token.type in ("fence", "code_block"):
            lines = token.content.rstrip("\n").split("\n")
            blocks += [
                Block([(c, CODE, -1) for c in line], indent=2, kind="code") for line in lines
            ]
    return Document(blocks, links)


def _block(token: Token, links: list[str], item: str, depth: int) -> Block:
    chars = _chars(token, links)
    if item.startswith("#"):
        ink = CHOSEN if item == "#" else TITLE
        return Block([(character, ink, link) for character, _, link in chars])
    return Block(chars, item, 2 * max(depth - 1, 0), kind="item" if item else "")


def _chars(token: Token, links: list[str]) -> list[Char]:
    """The characters of a paragraph, each with its ink and its link."""
    chars: list[Char] = []
    inks, link = [PLAIN], -1
    for child in token.children or ():
        if child.type in INKS:
            inks.append(INKS[child.type])
            if child.type == "link_open":
                links.append(str(child.attrs.get("href", "")))
                link = len(links) - 1
        elif child.type.endswith("_close"):
            inks.pop()
            link = -1 if child.type == "link_close" else link
        else:
            breaks = {"softbreak": " ", "hardbreak": "\n"}
            ink = CODE if child.type == "code_inline" and link < 0 else inks[-1]
            chars += [(c, ink, link) for c in breaks.get(child.type, child.content)]
    return chars


def draw(document: Document, chosen: int, width: int, height: int) -> Page:
    """The whole of the notes in `width` columns; link `chosen` has a ground."""
    room = min(width, WIDEST) - 2
    drawn: list[tuple[int, int, str, int, int]] = []  # x, y, text, ink, link
    y, before = 0, ""
    for index, block in enumerate(document.blocks):
        y += int(index > 0 and not (block.kind and block.kind == before))
        before = block.kind
        drawn.append((1 + block.indent, y, block.mark, FAINT, -1))
        if block.table:
            y = _table(block, drawn, y, room)
            continue
        left = 1 + block.indent + len(block.mark)
        y = _text(block.chars, drawn, left, y, room - left)
    cells = Cells(width, max(height, y))
    rows = [0] * len(document.links)
    for x, row, text, ink, link in drawn:
        cells.put(x, row, text, ink, GROUP if link >= 0 and link == chosen else 0)
        if link >= 0:
            rows[link] = row
    return Page(cells, rows)


def _text(
    chars: Sequence[Char], drawn: list[tuple[int, int, str, int, int]], x: int, y: int, width: int
) -> int:
    """Wraps a paragraph from (x, y); returns the row after it."""
    spots = zip(places("".join(c for c, _, _ in chars), max(width, 8)), chars, strict=True)
    last = y
    for (row, ink, link), group in groupby(spots, lambda spot: (spot[0][1], *spot[1][1:])):
        run = list(group)
        text = "".join(glyph for (_, _, glyph), _ in run).replace("\n", "")
        drawn.append((x + run[0][0][0], y + row, text, ink, link))
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
