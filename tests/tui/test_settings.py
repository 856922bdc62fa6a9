"""config.toml: what it may say, what is said of a mistake in it, and keys that were bound anew."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from onscreen import Make, shown, tick
from recorded import record
from textual.command import CommandPalette

from zhtui.errors import ConfigError
from zhtui.lesson import catalog
from zhtui.tui import screens, themes
from zhtui.tui.keys import keyboard
from zhtui.tui.keys import table as keys
from zhtui.tui.keys.keyboard import Keyboard
from zhtui.tui.screens.home.screen import HomeScreen
from zhtui.tui.screens.lesson.screen import LessonScreen
from zhtui.tui.screens.runs.screen import RunsScreen
from zhtui.tui.settings import file, report
from zhtui.tui.settings.file import Settings

SWAPPED = {"home.run": "R", "home.runs": "r"}


def test_a_file_says_keys_theme_mouse_ascii_and_bytes() -> None:
    said = file.read(
        'theme = "light"\nmouse = false\nascii = true\nbytes_a_second = 9_000\n'
        '[keys]\nhome.run = "f5, ctrl+r"\n"app.help" = "?,shift+h"\n'
    )
    assert said == Settings(
        keys={"home.run": "f5,ctrl+r", "app.help": "question_mark,H"},
        theme="light",
        mouse=False,
        ascii=True,
        bytes_a_second=9_000,
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('theme = "light"\nmouse = yes\n', "line 2: .* correct it"),
        ('mouse = true\n\ntheme = "pink"', "dark, light, safe, own"),
        ("mouse = 1", "true or false"),
        ("ascii = 'no'", "true or false"),
        ("bytes_a_second = 10", "2000 or more"),
        ("bytes_a_second = true", "whole number"),
        ("# keys\ncolour = 3", "there is no setting colour"),
        ("\nkeys = 3", r"\[keys\]"),
        ('[keys]\nhome.rum = "f5"', "did you mean home.run"),
        ('[keys]\n"zzz" = "f5"', "`zhtui keys` lists them"),
        ("[keys]\n\nhome.run = 5", "in quotes"),
        ('[keys.home]\nrun = "r"\nopen = "returnn"', "home.open: there is no key 'returnn'"),
        ('[keys]\nhome.run = ""', "home.run: there is no key ''"),
        ('[keys]\nhome.run = "hype+x"', "there is no key 'hype"),
        ('[keys]\nhome.run = "R"', "R is already the key of home.runs"),
        ('[keys]\nhome.explore = "x"\nhome.run = "k"', "k is already the key of list.up"),
        ('[keys]\napp.quit = "e"', "e is already the key of lesson.edit"),
        ('theme = "light', "correct it"),
        ('[keys]\na = """x', "correct it"),
    ],
)
def test_a_mistake_is_named(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        file.read(text)


def test_keys_may_change_places() -> None:
    assert file.read('[keys]\nhome.run = "R"\nhome.runs = "r"').keys == SWAPPED


def test_a_lesson_s_keys_are_checked_once_its_screen_has_brought_them() -> None:
    text = '[keys]\ndrift.nowhere = "f5"'
    assert file.read(text, ["drift"]).keys == {"drift.nowhere": "f5"}
    brought = (keys.Key("drift.on", "n", "on", "on", "on"), keys.Key("drift.x", "x", "x", "", "x"))
    nowhere = keyboard.check({"drift.nowhere": "f5"}, ["drift"], [brought])
    assert nowhere is not None
    assert "there is no key with the id drift" in nowhere[1]
    clash = keyboard.check({"drift.on": "x"}, ["drift"], [brought])
    assert clash is not None
    assert "x is already the key of drift.x" in clash[1]


def test_no_file_is_no_mistake() -> None:
    assert not file.path().exists()
    assert file.load() == Settings()


def test_a_file_that_cannot_be_read_is_a_complaint() -> None:
    file.path().write_bytes(b"theme = '\xff'")
    assert "not UTF-8 at byte 9" in file.load().complaint
    file.path().unlink()
    file.path().mkdir()
    assert "cannot be read" in file.load().complaint


def test_without_the_variable_the_file_lies_in_the_user_s_own_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ZHTUI_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    if sys.platform == "linux":
        assert file.path() == tmp_path / "own" / "zhtui" / "config.toml"
    assert file.path().parts[-2:] == ("zhtui", "config.toml")


def test_every_theme_has_a_name_for_the_file() -> None:
    assert set(file.THEME_NAMES.values()) == set(themes.PALETTES)


def test_places_of_the_table_are_told_apart_by_their_ids() -> None:
    for place in {place for row in keyboard.TOGETHER for place in row}:
        assert place in keys.PLACES
    assert keyboard.check({}) is None


def test_what_a_screen_explains_is_looked_through_for_clashes() -> None:
    names = [each.name for each in pkgutil.walk_packages(screens.__path__, screens.__name__ + ".")]
    found = [each for name in names for each in vars(importlib.import_module(name)).values()]
    explained = [each.explained[1] for each in found if getattr(each, "explained", ("", ()))[1]]
    assert len(explained) > 5
    for places in explained:
        shown = {place for _, place in places} | {"anywhere"}
        assert any(shown <= set(row) for row in keyboard.TOGETHER), shown


def test_the_readme_s_file_is_sound() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    shown = text.split("```toml\n")[1].split("```")[0]
    assert file.read(shown).theme == "light"


def test_what_zhtui_keys_prints_is_a_file_that_says_what_is_so() -> None:
    text = "\n".join(report.table())
    file.path().write_text(text, encoding="utf-8")
    said = file.load(catalog.names())
    assert said.complaint == ""
    own = [row for _, row in report.own_places()]
    assert said.keys == {k.id: k.keys for row in (*keys.PLACES.values(), *own) for k in row}
    assert "\n".join(report.table()) == text


def test_the_ids_of_a_lesson_s_screen_begin_with_its_name() -> None:
    names, lab = catalog.names(), {key.id for row in keys.PLACES.values() for key in row}
    ids = {key.id for _, row in report.own_places() for key in row} - lab
    assert {id.split(".")[0] for id in ids} == {"arena", "micrograd", "tokenizer"} <= set(names)


def test_doctor_names_the_file_and_its_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "C")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_CTYPE", raising=False)
    lines = "\n".join(report.report())
    assert f"settings in {file.path()} (not there" in lines
    assert "plain ASCII: on, because LANG=C" in lines
    file.path().write_text("ascii = false\n")
    assert "plain ASCII: off, because config.toml says so" in list(report.report())
    file.path().write_text("ascii = maybe\n")
    told = [line for line in report.report() if line.startswith("! ")]
    assert any("line 1: invalid value" in line for line in told)


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, ""),
        ({"LANG": "en_US.UTF-8"}, ""),
        ({"LANG": "C.UTF-8"}, ""),
        ({"LANG": "de_DE"}, ""),
        ({"LANG": "C"}, "LANG=C"),
        ({"LANG": "C", "LC_ALL": "en_GB.utf8"}, ""),
        ({"LANG": "C.UTF-8", "LC_ALL": "POSIX"}, "LC_ALL=POSIX"),
        ({"LANG": "de_DE.ISO-8859-1@euro"}, "LANG=de_DE.ISO-8859-1@euro"),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, "TERM=linux"),
    ],
)
def test_a_terminal_that_shows_no_utf_8_is_known_by_its_locale(
    environ: dict[str, str], why: str
) -> None:
    assert file.plain_terminal(environ) == why


