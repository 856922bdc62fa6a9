"""The console, by keys, on a model that was really trained and an engine that really answers."""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asked import Kept, Scripted, answer, tokens, trained, until
from onscreen import Make, shown, tick
from recorded import alive, record, status_of
from textual.pilot import Pilot

from zhtui.errors import ConfigError
from zhtui.lesson import catalog, knobs
from zhtui.lesson.card import Knob
from zhtui.lesson.catalog import Entry
from zhtui.lesson.sampling import Sampling
from zhtui.runs.files import append_json
from zhtui.runs.folder import EVENTS, STATUS, RunFolder
from zhtui.tui.screens.console import dials
from zhtui.tui.screens.console.branches import Branch, bits, index_at, shared
from zhtui.tui.screens.console.screen import ConsoleScreen
from zhtui.tui.screens.console.token_widgets import Odds
from zhtui.tui.screens.explore.screen import ExploreScreen
from zhtui.tui.widgets.ask import AskLine

NARROW, WIDE = (80, 24), (120, 40)
Compare = Callable[..., bool]


async def console(
    pilot: Pilot[int], run: RunFolder, text: str = "", step: int | None = None
) -> ConsoleScreen:
    """A console on a run, with the run's status known."""
    pilot.app.session.doors.console(run, text, step)
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, ConsoleScreen)
    await until(pilot, lambda: screen.writer.opening.done)
    return screen


async def written(pilot: Pilot[int], prompt: str = "ROMEO:") -> Branch:
    """Types a prompt, and waits for all that the model writes."""
    screen = pilot.app.screen
    assert isinstance(screen, ConsoleScreen)
    if not isinstance(screen.focused, AskLine):
        await pilot.press("p")
    screen.query_one(AskLine).offer("")
    await pilot.press(*prompt, "enter")
    return await done(pilot)


async def done(pilot: Pilot[int]) -> Branch:
    screen = pilot.app.screen
    assert isinstance(screen, ConsoleScreen)
    await until(pilot, lambda: not screen.writer.writing)
    await until(pilot, lambda: not screen.listener.news)
    hand = screen.branches.hand
    assert hand is not None
    return hand


async def test_a_prompt_is_continued_and_each_token_tells_of_itself(
    lab: Make, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        branch = await written(pilot)
        assert branch.prompt == "ROMEO:"
        assert len(branch.tokens) == 200
        assert not branch.error
        text = shown(pilot)
        assert "ROMEO:" in text
        assert "step 20" in text
        assert f"{branch.surprise[0]:.1f} bits" in text
        odds = screen.query_one(Odds)
        assert odds.token == branch.tokens[-1]
        await pilot.press("left", "left")
        assert odds.token == branch.tokens[-3]
        await pilot.pause()
        assert f"{bits(branch.tokens[-3]):.2f} bits" in shown(pilot)
        await pilot.press("home")
        assert odds.token == branch.tokens[0]
        await pilot.press("right", "shift+right")
        assert odds.token == branch.tokens[11]


async def test_the_cuts_of_top_k_and_top_p_are_drawn_where_they_fall(
    lab: Make, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=5, top_k=3))
        branch = await written(pilot)
        assert {token.kept for token in branch.tokens} == {3}
        lines = shown(pilot).splitlines()
        cut = next(i for i, line in enumerate(lines) if "top-k 3 cuts here" in line)
        third, fourth = branch.tokens[-1].alternatives[2:4]
        assert f"{third[1]:.3f}".lstrip("0") in lines[cut - 1]
        assert f"{fourth[1]:.3f}".lstrip("0") in lines[cut + 1]


async def test_another_alternative_branches_the_text(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=30, temperature=1.0))
        first = await written(pilot)
        await pilot.press("left", *["left"] * 9)
        at = screen.strands[0].at
        await pilot.press("home", *["right"] * at, "up", "up", "up", "up", "up", "up", "up")
        if screen.chosen == 0 and first.tokens[at].alternatives[0][0] == first.tokens[at].text:
            await pilot.press("down")
        assert screen.chosen is not None
        other, chance = first.tokens[at].alternatives[screen.chosen]
        await pilot.press("enter")
        second = await done(pilot)
        await until(pilot, lambda: second.scored is not None and second.scored.done)
        assert (second.number, second.parent) == (2, 1)
        assert second.tokens[:at] == first.tokens[:at]
        assert second.tokens[at].text == other
        # at temperature 1 an alternative's chance is the model's own
        assert second.tokens[at].probability == pytest.approx(chance, rel=1e-3)
        assert len(second.tokens) == at + 1 + 30
        assert screen.strands[0].at == at
        assert "└1" in shown(pilot)


