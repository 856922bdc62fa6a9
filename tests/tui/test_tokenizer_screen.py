"""The tokenizer's inspector by keyboard, and how it looks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from lessons.tokenizer import published
from lessons.tokenizer.bpe import Tokenizer, learn, split
from lessons.tokenizer.saved import from_run
from lessons.tokenizer.screen import compare, study
from lessons.tokenizer.screen import screen as module
from lessons.tokenizer.screen.screen import TokenizerScreen, open_screen
from zhtui.lesson import catalog
from zhtui.tui.app import LabApp
from zhtui.tui.session import Opened
from zhtui.tui.widgets.sketch import LongSketch, Sketch

VERSE = (
    "The king is dead, long live the king! In 1492, the thing that they'd call 'theirs' was\n"
    "theirs no more; the other things were the others'. And then?\n\n안녕하세요, 세계 👋 naïve\n"
) * 4
WIDE, NARROW = (120, 40), (80, 24)


@pytest.fixture(autouse=True)
def _one_published_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small vocabulary stands for GPT-2's: no file is needed, and pictures are the same."""
    merges = learn([chunk.encode() for chunk in split(VERSE, "gpt2")], 60)
    small = Tokenizer.from_merges(merges, "gpt2", ["<|endoftext|>"], "gpt2")
    monkeypatch.setattr(study, "available", lambda: ["gpt2"])
    monkeypatch.setattr(compare, "available", lambda: ["gpt2"])
    monkeypatch.setattr(compare, "published", lambda name: small)


@asynccontextmanager
async def opened(
    tmp_path: Path, size: tuple[int, int] = WIDE, **wishes: Any
) -> AsyncIterator[tuple[Pilot[int], TokenizerScreen]]:
    app = LabApp(tmp_path / "store", watching=False)
    async with app.run_test(size=size) as pilot:
        shown = TokenizerScreen(**({"text": VERSE, "source": "a verse"} | wishes))
        await app.push_screen(shown)
        await settled(pilot)
        yield pilot, shown


async def settled(pilot: Pilot[int]) -> None:
    """What was asked for is there and drawn, on a busy machine too."""
    for _ in range(4):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


def line(shown: TokenizerScreen, name: str) -> str:
    found = {"headline": shown.top, "detail": shown.line}[name]
    return found.cells.text(0).strip()


def rows(shown: TokenizerScreen, name: str) -> list[str]:
    widget = shown.query_one(f"#{name}", Sketch)
    return [strip.text.rstrip() for strip in map(widget.render_line, range(widget.size.height))]


async def test_merges_step_on_and_back_and_stop_at_the_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("home")
        assert line(shown, "headline").startswith("merge 0 /")
        assert "1.00 bytes a token" in line(shown, "headline")
        bytes_alone = rows(shown, "pairs")
        await pilot.press("left")
        assert shown.inspector.done == 0
        await pilot.press("right", "full_stop")
        assert shown.inspector.done == 2
        assert rows(shown, "pairs") != bytes_alone
        await pilot.press("left", "comma")
        assert rows(shown, "pairs") == bytes_alone
        await pilot.press("shift+right")
        assert shown.inspector.done == 10
        await pilot.press("end", "right")
        assert shown.inspector.done == shown.inspector.merges
        assert "no merge left" in line(shown, "headline")


async def test_a_list_that_shrinks_is_scrolled_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("home", "2", "pagedown", "pagedown")
        await settled(pilot)
        pairs = shown.query_one("#pairs", LongSketch)
        assert pairs.top > 0
        await pilot.press("end")
        await settled(pilot)
        assert pairs.top == 0
        assert rows(shown, "pairs")[0].strip() == "no pair is left: each chunk is one token"