def test_pythons_own_locale_is_not_taken_for_the_users() -> None:
    """Started with LANG=C, Python sets LC_CTYPE itself."""
    code = "from zhtui.tui.settings.file import plain_terminal; print(plain_terminal())"
    known = {"LANG": "C", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=known, capture_output=True, check=True)
    assert done.stdout.split() == [b"LANG=C"]


def test_keys_are_written_as_on_a_keyboard() -> None:
    board = Keyboard({"home.run": "question_mark,shift+left,ctrl+f5,slash,space"})
    run = next(key for key in keys.HOME if key.id == "home.run")
    assert board.name(run) == "?, shift ←, ctrl+f5, /, space"
    assert Keyboard(board.rebound, plain=True).name(run).isascii()
    assert board.first("home.run") == "?"
    assert board.first("nowhere") == ""


async def test_a_rebound_key_works_and_shows(make: Make, store: Path) -> None:
    record(store)
    async with make(settings=Settings(keys=SWAPPED)).run_test(size=(120, 60)) as pilot:
        await tick(pilot)
        assert "R run  r runs" in shown(pilot).splitlines()[-1]
        await pilot.press("question_mark")
        await tick(pilot)
        help = shown(pilot)
        assert "R                  open the lesson and start a run at once" in help
        await pilot.press("escape")
        await pilot.press("r")
        await tick(pilot)
        assert isinstance(pilot.app.screen, RunsScreen)


async def test_the_palette_shows_the_rebound_key_and_calls_what_it_calls(
    make: Make, store: Path
) -> None:
    record(store)
    rebound = {**SWAPPED, "app.palette": "f2"}
    async with make(settings=Settings(keys=rebound)).run_test(size=(120, 60)) as pilot:
        await tick(pilot)
        await pilot.press("f2")
        await tick(pilot)
        assert isinstance(pilot.app.screen, CommandPalette)
        await pilot.press(*"all runs")
        await pilot.app.workers.wait_for_complete()
        await tick(pilot)
        lines = [line.strip(" ▌█▎│") for line in shown(pilot).splitlines()]
        place = next(i for i, line in enumerate(lines) if line.startswith("all runs: compare"))
        assert lines[place + 1].strip() == "r"
        await pilot.press("enter")
        await tick(pilot)
        assert isinstance(pilot.app.screen, RunsScreen)


async def test_a_key_of_a_focused_part_can_be_rebound(make: Make) -> None:
    async with make(settings=Settings(keys={"list.down": "n"})).run_test() as pilot:
        await tick(pilot)
        await pilot.press("j", "n", "enter")
        await tick(pilot)
        assert isinstance(pilot.app.screen, LessonScreen)
        assert pilot.app.screen.entry.name == "bigram"


async def test_a_broken_file_leaves_the_defaults_and_a_toast_names_its_line(make: Make) -> None:
    file.path().write_text('theme = "light"\n[keys]\nhome.rum = "f5"\n')
    async with make(settings=file.load()).run_test(size=(120, 40), notifications=True) as pilot:
        await tick(pilot)
        words = " ".join(shown(pilot).replace("▌", " ").split())
        assert "there is no key with the id home.rum" in words
        assert "did you mean home.run?" in words
        assert pilot.app.theme == "lab-dark"
        assert isinstance(pilot.app.screen, HomeScreen)
        await pilot.press("R")
        await tick(pilot)
        assert isinstance(pilot.app.screen, RunsScreen)


async def test_the_theme_and_the_bytes_are_taken(make: Make) -> None:
    app = make(settings=Settings(theme="safe", bytes_a_second=5_000))
    async with app.run_test():
        assert app.theme == "lab-safe"
        assert app.link.rate == 5_000


def test_a_printed_table_is_toml() -> None:
    assert set(tomllib.loads("\n".join(report.table()))) == {"keys"}