async def test_enter_without_an_alternative_says_how(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await written(pilot)
        await pilot.press("enter")
        assert len(screen.branches.listed) == 1
        await pilot.pause()
        assert any("choose an alternative" in toast.message for toast in pilot.app._notifications)


async def test_branches_turn_by_brackets_and_numbers(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await written(pilot)
        await written(pilot, "JULIET:")
        assert screen.branches.current == 2
        await pilot.press("left_square_bracket")
        assert screen.branches.current == 1
        assert screen.strands[0].branch is screen.branches.listed[0]
        await pilot.press("2")
        assert screen.branches.current == 2
        await pilot.press("9")
        assert screen.branches.current == 2


async def test_two_branches_stand_side_by_side_and_what_they_share_is_faint(
    lab: Make, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await written(pilot)
        await pilot.press("d")
        assert screen.mode == "one", "there is nothing to compare with"
        await written(pilot, "ROMEO: the")
        await written(pilot, "JULIET:")
        await pilot.press("1", "m", "2", "d")
        await pilot.pause()
        left, right = screen.strands[:2]
        assert left.branch is not None
        assert right.branch is not None
        assert (left.branch.number, right.branch.number) == (1, 2)
        assert left.display
        assert right.display
        same = shared(left.branch.text, right.branch.text)
        assert left.same == right.same == same >= len("ROMEO:")
        assert left.at == index_at(left.branch, same), "both are where their ways part"
        assert right.at == index_at(right.branch, same)
        await pilot.press("left_square_bracket")
        await pilot.press("escape")
        assert screen.mode == "one"


async def test_three_streams_have_the_same_dice_and_three_settings(
    lab: Make, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await written(pilot)
        await pilot.press("x")
        await done(pilot)
        trio = [screen.branches.branch(number) for number in screen.writer.trio]
        settings = [branch.sampling for branch in trio if branch]
        assert len({each.seed for each in settings}) == 1
        assert len({each.temperature for each in settings}) == 3
        assert all(branch and len(branch.tokens) == 200 for branch in trio)
        assert sum(strand.display and strand.region.width > 20 for strand in screen.strands) == 3
        cold, _, hot = (branch.surprise[1] for branch in trio if branch)
        assert cold < hot
        for _ in screen.writer.dials:
            await pilot.press("tab")
        assert screen.column == 2, "behind the last setting comes the next stream"
        await pilot.press("plus", "plus")
        assert screen.writer.settings[2].temperature == pytest.approx(1.4)
        await pilot.press("x")
        assert screen.mode == "one"


async def test_three_streams_advance_together(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        for column in range(3):
            screen.writer.set(column, replace(screen.writer.settings[column], tokens=10_000))
        await pilot.press("x")
        trio = [screen.branches.branch(number) for number in screen.writer.trio]
        await until(pilot, lambda: all(branch and len(branch.tokens) > 30 for branch in trio))
        assert all(branch and branch.writing for branch in trio), "none waits for another's end"
        await pilot.press("space")
        await done(pilot)


async def test_an_older_checkpoint_writes_beside_the_newest(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=20))
        newest = await written(pilot)
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign", "greater_than_sign")
        await until(pilot, lambda: screen.writer.opening.done)
        await pilot.press("space")
        older = await done(pilot)
        assert (newest.step, older.step) == (20, 16)
        assert newest.surprise != older.surprise
        assert "an older checkpoint" in shown(pilot)
        await pilot.press("d")
        await pilot.pause()
        heads = shown(pilot).splitlines()[3]
        assert "step 20" in heads
        assert "step 16" in heads
        await pilot.press("d", "L")
        await until(pilot, lambda: screen.writer.opening.done)
        await pilot.press("space")
        assert (await done(pilot)).text == newest.text
        assert screen.subject.step is None


async def test_an_alternative_is_weighed_by_the_checkpoint_in_use(
    lab: Make, run: RunFolder
) -> None:
    async with lab(entries=[catalog.one("gpt")]).run_test(size=WIDE) as pilot:
        await console(pilot, run, "ROMEO:", step=13)
        await until(pilot, lambda: "ready: an older checkpoint" in shown(pilot))
        await pilot.press("space")
        assert (await done(pilot)).step == 12
        await pilot.press("home", "down", "down", "enter")
        branch = await done(pilot)
        await until(pilot, lambda: branch.scored is not None and branch.scored.done)
        assert branch.scored is not None
        assert branch.step == branch.scored.step == 12
        await pilot.press("i")
        await pilot.pause()
        inside = pilot.app.screen
        assert isinstance(inside, ExploreScreen)
        await until(pilot, lambda: inside.inquiry.at is not None, 60)
        assert inside.inquiry.at == 12


async def test_the_line_holds_what_the_text_in_sight_follows(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=NARROW) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=5))
        line = screen.query_one(AskLine)
        await written(pilot)
        await written(pilot, "JULIET:")
        await pilot.press("o", *"the king", "enter")
        await done(pilot)
        assert (line.question, line.value) == ("your text", "the king")
        await pilot.press("1")
        assert (line.question, line.value) == ("prompt", "ROMEO:")
        await pilot.press("space")
        assert (await done(pilot)).prompt == "ROMEO:", "what stands there is written after"
        await pilot.press("3")
        assert " your text " in shown(pilot)
        await pilot.press("x")
        await done(pilot)
        assert " your text " not in shown(pilot), "three texts that do not follow it"
        assert (line.question, line.value) == ("prompt", "ROMEO:")
        await pilot.press("p", "n", "o", "escape")
        await pilot.pause()
        assert line.value == "ROMEO:", "what was not taken is gone"


async def test_an_own_text_is_read_not_written(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await pilot.press("o", *"the king", "enter")
        branch = await done(pilot)
        assert branch.own
        assert "".join(token.text for token in branch.tokens) == "the king"
        total, each = branch.surprise
        assert total == pytest.approx(8 * each)
        assert total == pytest.approx(-sum(math.log2(t.probability) for t in branch.tokens))
        text = shown(pilot)
        assert "your own text" in text
        assert f"8 tokens  {total:.1f} bits  {each:.2f} each" in text
        assert screen.shaded


@pytest.mark.parametrize("key", ["p", "o"])
async def test_a_character_that_the_model_does_not_know_is_named(
    lab: Make, run: RunFolder, key: str
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await pilot.press(key)
        screen.query_one(AskLine).offer("kïng")
        await pilot.press("enter")
        branch = await done(pilot)
        assert "'ï'" in branch.error
        assert "'ï', unknown to this model" in shown(pilot)
        assert not (await written(pilot)).error


async def test_settings_turn_are_typed_and_are_refused_with_a_sentence(
    lab: Make, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await pilot.press("minus", "minus")
        await pilot.press("tab", "plus", "plus", "plus")
        await pilot.press("tab", "minus")
        await pilot.press("tab", "plus")
        await pilot.press("tab", "minus")
        assert screen.writer.settings[1] == Sampling(100, 0.6, 3, 0.95, 1338)
        await pilot.press("shift+tab", "e", *["backspace"] * 8, *"7", "enter")
        assert screen.writer.settings[1].seed == 7
        assert screen.writer.settings[0].seed == 7, "all three throw the same dice"
        await pilot.press("e", *["backspace"] * 8, *"half", "enter")
        await pilot.pause()
        assert "seed is a number, not 'half'" in shown(pilot)
        await pilot.press("escape")
        assert screen.writer.settings[1].seed == 7
        assert "◂7▸" in shown(pilot)


async def test_the_same_seed_writes_the_same_and_r_throws_again(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        await console(pilot, run)
        first = await written(pilot)
        await pilot.press("space")
        second = await done(pilot)
        await pilot.press("r")
        third = await done(pilot)
        assert first.text == second.text != third.text


async def test_space_stops_what_is_being_written(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=100_000))
        await pilot.press("p", *"ROMEO:", "enter")
        branch = screen.branches.hand
        assert branch is not None
        await until(pilot, lambda: len(branch.tokens) > 5)
        assert "space stops it" in shown(pilot)
        await pilot.press("space")
        await done(pilot)
        assert 5 < len(branch.tokens) < 100_000
        assert not branch.error


async def test_surprise_is_shaded_and_text_is_copied(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        branch = await written(pilot)
        plain = screen.strands[0].cells.paper.copy()
        await pilot.press("s")
        await pilot.pause()
        assert (screen.strands[0].cells.paper != plain).sum() > 100
        await pilot.press("y")
        assert pilot.app.clipboard == branch.text


@pytest.mark.slow
async def test_killed_in_mid_stream_it_says_so_and_the_next_prompt_is_answered(
    lab: Make, engine: Kept, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=100_000))
        await pilot.press("p", *"ROMEO:", "enter")
        branch = screen.branches.hand
        assert branch is not None
        await until(pilot, lambda: len(branch.tokens) > 5)
        pid = engine.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await done(pilot)
        assert "the engine ended in the middle of its answer" in shown(pilot)
        screen.writer.set(1, Sampling(tokens=10))
        again = await written(pilot)
        assert len(again.tokens) == 10
        assert engine.pid != pid


async def test_a_run_deleted_under_the_screen_is_named(lab: Make, tmp_path: Path) -> None:
    gone = trained(tmp_path / "store", "gone-otter")
    async with lab().run_test(size=WIDE) as pilot:
        await console(pilot, gone)
        assert not (await written(pilot)).error
        shutil.rmtree(gone.path)
        await tick(pilot)
        branch = await written(pilot)
        assert "gone-otter has no readable run.json" in branch.error
        assert "gone-otter has no readable run.json" in shown(pilot)
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, ConsoleScreen)


@pytest.mark.timeout(600)
@pytest.mark.slow
async def test_resized_to_nothing_and_back_while_it_streams(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=100_000))
        await pilot.press("p", *"ROMEO:", "enter")
        for size in ((20, 5), (80, 24), (3, 2), (200, 60)):
            branch = screen.branches.hand
            assert branch is not None
            count = len(branch.tokens)

            def moved(count: int = count, branch: Branch = branch) -> bool:
                return len(branch.tokens) != count or not branch.writing  # at its end, it seems

            await until(pilot, moved, seconds=60)
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await pilot.press("space")
        branch = await done(pilot)
        assert f"{len(branch.tokens)} tokens" in shown(pilot)


async def test_a_live_run_is_asked_for_a_fresh_checkpoint(lab: Make, tmp_path: Path) -> None:
    live = trained(tmp_path / "store", "live-otter")
    (live.path / STATUS).write_text(json.dumps(status_of("running", 20, 40)))
    with alive(live):
        async with lab().run_test(size=WIDE) as pilot:
            screen = await console(pilot, live)
            await tick(pilot)
            assert "▶ live" in shown(pilot)
            await pilot.press("f")
            await until(pilot, lambda: (live.path / "control.jsonl").exists())
            asked = json.loads((live.path / "control.jsonl").read_text())
            assert asked["action"] == "checkpoint"
            assert not screen.branches.listed
            append_json(live.path / EVENTS, {"event": "checkpoint", "step": 20})
            await tick(pilot)
            assert len((await done(pilot)).tokens) == 200


async def test_f_on_an_ended_run_says_that_there_is_no_fresher_one(
    lab: Make, run: RunFolder
) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await tick(pilot)
        await pilot.press("f")
        assert not screen.subject.fresh
        assert not (run.path / "control.jsonl").exists()


async def test_it_opens_from_home_and_escape_comes_back(
    lab: Make, run: RunFolder, store: Path, entries: list[Entry]
) -> None:
    (entries[2].folder / "generate.py").write_text("")
    record(store, "gpt", "brisk-otter")
    async with lab().run_test(size=WIDE) as pilot:
        await tick(pilot)
        home = pilot.app.screen
        await pilot.press("end", "up", "c")
        await pilot.pause()
        assert isinstance(pilot.app.screen, ConsoleScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is home


async def test_i_explores_the_same_text(lab: Make, run: RunFolder) -> None:
    async with lab(entries=[catalog.one("gpt")]).run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        screen.writer.set(1, Sampling(tokens=5))
        branch = await written(pilot)
        await pilot.press("i")
        await pilot.pause()
        inside = pilot.app.screen
        assert isinstance(inside, ExploreScreen)
        await until(pilot, lambda: inside.inquiry.shown is not None, 60)
        assert inside.inquiry.scene == "attention", "the first scene that reads a text"
        read = inside.inquiry.shown.views["text"].text
        assert read == branch.text[: len(read)]
        assert len(read) > len("ROMEO:")
        pilot.app.session.explorer.close()


async def test_a_lesson_without_scenes_says_so(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=WIDE) as pilot:
        screen = await console(pilot, run)
        await pilot.press("i")
        await tick(pilot)
        said = [note.message for note in pilot.app._notifications]
        assert said == ["gpt has nothing to explore"]
        assert pilot.app.screen is screen


async def test_help_names_every_key(lab: Make, run: RunFolder) -> None:
    async with lab().run_test(size=(120, 80)) as pilot:
        await console(pilot, run)
        await pilot.press("question_mark")
        await pilot.pause()
        text = shown(pilot)
        for sentence in ("take the alternative: the text branches", "same dice, three settings"):
            assert sentence in text


def test_opening_a_console_costs_the_app_no_torch(run: RunFolder) -> None:
    import subprocess
    import sys

    code = "import sys, zhtui.tui.screens.console.screen, zhtui.tui.screens.explore.screen\n"
    code += "print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


# Pictures


WRITTEN = "\nI will the world with thee, and the night\nIs good."


def script(do: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    if do == "open":
        return answer()
    if do == "score":
        return answer(*tokens(fields["text"]))
    if "é" in fields.get("prompt", ""):
        sentence = "The prompt has 'é', unknown to this model; use only characters that it learned."
        return [{"step": 1240, "steps": [1240]}, {"error": sentence}]
    return answer(*tokens(WRITTEN if "wh" not in fields["prompt"] else "o then shall be"))


PROMPT = ["p", *"ROMEO:", "enter"]
BRANCH = [*PROMPT, "home", *["right"] * 15, "down", "down", "enter"]
SHOTS: dict[str, tuple[tuple[int, int], list[str]]] = {
    "empty-small": (NARROW, []),
    "token-small": (NARROW, [*PROMPT, "home", "right", "right", "right", "down"]),
    "token": (WIDE, [*PROMPT, "home", "right", "right", "right", "down"]),
    "branches": (WIDE, BRANCH),
    "two": (WIDE, [*BRANCH, "d"]),
    "three": (WIDE, [*PROMPT, "x"]),
    "three-small": (NARROW, [*PROMPT, "x"]),
    "own": (WIDE, ["o", *"the king shall be the world", "enter"]),
    "unknown-small": (NARROW, [*"café", "enter"]),
    "all": ((200, 60), BRANCH),
    "tiny": ((40, 10), PROMPT),
}


def picture(
    snap_compare: Compare, make: Make, store: Path, size: tuple[int, int], keys: list[str]
) -> bool:
    run = record(store, "gpt", "brisk-otter")
    app = make()
    app.session.engine = Scripted(script)

    async def before(pilot: Pilot[int]) -> None:
        pilot.app.session.doors.console(run)
        await pilot.pause()
        await pilot.press(*keys)
        screen = pilot.app.screen
        assert isinstance(screen, ConsoleScreen)
        await until(pilot, lambda: not screen.listener.news)
        await tick(pilot)

    return snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("name", sorted(SHOTS))
def test_picture(snap_compare: Compare, make: Make, store: Path, name: str) -> None:
    assert picture(snap_compare, make, store, *SHOTS[name])


def test_picture_without_colours(
    snap_compare: Compare, make: Make, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ["o", *"the king shall", "enter", "left", "left"]
    monkeypatch.setenv("NO_COLOR", "1")
    assert picture(snap_compare, make, store, NARROW, keys)


def test_a_lesson_s_own_settings_are_dials_beside_the_usual_ones() -> None:
    row = knobs.Row("min_p", float, 0.0, Knob("drops the unlikely", low=0.0, high=1.0))
    usual = [knobs.Row(name, float, 0.0, Knob("")) for name in ("temperature", "top_k")]
    *_, dial = dials.dials_of([*usual, row])
    assert [each.word for each in dials.dials_of([row])][-2:] == ["tokens", "min_p"]
    start = Sampling(tokens=5)
    turned = dial.turn(start, 1)
    assert dial.reading(turned) == "0.1"
    assert dials.sent(turned) == {**dials.sent(start), "min_p": 0.1}
    colder = dials.DIALS[0].turn(turned, -1)
    assert dials.sent(colder)["min_p"] == 0.1, "another dial leaves it as it is"
    with pytest.raises(ConfigError, match="out of bounds"):
        dial.parse(turned, "2")
