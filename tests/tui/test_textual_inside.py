"""What of Textual's insides is used, and where: in zhtui/tui/terminal, and each by its name here.

Where a new Textual has lost one of them, this says what to do instead.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual._parser import ParseError
from textual._styles_cache import StylesCache
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.drivers.web_driver import WebDriver
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

import zhtui.screen
import zhtui.tui

TUI = Path(zhtui.tui.__file__).parent
MODULES = {  # private modules of Textual: what is taken from them, and what to do without it
    "_parser": "ParseError ends the reader; read keys with Textual's own driver instead",
    "_styles_cache": "StylesCache keeps pictures of screens that were left; drop pop_screen's call",
    "_xterm_parser": "XTermParser reads keys; read them with Textual's own driver instead",
}
NAMES = {  # private names: on what, and what to do without it
    "_app": (Driver, "the web driver posts ExitApp to it"),
    "_compositor": (Screen, "a dialog shows what lies beneath it; show it without, or not at all"),
    "_compositor_refresh": (Screen, "a screen beneath a dialog is kept from drawing for ever"),
    "_debug": (Driver, "the reader of keys is told of it"),
    "_display": (App, "frames are left out there; without it a slow line gets old ones"),
    "_enable_bracketed_paste": (LinuxDriver, "our start asks for it, as Textual's does"),
    "_enable_mouse_support": (LinuxDriver, "our start asks for it, as Textual's does"),
    "_get_terminal_size": (LinuxDriver, "sizes have a bound of ours"),
    "_key_thread": (LinuxDriver, "our start begins it, and our stop waits for it"),
    "_loop": (Driver, "a resize is told there"),
    "_must_signal_resume": (LinuxDriver, "our start looks at it, as Textual's does"),
    "_patch_iflag": (LinuxDriver, "how the terminal is set, in our start"),
    "_patch_lflag": (LinuxDriver, "how the terminal is set, in our start"),
    "_query_in_band_window_resize": (LinuxDriver, "sizes that are typed are not asked for"),
    "_sigcont_application": (LinuxDriver, "what SIGCONT does; ours draws again in every state"),
    "_sigtstp_application": (LinuxDriver, "what SIGTSTP does; ours is told in the module"),
    "_screen_resized": (Screen, "a screen is laid out once for a size; without it, twice"),
    "_refresh_scrollbars": (Widget, "bars that nobody needs are hidden; without it they may stay"),
    "_repaint_required": (Screen, "a screen beneath a dialog is kept from drawing for ever"),
    "_file": (LinuxDriver, "what is written is counted there"),
    "_handle_exception": (App, "a guest's failure is caught there"),
}


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in [*TUI.rglob("*.py"), Path(zhtui.screen.__file__)]:
        yield path, tree(path)


def test_private_modules_are_imported_in_the_terminal_s_room_alone() -> None:
    found = set()
    for path, module in sources():
        for node in ast.walk(module):
            if isinstance(node, ast.ImportFrom) and "textual._" in f"{node.module}":
                assert path.parent.name == "terminal", path
                found.add(str(node.module).removeprefix("textual."))
    assert found == set(MODULES)


def test_private_names_are_used_in_the_terminal_s_room_alone() -> None:
    ours, used = set(), {}
    for path, module in sources():
        for node in ast.walk(module):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                ours.add(node.name)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                ours.add(node.target.id)
            attribute = isinstance(node, ast.Attribute) and ast.unparse(node) != "os._exit"
            if attribute and node.attr.startswith("_"):
                if isinstance(node.ctx, ast.Store):
                    ours.add(node.attr)
                used.setdefault(node.attr, set()).add(path.parent.name)
    theirs = {name: rooms for name, rooms in used.items() if name in NAMES or name not in ours}
    strange = {name for name in theirs if not name.startswith("__") and name not in NAMES}
    assert not strange, f"private names of Textual that no one has answered for: {strange}"
    for name, rooms in theirs.items():
        assert name.startswith("__") or rooms == {"terminal"}, name


@pytest.mark.parametrize("name", NAMES)
def test_textual_still_has_them(name: str) -> None:
    owner, why = NAMES[name]
    source = "".join(inspect.getsource(each) for each in (owner, WebDriver, LinuxDriver))
    assert hasattr(owner, name) or f"self.{name}" in source, why


def test_what_the_private_modules_give_is_as_it_was() -> None:
    assert issubclass(ParseError, Exception), MODULES["_parser"]
    assert hasattr(StylesCache.get_inner_outer, "cache_clear"), MODULES["_styles_cache"]
    assert hasattr(XTermParser, "feed"), MODULES["_xterm_parser"]
    assert hasattr(XTermParser, "tick"), MODULES["_xterm_parser"]


def classes() -> Iterator[type[Any]]:
    """Every class of the app, and of the lessons' own screens, that is one of Textual's, too."""
    names = [each.name for each in pkgutil.walk_packages([str(TUI)], "zhtui.tui.")]
    for module in map(importlib.import_module, [*names, "lessons.tokenizer.screen.screen"]):
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            if own and issubclass(value, (MessagePump, Driver)):
                yield value


def test_nothing_of_textual_s_is_overridden_by_chance() -> None:
    """A private method of ours that Textual's class has, too, would be called by it."""
    for ours in classes():
        theirs = [each for each in ours.__mro__ if each.__module__.startswith("textual.")]
        for name, value in vars(ours).items():
            made = inspect.isfunction(value) or isinstance(value, property)
            if made and name.startswith("_") and not name.startswith("__") and name not in NAMES:
                clash = [each.__name__ for each in theirs if name in vars(each)]
                assert not clash, f"{ours.__name__}.{name} is {clash[0]}'s, too"
