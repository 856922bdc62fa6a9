"""All that a lesson's own screen sees, in one flat face; the lesson itself sees `zhtui.lab`.

`screen/__init__.py` has `open_screen(opened)`, which returns a `LabScreen`, and `KEYS`: by title
the tuples of `Key` that the screen brings, each with an id that begins with the lesson's name.
"""

from zhtui.draw.bars import bar
from zhtui.draw.cells import Cells
from zhtui.draw.grid import Grid, Page, glyphs
from zhtui.draw.inks import (
    BAND,
    CHOSEN,
    CURSOR,
    FAINT,
    GOOD,
    GROUP,
    GROUP_COUNT,
    INVERSE,
    LIT,
    PLAIN,
    PUBLISHED,
    RULE,
    TITLE,
    WRONG,
    YOURS,
)
from zhtui.draw.pictures import draw
from zhtui.draw.words import inked, role_ink
from zhtui.tui.asking.answers import Answered, Listener
from zhtui.tui.keys.table import PLAYER, Key, bindings, picked
from zhtui.tui.screens.shared.arrangement import Arrangement
from zhtui.tui.screens.shared.dialogs import Ask, EditKnob, Reader
from zhtui.tui.screens.shared.lab_screen import LabScreen
from zhtui.tui.screens.shared.layout import ALL, KINDS, ONE, SMALL, TWO, layout
from zhtui.tui.screens.shared.pane import Pane
from zhtui.tui.session import Opened
from zhtui.tui.widgets.about import About, Sheet
from zhtui.tui.widgets.ask import AskLine
from zhtui.tui.widgets.drawn import Drawn
from zhtui.tui.widgets.lines import KeyLine, Line, Part, Rule, Word, words
from zhtui.tui.widgets.player import Played, Player
from zhtui.tui.widgets.rows import Item, Rows
from zhtui.tui.widgets.sketch import LongSketch, Sketch
from zhtui.tui.widgets.views import ViewWidget
from zhtui.tui.widgets.views import widget_for as picture
from zhtui.tui.widgets.window import LongRows, Window

__all__ = [
    "ALL",
    "BAND",
    "CHOSEN",
    "CURSOR",
    "FAINT",
    "GOOD",
    "GROUP",
    "GROUP_COUNT",
    "INVERSE",
    "KINDS",
    "LIT",
    "ONE",
    "PLAIN",
    "PLAYER",
    "PUBLISHED",
    "RULE",
    "SMALL",
    "TITLE",
    "TWO",
    "WRONG",
    "YOURS",
    "About",
    "Answered",
    "Arrangement",
    "Ask",
    "AskLine",
    "Cells",
    "Drawn",
    "EditKnob",
    "Grid",
    "Item",
    "Key",
    "KeyLine",
    "LabScreen",
    "Line",
    "Listener",
    "LongRows",
    "LongSketch",
    "Opened",
    "Page",
    "Pane",
    "Part",
    "Played",
    "Player",
    "Reader",
    "Rows",
    "Rule",
    "Sheet",
    "Sketch",
    "ViewWidget",
    "Window",
    "Word",
    "bar",
    "bindings",
    "draw",
    "glyphs",
    "inked",
    "layout",
    "picked",
    "picture",
    "role_ink",
    "words",
]
