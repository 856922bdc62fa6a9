"""A lesson's notes: drawn as cells, their links chosen by keys."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from onscreen import Make, shown, tick
from textual.pilot import Pilot

from zhtui.draw import notes
from zhtui.draw.inks import CHOSEN, GROUP, TITLE
from zhtui.draw.notes import Fold
from zhtui.lesson import catalog, knobs
from zhtui.lesson.catalog import Entry
from zhtui.lesson.played import EXPLORE, RUN, VIEW, Aim
from zhtui.tui.keys.keyboard import named
from zhtui.tui.screens.shared.source import CodeView, SourceScreen
from zhtui.tui.widgets.notes import NotesWidget

TEXT = """# Title

Some *emphasis*, `code` and a [link](model.py#Net)
over two lines.

- first
- second that is long enough to wrap
    1. inner
    2. more

| knob | what it does |
| --- | --- |
| lr | how far a step goes, in words that need more than one line |

```
x = 1

y = 2
```

## Heading

[Other](train.py) and [far](https://example.org).
"""
LESSONS = [entry for entry in catalog.all_lessons() if entry.lesson is not None]


def page(width: int = 40, chosen: int = -1) -> notes.Page:
    """The text above, laid out."""
    return notes.draw(notes.read(TEXT), chosen, width, 10)


def test_blocks_stand_one_under_the_other() -> None:
    assert page().cells.lines() == [
        " Title",
        "",
        " Some emphasis, code and a link over",
        " two lines.",
        "",
        " • first",
        " • second that is long enough to wrap",
        "   1. inner",
        "   2. more",
        "",
        " knob   what it does",
        " ──────────────────────────────────────",
        " lr     how far a step goes, in words",
        "        that need more than one line",
        "",
        "   x = 1",
        "",
        "   y = 2",
        "",
        " Heading",
        "",
        " Other and far.",
    ]


def test_links_know_their_row_and_the_chosen_one_has_a_ground() -> None:
    drawn = page(chosen=1)
    assert notes.read(TEXT).links == ["model.py#Net", "train.py", "https://example.org"]
    assert drawn.rows == {0: 2, 1: 21, 2: 21}
    assert drawn.cells.paper[21, 1:6].tolist() == [GROUP] * 5
    assert not drawn.cells.paper[2].any()
    assert drawn.cells.ink[21, 1] == CHOSEN
    assert drawn.cells.ink[19, 1] == TITLE


@pytest.mark.parametrize("entry", LESSONS, ids=lambda entry: entry.name)
@pytest.mark.parametrize("width", [12, 40, 200])
def test_no_word_of_the_lessons_notes_is_lost(entry: Entry, width: int) -> None:
    text = (entry.folder / "notes.md").read_text(encoding="utf-8")
    document = notes.read(text)
    drawn = "".join("".join(notes.draw(document, 0, width, 1).cells.lines()).split())
    for block in document.blocks:
        said = "".join("".join(character for character, _, _ in block.chars).split())
        assert said in drawn or width == 12


ANSWERED = """# Title

## 1. One

Predict: what is it?

Run: `preset=tiny`, view `attention`. See by step 3: it is *seven*.

Seven of them.

Say: so it is.

Code: [train](train.py).

## 2. Two

See: view `attention`. Nothing.
"""


def aim(entry: Entry) -> Aim:
    """Tells what can be played in the notes of a lesson."""
    return Aim(entry.name, entry.card, named())


def test_what_is_seen_is_folded_until_it_is_asked_for(entries: list[Entry]) -> None:
    document = notes.read(ANSWERED, aim(entries[2]))
    folds = [each for each in document.targets if isinstance(each, Fold)]
    assert len(folds) == 2
    folded = notes.draw(document, -1, 60, 1, set())
    assert folded.cells.lines() == [
        " Title",
        "",
        " 1. One",
        "",
        " Predict: what is it?",
        "",
        " Run: ▶preset=tiny, view ◇attention.",
        "",
        " ▸ See by step 3: …",
        "",
        " Code: train.",
        "",
        " 2. Two",
        "",
        " ▸ See: view ◇attention. …",
    ]
    lines = notes.draw(document, -1, 60, 1, {folds[0].number}).cells.lines()
    assert lines[8:13] == [" ▾ See by step 3: it is seven.", "", " Seven of them.", "",
                           " Say: so it is."]  # fmt: skip
    assert lines[-1] == " ▸ See: view ◇attention. …", "the other one stays folded"
    assert list(folded.rows.values()) == [6, 6, 8, 10, 14, 14], "in the order in which they stand"


def test_actions_letters_and_code_look_each_its_own_way(entries: list[Entry]) -> None:
    text = "Run: `preset=tiny`, view `a`, *x*, `code`, [l](m.py), key `x`."
    cells = notes.draw(notes.read(text, aim(entries[2])), -1, 80, 1).cells
    line = cells.lines()[0]
    places = [line.index(word) for word in ("preset", "◇a", "x, code", "code", "l, key", "x.")]
    inks = [int(cells.ink[0, place]) for place in places]
    assert len(set(inks)) == len(inks) - 1, "a key and a link look alike: both are opened"


@pytest.mark.parametrize("entry", LESSONS, ids=lambda entry: entry.name)
def test_every_action_of_the_lessons_notes_can_be_played(entry: Entry) -> None:
    text = (entry.folder / "notes.md").read_text(encoding="utf-8")
    document = notes.read(text, aim(entry))
    card, shows = entry.card, views_of(entry)
    for action in document.actions:
        if action.kind == RUN:
            preset = card.presets[action.name or "quick"]
            knobs.parse(preset, action.pairs)
        elif action.kind == EXPLORE:
            knobs.parse(entry.scene(action.name).ask(), action.pairs)
        elif action.kind == VIEW:
            assert action.name in shows, f"no view of {entry.name} is called {action.name}"
        else:
            assert action.name in named()


def views_of(entry: Entry) -> set[str]:
    """Every text in the code of a lesson's runs and scenes that may name a view."""
    found: set[str] = set()
    for path in entry.folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        found |= {text for text in texts if isinstance(text, str)}
    return found


@pytest.mark.parametrize("entry", LESSONS, ids=lambda entry: entry.name)
def test_every_lesson_s_notes_fold_their_answers(entry: Entry) -> None:
    text = (entry.folder / "notes.md").read_text(encoding="utf-8")
    document = notes.read(text, aim(entry))
    folded = [block for block in document.blocks if block.fold >= 0]
    assert folded, "nothing is asked before it is answered"
    assert document.actions, "nothing in it can be played"


async def opened(pilot: Pilot[int]) -> NotesWidget:
    """The notes of lesson gpt."""
    await tick(pilot)
    await pilot.press("j", "j", "enter")
    await tick(pilot, 5)
    await pilot.press("n")
    await tick(pilot)
    return pilot.app.screen.query_one(NotesWidget)


@pytest.fixture
def folder(entries: list[Entry]) -> Path:
    """The lesson with notes and code."""
    place = entries[2].folder
    (place / "notes.md").write_text(TEXT)
    (place / "model.py").write_text("import torch\n\n\nclass Net:\n    pass\n")
    (place / "train.py").write_text("def train(run): ...\n")
    return place


async def test_a_link_opens_the_code_at_its_line(make: Make, folder: Path) -> None:
    async with make().run_test(size=(80, 24)) as pilot:
        widget = await opened(pilot)
        assert widget.link == "model.py#Net", "the first one in sight"
        await pilot.press("right", "enter")
        await tick(pilot)
        assert isinstance(pilot.app.screen, SourceScreen)
        assert pilot.app.screen.query_one(CodeView).lit == 4
        assert "class Net:" in shown(pilot)
        await pilot.press("escape")
        await tick(pilot)
        assert "5 notes" in shown(pilot)


async def test_keys_go_from_link_to_link_and_scroll_to_it(make: Make, folder: Path) -> None:
    async with make().run_test(size=(60, 14)) as pilot:
        widget = await opened(pilot)
        await pilot.press("right", "right")
        await tick(pilot)
        assert widget.link == "train.py"
        assert "Other" in shown(pilot)
        await pilot.press("right", "right", "enter")
        await tick(pilot)
        assert [note.message for note in pilot.app._notifications] == ["https://example.org"]
        await pilot.press("left", "left", "left", "left")
        await tick(pilot)
        assert widget.chosen == 0
        assert "Title" in shown(pilot) or "emphasis" in shown(pilot)


async def test_notes_that_cannot_be_read_leave_the_summary(make: Make, folder: Path) -> None:
    (folder / "notes.md").write_bytes(b"\xff\xfe\x00")
    async with make().run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert "attention, residuals and LayerNorm" in shown(pilot)