async def test_go_to_a_merge_by_number(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        before = shown.inspector.done
        await pilot.press("g", *"x", "enter")
        assert [note.message for note in pilot.app._notifications] == [
            "'x' is not a merge; give a whole number"
        ]
        assert "go to merge x" in line(shown, "detail")
        await pilot.press("escape")
        assert shown.inspector.done == before
        assert "go to" not in line(shown, "detail")
        await pilot.press("g", *"x33", "end", "backspace", "backspace", "backspace")
        await pilot.press(*"33", "enter")
        assert shown.inspector.done == 33
        await pilot.press("right")
        assert shown.inspector.done == 34


async def test_it_runs_through_the_merges_and_stops(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("home", "space")
        assert shown.player.running
        while shown.inspector.done < 3:
            await pilot.pause(0.02)
        await pilot.press("space")
        assert not shown.player.running
        stopped = shown.inspector.done
        await pilot.press("right")
        assert shown.inspector.done == stopped + 1
        await pilot.press("end", "left", "space")
        while shown.player.running:
            await pilot.pause(0.02)
        assert shown.inspector.done == shown.inspector.merges
        await pilot.press("space", "space")
        assert shown.inspector.done < shown.inspector.merges, "it begins again"


async def test_the_cursor_tells_about_its_token(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        shown.inspector.cursor = 0
        await pilot.press("end", "l", "l")
        assert line(shown, "detail").startswith('" is"')
        assert "bytes 20 69 73" in line(shown, "detail")
        assert rows(shown, "tree")[0].startswith('" is"')
        await pilot.press("h")
        assert line(shown, "detail").startswith('" king"')
        where = shown.inspector.cursor
        await pilot.press("n")
        assert shown.inspector.cursor > where
        await pilot.press("N")
        assert shown.inspector.cursor == where
        await pilot.press("down", "j", "k")
        assert shown.selection.page.row_of(shown.inspector.cursor) == 1


async def test_where_the_next_merge_joins(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("home", *["shift+right"] * 3, "m")
        here = shown.inspector.here()
        assert here is not None
        assert here.lit


async def test_the_vocabulary_is_searched(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("end", "slash", *"thei")
        await settled(pilot)
        found = [row for row in rows(shown, "vocabulary") if "thei" in row]
        assert len(found) == len(shown.selection.numbers) > 0
        await pilot.press("enter", "down")
        assert (
            shown.selection.chosen
            == shown.selection.numbers[min(1, len(shown.selection.numbers) - 1)]
        )
        assert "thei" in rows(shown, "tree")[0]
        await pilot.press("escape")
        await settled(pilot)
        assert len(shown.selection.numbers) == shown.inspector.last
        assert "find" not in line(shown, "detail")
        await pilot.press("escape")
        assert pilot.app.screen is not shown


async def test_a_search_that_finds_nothing_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("slash", *"zzzz", "enter", "down")
        await settled(pilot)
        assert "0 tokens" in str(shown.query_one("#box-4").border_title)


async def test_a_search_is_pasted_and_narrowed_and_widened(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("slash")
        pilot.app.post_message(Paste("th\n"))
        await settled(pilot)
        two = shown.selection.numbers.tolist()
        tokens = shown.inspector.tokenizer.tokens
        assert two == [n for n in range(shown.inspector.last) if b"th" in tokens[n]]
        await pilot.press("e")
        three = shown.selection.numbers.tolist()
        assert three == [number for number in two if b"the" in tokens[number]]
        assert len(three) < len(two)
        await pilot.press("backspace")
        assert shown.selection.numbers.tolist() == two
        assert 'that hold "th"' in str(shown.query_one("#box-4").border_title)


async def test_another_split_and_another_vocabulary(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("g", *["backspace"] * 4, *"20", "enter", "l")
        cursor = shown.inspector.cursor
        await pilot.press("s")
        await settled(pilot)
        assert (shown.study.pattern, shown.inspector.tokenizer.pattern) == ("gpt4o", "gpt4o")
        assert (shown.inspector.done, shown.inspector.cursor) == (20, cursor)
        await pilot.press("v")
        await settled(pilot)
        assert shown.study.whose == "gpt2"
        assert shown.inspector.merges == 60
        assert "the tokens of GPT-2" in str(shown.query_one("#box-1").border_title)


async def test_a_mistake_is_turned_over_and_says_what_is_wrong(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("home", *["shift+right"] * 5, *["right"] * 4)
        right = rows(shown, "text")
        for name, words in (
            ("ignore rank", "not those of training"),
            ("characters", "were not seen in English, and are lost"),
            ("cross chunks", "reach over a chunk's end"),
        ):
            await pilot.press("x")
            await settled(pilot)
            assert shown.inspector.done == 54
            assert name in str(shown.query_one("#box-1").border_title)
            assert words in shown.rule.text
            await pilot.press("m")
            assert shown.inspector.here().wrong
            assert "right: " in line(shown, "detail")
            await pilot.press("right", "left")
            await settled(pilot)
            assert words in shown.rule.text
        await pilot.press("x")
        await settled(pilot)
        assert shown.rule.text == ""
        assert rows(shown, "text") == right


async def test_another_text(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("o", *"aaabdaaabac", "enter")
        await settled(pilot)
        assert shown.inspector.text == "aaabdaaabac"
        await pilot.press("o", "enter")
        assert "no tokens" in str(pilot.app.screen.query_one("#verdict").render())
        await pilot.press("escape")
        path = tmp_path / "own.txt"
        path.write_text("one two one two", encoding="utf-8")
        shown._take_text(str(path))
        await settled(pilot)
        assert shown.inspector.source == "own.txt"
        shown._take_text(str(tmp_path / "absent.txt"))
        await settled(pilot)
        assert "absent.txt" in line(shown, "headline")
        assert shown.inspector.source == "own.txt"


SHIPPED = Path(__file__).parents[2] / "checkpoints" / "tokenizer" / "first-merges"


async def test_the_tokens_of_a_run_cut_ones_own_text(tmp_path: Path) -> None:
    async with opened(tmp_path, run=SHIPPED) as (pilot, shown):
        assert "learned from this text" in line(shown, "headline")
        await pilot.press("o", *"hello there", "enter")
        await settled(pilot)
        assert shown.study.whose == SHIPPED
        merges = from_run(SHIPPED)
        assert f"/ {len(merges.ranks) - 256:,}   of run first-merges" in line(shown, "headline")
        assert shown.inspector.tokens == len(merges.encode("hello there"))
        assert "the tokens of run first-merges" in str(shown.query_one("#box-1").border_title)
        await pilot.press("v", "v")
        await settled(pilot)
        assert shown.study.whose == study.OWN
        await pilot.press("v")
        await settled(pilot)
        assert shown.study.whose == SHIPPED, "it is one of the vocabularies that v goes through"


async def test_a_merge_that_joins_nothing_in_sight_is_scrolled_to(tmp_path: Path) -> None:
    plain = "\n".join(f"line {n}" for n in range(200))
    text = plain + "\nzqzq zqzq" * 300
    async with opened(tmp_path, text=text, source="far") as (pilot, shown):
        await pilot.press("home", "right")
        await settled(pilot)
        made = shown.inspector.state.places(shown.inspector.rank - 1)
        start, stop = shown._in_sight
        assert ((made >= start) & (made < stop)).any()
        assert shown.inspector.cursor == made[0], "nothing of it was in sight, so it is gone to"
        shown.inspector.cursor = int(made[-1])
        shown._follow()
        await pilot.press("left", "right")
        await settled(pilot)
        assert shown.inspector.cursor == made[-1], "the cursor stays where some of it is in sight"


async def test_without_published_vocabularies_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in (study, compare):
        monkeypatch.setattr(part, "available", list)
    monkeypatch.setattr(published, "has_data", lambda data: False)
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("v")
        await settled(pilot)
        (note,) = [note.message for note in pilot.app._notifications]
        for words in ("gpt2.tiktoken (GPT-2)", "zhtui data get gpt2-tokens", "ZHTUI_DATA"):
            assert words in note
        await pilot.press("c")
        await settled(pilot)
        said = " ".join(" ".join(rows(shown, "comparison")).split())
        assert "Not on this machine: gpt2.tiktoken (GPT-2)" in said
    monkeypatch.setattr(published, "has_data", lambda data: True)
    assert published.missing() == ""


async def test_comparison_and_traps(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press("c")
        await settled(pilot)
        assert "GPT-2" in rows(shown, "comparison")[0]
        first = rows(shown, "comparison")[7:]
        await pilot.press("down")
        assert rows(shown, "comparison")[7:] != first
        await pilot.press("6")
        await settled(pilot)
        assert rows(shown, "traps")[0] == "a leading space"


async def test_the_curve_has_its_turn_where_there_is_room_for_one_thing(tmp_path: Path) -> None:
    async with opened(tmp_path, NARROW) as (pilot, shown):
        curve, table = shown.query_one("#curve"), shown.query_one("#comparison")
        for by_curve in (False, True, False):
            await pilot.press("c")
            await settled(pilot)
            assert bool(curve.region.area) == by_curve
            assert bool(table.region.area) != by_curve
            if by_curve:
                assert any("bytes a token" in row for row in rows(shown, "curve"))


async def test_everything_is_reached_on_a_small_terminal(tmp_path: Path) -> None:
    async with opened(tmp_path, NARROW) as (pilot, shown):
        seen = set()
        for _ in range(6):
            await pilot.press("tab")
            await settled(pilot)
            visible = [n for n in range(1, 7) if shown.query_one(f"#box-{n}").region.area]
            assert visible == [shown.panes.current]
            assert shown.focused is not None
            seen |= set(visible)
        assert seen == {1, 2, 3, 4, 5, 6}


@pytest.mark.parametrize("pane", [1, 5, 6])
async def test_a_wide_terminal_has_one_tall_pane_and_two_beside_it(
    tmp_path: Path, pane: int
) -> None:
    async with opened(tmp_path) as (pilot, shown):
        await pilot.press(str(pane))
        await settled(pilot)
        height = shown.query_one("#boxes").size.height
        regions = {n: shown.query_one(f"#box-{n}").region for n in range(1, 7)}
        assert {n for n, region in regions.items() if region.area} == {pane, 2, 3}
        assert regions[pane].height == height == regions[2].height + regions[3].height


async def test_a_text_that_cannot_be_had_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> tuple[str, str]:
        raise module.LabError("no text is on this machine; press o and give one")

    monkeypatch.setattr(module.texts, "read", refuse)
    async with opened(tmp_path, text="", source="") as (pilot, shown):
        assert line(shown, "headline") == "no text is on this machine; press o and give one"
        await pilot.press("right", "space", "space", "n", "m", "g", "c", "down", "escape")
        assert pilot.app.screen is not shown


async def test_only_what_is_in_sight_is_drawn(tmp_path: Path) -> None:
    drawn: list[int] = []
    async with opened(tmp_path, text="one two three\n" * 50_000) as (pilot, shown):
        text = shown.query_one("#text", LongSketch)
        paint = text.paint_row
        text.paint_row = lambda row, width: drawn.append(row) or paint(row, width)
        await pilot.press("left")
        await pilot.pause()
        assert 0 < len(drawn) <= 2 * text.size.height


async def test_the_screen_explains_itself(tmp_path: Path) -> None:
    async with opened(tmp_path) as (pilot, _):
        await pilot.press("question_mark")
        assert "go to a merge by its number" in pilot.app.screen.plain
    about = Opened(pilot.app.session, catalog.one("tokenizer"))
    assert isinstance(open_screen(about), TokenizerScreen)


# ---------------------------------------------------------------------------------------- pictures

Compare = Callable[..., bool]
AT_20 = ("home", "shift+right", "shift+right")
AT_54 = ("home", *["shift+right"] * 5, *["right"] * 4)
SHOTS = {
    "mid-merge": (WIDE, (*AT_20, "m")),
    "mid-merge-small": (NARROW, (*AT_20, "m")),
    "tree": (WIDE, ("end", "l", "l", "l", "3")),
    "tree-small": (NARROW, ("end", "l", "l", "l", "3")),
    "comparison": (WIDE, (*AT_20, "c", "down")),
    "comparison-small": (NARROW, (*AT_20, "c", "down", "down", "down")),
    "curve-small": (NARROW, ("end", "c", "c")),
    "traps": (WIDE, ("end", "6")),
    "chunks": (NARROW, (*AT_20, "b")),
    "mistake": (WIDE, (*AT_54, "x", "m")),
    "mistake-small": (NARROW, (*AT_54, "x", "x", "m")),
    "mistake-cross": (NARROW, (*AT_20, "x", "x", "x", "m")),
    "vocabulary": (NARROW, ("end", "slash", "t", "h")),
    "all": ((200, 60), AT_20),
}


@pytest.mark.parametrize("name", sorted(SHOTS))
def test_picture(snap_compare: Compare, tmp_path: Path, name: str) -> None:
    size, pressed = SHOTS[name]

    async def before(pilot: Pilot[int]) -> None:
        await pilot.app.push_screen(TokenizerScreen(VERSE, "a verse"))
        await settled(pilot)
        await pilot.press(*pressed)
        await settled(pilot)

    app = LabApp(tmp_path / "store", watching=False)
    assert snap_compare(app, terminal_size=size, run_before=before)


def test_picture_without_colours(
    snap_compare: Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def before(pilot: Pilot[int]) -> None:
        await pilot.app.push_screen(TokenizerScreen(VERSE, "a verse"))
        await settled(pilot)
        await pilot.press(*AT_20)
        await settled(pilot)

    app = LabApp(tmp_path / "store", watching=False)
    assert snap_compare(app, terminal_size=NARROW, run_before=before)
