"""The app: it draws, and asks workers to do things. It never imports torch."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.driver import Driver
from textual.events import Key
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widget import Widget

from zhtui.draw import inks
from zhtui.lesson import catalog
from zhtui.lesson.catalog import Entry
from zhtui.tui import run_words
from zhtui.tui.doors import LabDoors
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import Keyboard, check
from zhtui.tui.messages import DeviceRead, ReadingFailed, RunsChanged
from zhtui.tui.reading.device import reading
from zhtui.tui.reading.watch import Watch
from zhtui.tui.screens.home.screen import HomeScreen
from zhtui.tui.screens.shared.dialogs import Ask, guest_failed, help_screen
from zhtui.tui.session import Finds, Session
from zhtui.tui.settings.file import THEME_NAMES, USUAL, Settings, load, path, plain_terminal
from zhtui.tui.terminal.ambiguous import Width
from zhtui.tui.terminal.clean import CLEAN
from zhtui.tui.terminal.hangup import Hangup
from zhtui.tui.terminal.output import Link, driver
from zhtui.tui.terminal.paced import PacedApp
from zhtui.tui.terminal.size import require_terminal
from zhtui.tui.themes import PALETTES, THEMES
from zhtui.tui.widgets.drawn import Drawn

WARM_AFTER = 0.5  # seconds from the start: after the first frame, before most keys


class LabApp(PacedApp[int]):
    """The lab on a terminal."""

    CSS_PATH = "app.tcss"
    TITLE = "zhtui"
    BINDINGS: ClassVar = keys.bindings("anywhere")
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self,
        store: Path,
        lesson: str | None = None,
        run: str | None = None,
        *,
        clock: Callable[[], float] = time.time,
        device: Callable[[], str] = reading,
        entries: Sequence[Entry] | None = None,
        watching: bool = True,
        settings: Settings = USUAL,
    ) -> None:
        self.settings, self.plain = settings, tuple(_plain() if settings.ascii else ())
        self.keyboard = Keyboard(settings.keys, plain=bool(settings.ascii))
        link, plain = Link(settings.bytes_a_second), "NO_COLOR" in os.environ
        width = Width(self.draw_plain) if settings.ascii is None else None
        super().__init__(
            link, _driver(link, width), guest_failed, ansi_color=True if plain else None
        )
        self.animation_level = "none"
        self.first = (lesson, run)
        self.watching = watching
        self.turning: asyncio.AbstractEventLoop | None = None  # the loop, once it turns
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "ansi-dark" if plain else THEME_NAMES[settings.theme]
        self.set_keymap(dict(settings.keys))
        found = list(entries) if entries is not None else catalog.all_lessons()
        self.session = Session(self, store, Watch(store, self, device), link, found, clock)
        self.doors = self.session.doors = LabDoors(self, self.session)

    @property
    def palette(self) -> inks.Palette:
        """What pictures are drawn with: the theme's palette, or none at all under NO_COLOR."""
        palette = inks.PLAINEST if self.no_color else PALETTES.get(self.theme, inks.DARK)
        return inks.coarse(palette) if self.plain else palette

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through on its way to the terminal."""
        return [*super().get_line_filters(), *self.plain, CLEAN]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: every key that works on the screen, by its sentence; of what is
        typed also themes, the screen's views, lessons, presets and runs.
        """
        from zhtui.tui.keys.palette import commands  # deferred: not part of the first frame

        yield from commands(screen, self.keyboard)
        for name in PALETTES:
            call = partial(setattr, self, "theme", name)
            yield SystemCommand(f"theme {name.removeprefix('lab-')}", "", call, discover=False)
        own = screen.found() if isinstance(screen, Finds) else ()
        for each in (*own, *self.doors.found()):
            yield SystemCommand(each.title, each.text, each.call, discover=False)

    def get_default_screen(self) -> HomeScreen:
        """The screen below all others."""
        return HomeScreen(self.session)

    def on_mount(self) -> None:
        self.turning = asyncio.get_running_loop()
        if self.console.color_system in ("standard", None) and not self.is_headless:
            self.theme = "ansi-dark"
        if not self.is_headless:
            self.call_after_refresh(self.tidy.begin)
            self.set_timer(WARM_AFTER, partial(self.doors.warm, cards=True))
            self.tidy_in(2 * WARM_AFTER)
        self.call_after_refresh(self.complain, self.settings.complaint)
        if self.watching:
            self.call_after_refresh(self.session.watch.start)  # a thread would hold up the frame
        name, run = self.first
        entry = self.session.entry(name) if name else None
        if entry is not None:
            self.session.doors.lesson(entry, run=run or "")

    def on_unmount(self) -> None:
        self.session.watch.end()
        self.session.engine.close()
        self.session.explorer.close()

    def on_runs_changed(self, message: RunsChanged) -> None:
        self.tell(RunsChanged)

    def on_device_read(self, message: DeviceRead) -> None:
        self.tell(DeviceRead)

    def on_reading_failed(self, message: ReadingFailed) -> None:
        """Says what the reader could not read."""
        self.notify(message.sentence, severity="error", timeout=30, markup=False)

    def on_key(self, event: Key) -> None:
        """Somebody is there: what nobody looked at is read again."""
        self.session.watch.looked_at = True

    def complain(self, why: str) -> None:
        """Says what is wrong with config.toml, if anything is."""
        if why:
            text = f"{path()}, {why}\nThe lab has its defaults until then."
            self.notify(text, title="config.toml", severity="warning", timeout=30, markup=False)

    def action_help(self) -> None:
        """Explains the screen that is shown."""
        explained = getattr(self.screen, "explained", None)
        if explained is not None:
            explanation, places = explained
            everywhere = [*places, ("Everywhere", "anywhere")]
            self.push_screen(help_screen(explanation, everywhere, self.keyboard))

    def action_next_theme(self) -> None:
        """The next of the lab's themes."""
        names = list(PALETTES)
        place = names.index(self.theme) + 1 if self.theme in names else 0
        self.theme = names[place % len(names)]
        self.notify(f"theme: {self.theme.removeprefix('lab-')}", timeout=2)

    def action_picture(self) -> None:
        """Saves the screen as an SVG picture in the working directory."""
        name = f"zhtui-{time.strftime('%Y%m%d-%H%M%S')}.svg"
        try:
            path = self.save_screenshot(name, str(Path.cwd()))
        except OSError as error:
            self.notify(f"the picture cannot be saved here ({error.strerror})", severity="error")
            return
        self.notify(f"saved {Path(path).name}")

    def action_leave(self) -> None:
        """Leaves; where runs are live it first says what they do then."""
        live = [run for run in self.session.runs() if run.status.live]
        if not live:
            self.exit(0)
            return
        named = [(f"{run.folder.lesson}/{run.folder.name}", run.status.state) for run in live]
        question, few = run_words.left_words(named)
        answers = [("q", few), ("k", "stop the runs, quit"), ("n", "stay")]
        self.push_screen(Ask(question, answers), self._left)

    def draw_plain(self) -> None:
        """Draws all in plain ASCII from now on: the terminal takes two cells for a sign."""
        self.plain, self.keyboard.plain = tuple(_plain()), True
        for screen in self.screen_stack:
            for widget in screen.walk_children(Widget, with_self=True):
                if isinstance(widget, Drawn):
                    widget.redraw()
                widget.refresh()

    def leave(self, code: int) -> None:
        """Ends the lab, from any thread, once its loop turns."""
        with suppress(RuntimeError):  # the loop is closed: it has ended
            if self.turning is not None:
                self.turning.call_soon_threadsafe(self.exit, code)

    def _left(self, answer: str | None) -> None:
        if answer == "k":
            for run in self.session.runs():
                if run.status.live:
                    self.session.ask(run.folder, "stop")
            self.set_timer(0.3, lambda: self.exit(0))
        elif answer == "q":
            self.exit(0)

    def show_guest(self, name: str, screen: Screen[Any]) -> None:
        super().show_guest(name, screen)
        others = [entry.name for entry in self.session.entries]
        own = [place for _, place in getattr(screen, "explained", ("", ()))[1]]
        if mistake := check(self.settings.keys, others, own):  # the guest has brought its keys
            self.complain(mistake[1])


def open_lab(
    store: Path,
    lesson: str | None = None,
    run: str | None = None,
    *,
    mouse: bool | None = None,
    ascii: bool | None = None,
) -> int:
    """Opens the lab on this terminal, at a lesson and a run if they are given.

    `mouse` and `ascii` are what config.toml says, where they are None. Returns 0, or 128 + n where
    signal n ended it. Raises `TerminalError`.
    """
    if "TEXTUAL_DRIVER" not in os.environ:
        require_terminal()
    gc.disable()  # until the first frame, which it would hold up
    sys.setswitchinterval(1e-3)  # seconds for which the reading thread may hold up a key
    entries = catalog.shown()
    known = load([entry.name for entry in entries])
    signs = (ascii, known.ascii, bool(plain_terminal()) or None)
    known = replace(known, ascii=next((each for each in signs if each is not None), None))
    app = LabApp(store, lesson, run, entries=entries, settings=known)
    Hangup(app.leave).begin()
    code = app.run(mouse=known.mouse if mouse is None else mouse)
    return code or app.return_code or 0


def _plain() -> Iterable[LineFilter]:
    from zhtui.tui.terminal.ascii import Plain  # deferred: most terminals need it not

    yield Plain()


def _driver(link: Link, width: Width | None) -> type[Driver]:
    if "TEXTUAL_DRIVER" not in os.environ:
        return driver(link, width)
    from zhtui.tui.terminal.web import web_driver  # deferred: in a browser, by `zhtui --web`

    return web_driver(link)
