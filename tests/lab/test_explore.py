"""Scenes of a stranger: walked in process, by an engine, and on the command line."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zhtui.ask import cells
from zhtui.ask.client import Engine, Reply
from zhtui.ask.engine import Server
from zhtui.ask.explore import WALKS, Asked, Explorer, check_knobs
from zhtui.ask.reading import open_run
from zhtui.ask.shown import from_wire, to_json, to_wire
from zhtui.ask.walk import BYTES, FRAMES, Walk
from zhtui.errors import ConfigError, LabError, LessonError
from zhtui.lab import Bars, Board, Frame, Heatmap, Poke, Spot, Table, Text, Tree, plain
from zhtui.lesson import catalog, knobs
from zhtui.lesson.catalog import Entry
from zhtui.runs import learner
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

CARD = """
from dataclasses import dataclass
from .config import PRESETS, Config
from zhtui.lab import Lesson

lesson = Lesson(
    number=901, title="{name}", summary="a mechanism", part="Strangers", config=Config,
    presets=PRESETS, scenes=("sums", "long", "bad"), subjects=("{name}",),
)
"""
SUMS = '''
"""Adds up a row, number by number.

More words.
"""
from dataclasses import dataclass

import numpy as np
from zhtui.lab import Frame, Heatmap, LabError, Mistake, Spot, Text, knob, mistakes

@dataclass(frozen=True)
class Ask:
    text: str = knob("abc", "what is read")
    count: int = knob(3, "numbers", low=1, high=9)
    scale: float = knob(1.0, "of each", low=0.0)
    row: int = knob(0, "that asks", points="S.row")
    mistake: str = mistakes((Mistake("ahead", "each sum has the next number in it"),))

def explore(run, ask, poke):
    text = poke("text", ask.text)
    X = poke("X", ask.scale * np.arange(1.0, ask.count + 1))
    yield Frame("given", {"text": Text(text), "X": Heatmap(X[None])}, say="what goes in",
        chapter="in")
    S = np.cumsum(X)
    if ask.mistake == "ahead":
        S = np.append(S[1:], S[-1])
    def still(spot):
        return {"S": np.arange(ask.count) < spot.column} if spot.view == "X" else {}
    yield Frame("summed", {"S": Heatmap(S[None], columns=list("abcdefghi"))}, say="row by row",
        look="it grows", keep={"X": X}, predict=Spot("S", 0, ask.count - 1), still=still,
        chapter="out")
    yield Frame("done", lambda: {"S": Heatmap(S[None])}, solved="sum")

def point(ask, frame, spot):
    if frame.title != "summed":
        return ""
    terms = " + ".join(f"{x:g}" for x in frame.keep["X"][: spot.column + 1])
    return (("S ", "lit"), (f"= {terms}", ""))
'''
LONG = """
import time
from dataclasses import dataclass

import numpy as np
from zhtui.lab import Bars, Frame, knob

@dataclass(frozen=True)
class Ask:
    frames: int = knob(500, "how many", low=1)
    wait: float = knob(0.0, "seconds in the middle")
    size: int = knob(3, "bars")

def explore(run, ask, poke):
    for i in range(ask.frames):
        if i == 5:
            time.sleep(ask.wait)
        bars = Bars(["b"] * ask.size, np.full(ask.size, i / 7))
        yield Frame(f"step {i}", {"B": bars}, chapter=f"c{i // 100}")
"""
BAD = """
from dataclasses import dataclass

import numpy as np
from zhtui.lab import Bars, Frame, Heatmap, knob

HOW = ("raise", "loop", "huge", "none", "view", "frame", "run")

@dataclass(frozen=True)
class Ask:
    how: str = knob("raise", "the fault", choices=HOW)

def explore(run, ask, poke):
    if ask.how == "none":
        return
    yield Frame("good", {"B": Bars(["b"], [1.0])})
    if ask.how == "raise":
        raise ValueError("a bug in the scene")
    if ask.how == "run":
        run.config.steps
    while ask.how == "loop":
        pass
    if ask.how == "frame":
        yield "no frame"
    if ask.how == "view":
        yield Frame("odd", {"B": 7})
    yield Frame("huge", {"H": Heatmap(np.zeros((600, 600)))})
"""
GENERATE = """
from dataclasses import dataclass
from zhtui.lab import Sampling as Usual, Token, knob
from {package}.train import Place

@dataclass(frozen=True)
class Sampling(Usual):
    min_p: float = knob(0.0, "drops what is less likely than this share of the likeliest", high=1.0)

def generate(run, prompt, sampling):
    for i in range(sampling.tokens):
        yield Token(f"{sampling.min_p} ")
"""
AGENT = """
import numpy as np
from zhtui.lab import Thought

class Nim:
    name = "nim"

GAMES = {"nim": Nim()}

def think(run, game, state):
    said = f"{game.name} {state}"
    visits = {np.int64(1): 3, np.int64(2): np.int32(1)}
    yield Thought(move=np.int64(1), visits=visits, line=(1, 2), done=4, of=4, say=said)
"""


@pytest.fixture
def scenes(stranger: Callable[..., Path]) -> Entry:
    """A stranger's lesson with three scenes."""
    folder = stranger("strange", __init__=CARD, agent=AGENT, generate="")
    (folder / "explore").mkdir()
    for name, text in (("__init__", ""), ("sums", SUMS), ("long", LONG), ("bad", BAD)):
        (folder / "explore" / f"{name}.py").write_text(text, encoding="utf-8")
    entry = catalog.one("strange")
    (folder / "generate.py").write_text(GENERATE.replace("{package}", entry.package))
    return entry


@pytest.fixture
def explorer() -> Explorer:
    return Explorer(lambda folder, step: open_run(folder, where="cpu", step=step))


def asked(entry: Entry, scene: str, poke: tuple[Spot, Any] | None = None, **ask: Any) -> Asked:
    found = entry.scene(scene)
    return Asked(found, knobs.replace(found.ask(), ask), poke=poke)


def shown(explorer: Explorer, of: Asked, number: int) -> Any:
    for _ in explorer.reach(of, number):
        pass
    return explorer.show(of, number)


def serve(server: Server, *requests: dict[str, Any]) -> None:
    for request in requests:
        server.take(request)
    while server.under_way:
        server.turn()


def test_the_catalog_knows_scenes_in_the_order_of_the_card(scenes: Entry) -> None:
    assert scenes.scenes() == ("sums", "long", "bad")
    assert scenes.scene().title == "strange.sums"
    assert [row.name for row in knobs.knobs(scenes.scene("sums").ask)][:2] == ["text", "count"]
    with pytest.raises(LessonError, match="did you mean sums"):
        scenes.scene("sum")


def test_a_single_explore_is_the_scene_without_a_name_and_may_have_no_knobs(
    stranger: Callable[..., Path],
) -> None:
    stranger("plain", explore="def explore(run, ask, poke):\n    yield from ()\n")
    entry = catalog.one("plain")
    assert entry.scenes() == ("",)
    assert (entry.scene().title, entry.scene().name) == ("plain", "")
    assert knobs.knobs(entry.scene().ask) == ()
    stranger("silent")
    assert catalog.one("silent").scenes() == ()
    with pytest.raises(LessonError, match="nothing to explore"):
        catalog.one("silent").scene()


def test_frames_are_walked_in_any_order_and_are_the_same(scenes: Entry, explorer: Explorer) -> None:
    of = asked(scenes, "long")
    forward = [shown(explorer, of, n).title for n in (1, 2, 300, 301)]
    assert forward == ["step 0", "step 1", "step 299", "step 300"]
    early = shown(explorer, of, 2)  # dropped long ago: made anew
    assert (early.title, early.views["B"].values[0]) == ("step 1", 1 / 7)
    assert early.of is None
    last = shown(explorer, of, 9999)
    assert (last.frame, last.of, last.title) == (500, 500, "step 499")
    assert last.chapters == (("c0", 1), ("c1", 101), ("c2", 201), ("c3", 301), ("c4", 401))


def test_a_walk_keeps_the_newest_frames_and_no_more(scenes: Entry, explorer: Explorer) -> None:
    of = asked(scenes, "long", frames=2000)
    walk = explorer.walk(of)
    for number in (1, 1999, 3, 1000, 40, 41, 1500):
        shown(explorer, of, number)
        assert len(walk.kept) <= FRAMES
        assert len(walk.sizes) == len(walk.kept)
        assert len(walk.views) <= FRAMES
    heavy = Walk(
        lambda: (
            (Frame(str(i), {"H": Heatmap(np.zeros((1000, 1000)))}) for i in range(20)),
            Poke(),
        ),
        "heavy",
    )
    for number in range(1, 20):
        assert heavy.reach(number)
        assert sum(heavy.sizes.values()) <= BYTES
    assert set(heavy.kept) == {16, 17, 18, 19}  # 8 MB each


def test_only_so_many_walks_stay(scenes: Entry, explorer: Explorer) -> None:
    for count in range(1, 8):
        shown(explorer, asked(scenes, "sums", count=count), 1)
    assert len(explorer.walks) == WALKS
    kept = explorer.walks[asked(scenes, "sums", count=7).key]
    assert explorer.walk(asked(scenes, "sums", count=7)) is kept


def test_what_differs_from_the_frame_before_has_moved(scenes: Entry, explorer: Explorer) -> None:
    of = asked(scenes, "long", size=2)
    assert shown(explorer, of, 1).moved == {}
    assert shown(explorer, of, 2).moved["B"].tolist() == [[True], [True]]
    assert shown(explorer, asked(scenes, "sums"), 3).moved == {}


def test_a_poke_lights_what_it_moved_and_what_must_not_move_is_wrong(
    scenes: Entry, explorer: Explorer
) -> None:
    poke = (Spot("X", 0, 1), "5")
    right = shown(explorer, asked(scenes, "sums", poke), 2)
    assert right.views["S"].values.tolist() == [[1, 6, 9]]
    assert right.moved["S"].tolist() == [[False, True, True]]
    assert right.wrong == {}
    leaks = shown(explorer, asked(scenes, "sums", poke, mistake="ahead"), 2)
    assert leaks.moved["S"].tolist() == [[True, True, True]]
    assert leaks.wrong["S"].tolist() == [[True, False, False]]
    assert shown(explorer, asked(scenes, "sums", poke), 1).moved["X"].tolist() == [[0, 1, 0]]


def test_what_can_be_poked_is_told_with_its_shape(scenes: Entry, explorer: Explorer) -> None:
    first = shown(explorer, asked(scenes, "sums"), 1)
    assert first.open == {"text": (1, 3), "X": (1, 3)}
    assert shown(explorer, asked(scenes, "sums"), 2).open == {}
    text = shown(explorer, asked(scenes, "sums", (Spot("text", 0, 0), "7")), 1)
    assert text.views["text"].text == "7bc"
    assert text.moved["text"].tolist() == [[True, False, False]]
    with pytest.raises(LabError, match="has no cell in row 0, column 9"):
        shown(explorer, asked(scenes, "sums", (Spot("X", 0, 9), 1.0)), 1)
    nowhere = asked(scenes, "sums", (Spot("S", 0, 0), 1.0))
    shown(explorer, nowhere, 99)
    assert explorer.refused(nowhere) == "strange.sums does not let S be poked; it lets text, X"


def test_a_cell_says_its_arithmetic_or_what_stands_on_it(scenes: Entry, explorer: Explorer) -> None:
    of = asked(scenes, "sums")
    shown(explorer, of, 2)
    assert plain(explorer.point(of, 2, Spot("S", 0, 1))) == "S = 1 + 2"
    assert explorer.point(of, 1, Spot("X", 0, 2)) == "X[0, 2] = 3"
    with pytest.raises(LabError, match="has no view Q; it has S"):
        explorer.point(of, 2, Spot("Q", 0, 0))
    with pytest.raises(LabError, match="1 rows of 3"):
        explorer.point(of, 2, Spot("S", 1, 0))


def test_masks_know_nan_growth_and_every_kind_of_view() -> None:
    nan = math.nan
    grown = cells.moved(
        Heatmap(np.array([[1.0, nan]])), Heatmap(np.array([[1.0, nan], [3.0, 4.0]]))
    )
    assert grown.tolist() == [[False, False], [True, True]]
    assert not cells.moved(Text("ab"), Bars(["a"], [1.0])).any()
    old = Table(("a", "b"), [("x", 1.0), ([("y", "lit")], nan)])
    assert cells.moved(old, Table(("a", "b"), [("x", 2.0), ("y", nan)])).tolist() == [
        [0, 1],
        [0, 0],
    ]
    before = Board([["X", ""]], np.array([[0.5, nan]]))
    assert cells.moved(before, Board([["X", ""]], np.array([[0.5, 1.0]]))).tolist() == [[0, 1]]
    assert cells.value(before, 0, 0) == "X"
    tree = Tree("root", (Tree("a", (Tree("c"),)), Tree("b")))
    assert [cells.value(tree, i, 0) for i in range(4)] == ["root", "a", "c", "b"]
    assert cells.extent(Heatmap(np.array([[1.0, nan], [-1.0, 4.0]]))) == 5.0


def test_a_frame_goes_over_the_wire_whole(scenes: Entry, explorer: Explorer) -> None:
    before = shown(explorer, asked(scenes, "sums", (Spot("X", 0, 1), 5.0)), 2)
    after = from_wire(json.loads(json.dumps(to_wire(before))))
    assert (after.title, after.frame, after.predict) == ("summed", 2, Spot("S", 0, 2))
    assert after.views["S"].values.tolist() == before.views["S"].values.tolist()
    assert after.moved["S"].tolist() == before.moved["S"].tolist()
    assert after.chapters == (("in", 1), ("out", 2))
    assert to_wire(after) == to_wire(before)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("raise", "frame 2 of strange.bad failed with ValueError: a bug in the scene"),
        ("none", "has no frames for this; choose other knobs"),
        ("view", "which is not a view of zhtui.lab"),
        ("frame", "yields str, not a Frame"),
        ("run", "looks at a run of strange; choose one"),
    ],
)
def test_a_fault_of_the_scene_is_a_sentence_and_stays_one(
    scenes: Entry, explorer: Explorer, how: str, sentence: str
) -> None:
    of = asked(scenes, "bad", how=how)
    for _ in range(2):
        with pytest.raises(LabError, match=sentence):
            shown(explorer, of, 2)
    if how != "none":
        assert shown(explorer, of, 1).title == "good"


def test_walks_side_by_side_do_not_share_their_dice() -> None:
    def begin() -> tuple[Iterator[Frame], Poke]:
        draws = (Frame("d", {"B": Bars(["x"], [np.random.rand()])}) for _ in range(9))
        return draws, Poke()

    one, other = Walk(begin, "one"), Walk(begin, "other")
    state = np.random.get_state()[1].tolist()  # type: ignore[index]
    for number in range(1, 5):
        assert one.reach(number)
        assert other.reach(number)
    values = [walk.shown(4)["B"].values for walk in (one, other)]  # type: ignore[union-attr]
    assert values[0] == values[1]
    assert np.random.get_state()[1].tolist() == state  # type: ignore[index]


# The engine


class Heard:
    """What a reply says, and an event for each time that it grew."""

    def __init__(self) -> None:
        self.changed = threading.Condition()

    def __call__(self) -> None:
        with self.changed:
            self.changed.notify_all()

    def until(self, look: Callable[[], Any], seconds: float = 30.0) -> None:
        with self.changed:
            assert self.changed.wait_for(look, seconds), "it did not come"


@pytest.fixture
def engine(tmp_path: Path, scenes: Entry) -> Iterator[Engine]:
    engine = Engine(tmp_path / "log" / "engine.log")
    yield engine
    engine.close()


def ask(engine: Engine, do: str, run: RunFolder | None = None, **fields: Any) -> Reply:
    """A reply that has come to its end."""
    heard = Heard()
    reply = engine.ask(do, run, heard, lesson="strange", **fields)
    heard.until(lambda: reply.done)
    return reply


def test_an_engine_shows_a_frame_says_a_cell_and_gives_the_form(engine: Engine) -> None:
    form = ask(engine, "form", scene="sums")
    assert form.form["say"] == "Adds up a row, number by number."
    assert [row.name for row in form.knobs] == ["text", "count", "scale", "row", "mistake"]
    assert form.knobs[3].knob.points == "S.row"
    assert form.knobs[4].knob.choices == ("none", "ahead")
    poke = {"view": "X", "row": 0, "column": 1, "value": 5}
    assert ask(engine, "form", scene="sums", having="wait").form["scene"] == "long"
    assert ask(engine, "form", scene="sums", having="nothing").form["scene"] == "sums"
    two = ask(engine, "explore", scene="sums", ask={"count": 4}, poke=poke, frame=2)
    assert two.shown is not None
    assert two.shown.views["S"].values.tolist() == [[1, 6, 9, 13]]  # type: ignore[union-attr]
    assert two.shown.moved["S"].tolist() == [[False, True, True, True]]
    spot = {"view": "S", "row": 0, "column": 1}
    words = ask(engine, "point", scene="sums", ask={"count": 4}, poke=poke, frame=2, spot=spot)
    assert words.words == (("S ", "lit"), ("= 1 + 5", ""))
    end = ask(engine, "explore", scene="sums", frame=3)
    assert end.shown is not None
    assert end.shown.of == 3  # seen by the look ahead


def test_a_seek_finds_the_next_chapter_prediction_and_end(engine: Engine) -> None:
    def seek(scene: str, what: str, frame: int) -> Reply:
        return ask(engine, "explore", scene=scene, seek=what, frame=frame)

    found = [seek("long", "chapter", 1), seek("long", "end", 1), seek("sums", "predict", 1)]
    assert [reply.shown and reply.shown.frame for reply in found] == [101, 500, 2]
    assert "no frame after this one has a number to predict" in seek("sums", "predict", 2).error


def test_refusals_are_sentences_and_the_engine_goes_on(engine: Engine) -> None:
    assert (
        "count=99 is out of bounds" in ask(engine, "explore", scene="sums", ask={"count": 99}).error
    )
    assert "there is no knob" in ask(engine, "explore", scene="sums", ask={"counts": 9}).error
    assert "a bug in the scene" in ask(engine, "explore", scene="bad", frame=2).error
    huge = ask(engine, "explore", scene="bad", ask={"how": "huge"}, frame=2)
    assert "frame 2 (huge) is 3.7 MB, most of it H, and 1 MB can be shown" in huge.error
    assert ask(engine, "explore", scene="bad", frame=1).shown is not None


def test_a_long_way_is_cancelled_and_others_get_their_turn(scenes: Entry) -> None:
    parts: list[Any] = []
    server = Server(lambda line: parts.append(json.loads(line)))
    far = {"do": "explore", "lesson": "strange", "scene": "long", "ask": {"frames": 10**9}}
    server.take({**far, "id": 1, "frame": 10**9})
    server.turn()
    server.take({**far, "id": 2, "scene": "sums", "ask": {}, "frame": 1})
    while not any(part["id"] == 2 and "shown" in part for part in parts):
        server.turn()
    assert not any(part["id"] == 1 for part in parts)
    server.cancelled.add(1)
    server.turn()
    server.turn()
    assert {"id": 1, "done": True} in parts
    server.wake()
    serve(server)
    assert {"id": 2, "done": True} in parts
    assert not server.under_way


def test_a_frame_ahead_is_made_when_nothing_was_asked_for_a_while(scenes: Entry) -> None:
    parts: list[Any] = []
    server = Server(lambda line: parts.append(json.loads(line)))
    request = {"do": "explore", "lesson": "strange", "scene": "long"}
    serve(server, {**request, "id": 1, "frame": 3})
    (walk,) = server.explorer.walks.values()
    assert walk.made == 3
    assert {"id": 1, "done": True} not in parts
    serve(server, {**request, "id": 2, "frame": 4})
    assert walk.made == 4, "who asks at once waits for no frame ahead"
    assert {"id": 1, "done": True} in parts
    server.wake()
    serve(server)
    assert walk.made == 5
    assert {"id": 2, "done": True} in parts


def test_an_endless_loop_is_ended_and_the_next_request_starts_another(engine: Engine) -> None:
    reply = engine.ask(
        "explore", None, lambda: None, lesson="strange", scene="bad", ask={"how": "loop"}, frame=2
    )
    time.sleep(0.3)
    pid = engine.pid
    engine.close()
    again = ask(engine, "explore", scene="sums", frame=1)
    assert again.shown is not None
    assert engine.pid not in (None, pid)
    assert reply.shown is None


def test_a_run_is_the_subject_at_any_step_and_of_the_right_lesson(
    engine: Engine, store: Path, scenes: Entry, stranger: Callable[..., Path]
) -> None:
    run = client.create(store, scenes, preset="tiny", where="cpu")
    assert drive.work(run) == 0
    early = ask(engine, "explore", run, scene="sums", step=8, frame=1)
    assert (early.step, early.steps[-1]) == (8, 40)
    assert early.shown is not None
    stranger("other")
    other = client.create(store, catalog.one("other"), preset="tiny", where="cpu")
    wrong = ask(engine, "explore", other, scene="sums").error
    assert "looks at a run of strange, not of other" in wrong


def test_an_agent_thinks_of_a_named_game(engine: Engine) -> None:
    reply = ask(engine, "think", game="nim", state=[3, [4, 5]])
    assert not reply.error
    (thought,) = reply.thoughts
    assert thought.visits == {1: 3, 2: 1}
    assert thought.line == (1, 2)
    assert thought.say == "nim (3, (4, 5))"
    assert "knows no game 'chess'" in ask(engine, "think", game="chess").error


def test_a_lessons_own_sampling_has_its_knobs(engine: Engine, store: Path, scenes: Entry) -> None:
    run = client.create(store, scenes, preset="tiny", where="cpu")
    assert drive.work(run) == 0
    opened = ask(engine, "open", run)
    assert not opened.error
    assert opened.knobs[-1].name == "min_p"
    written = ask(engine, "generate", run, sampling={"tokens": 1, "min_p": 0.25})
    assert [token.text for token in written.tokens] == ["0.25 "]
    assert "out of bounds" in ask(engine, "generate", run, sampling={"min_p": 2.0}).error


def test_an_engine_for_a_lesson_without_torch_never_loads_it(scenes: Entry) -> None:
    code = (
        "import sys; from zhtui.ask.engine import Server\n"
        "server = Server(lambda part: None)\n"
        "server.take(dict(id=1, do='explore', lesson='strange', scene='sums', frame=3))\n"
        "while server.under_way: server.turn()\n"
        "print([m for m in ('torch', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The command line


def zhtui(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "zhtui", "explore", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_tells_titles_and_what_happened(scenes: Entry) -> None:
    done = zhtui("strange.sums", "count=2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "  1 / …  given",
        "     what goes in",
        "  2 / …  summed",
        "     row by row",
        "  3 / 3  done",
    ]


def test_the_command_pokes_points_and_speaks_json(scenes: Entry) -> None:
    poked = ("--poke", "X,0,1=5", "--at", "S,0,1", "--frame", "2", "--json")
    done = zhtui("strange", "scale=2", "mistake=ahead", *poked)
    assert done.returncode == 0, done.stderr
    frame = json.loads(done.stdout)
    assert frame["views"]["S"]["values"] == [[7, 13, 13]]
    assert frame["point"] == "S = 2 + 5"
    assert (frame["frame"], frame["of"], frame["title"]) == (2, None, "summed")
    assert frame["wrong"] == {"S": [[0, 0]]}
    assert "--poke" not in frame


def test_the_command_takes_the_first_scene_that_has_the_knobs(scenes: Entry) -> None:
    assert '"title": "step 0"' in zhtui("strange", "frames=2", "size=1", "--json").stdout
    assert zhtui("strange.sums", "frames=2").returncode == 2
    assert zhtui("strange", "frames=2", "scale=1").returncode == 2, "no scene has both"


def test_numbers_that_are_not_finite_are_null(explorer: Explorer) -> None:
    from zhtui.ask.shown import Shown

    about = to_json(Shown(1, None, "t", {"H": Heatmap(np.array([[math.nan, math.inf, 1.0]]))}))
    assert json.dumps(about["views"]["H"]["values"]) == "[[null, null, 1.0]]"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("strange.sum",), "did you mean sums?"),
        (("strang",), "did you mean strange?"),
        (("strange.sums", "counts=3"), "did you mean count?"),
        (("strange.sums", "--frame", "9"), "strange.sums has 3 frames; choose one of them"),
        (("strange.sums", "--at", "S"), "'S' is not a cell; write VIEW,ROW,COLUMN"),
        (("strange.sums", "--poke", "S,0,0"), "has no value"),
        (("strange.sums", "--poke", "Q,0,0=1"), "does not let Q be poked"),
        (("strange.bad",), "a bug in the scene"),
        (("strange.sums", "--run", "nobody"), "there is no run 'nobody'"),
    ],
)
def test_a_wrong_command_is_one_sentence(
    scenes: Entry, words: tuple[str, ...], sentence: str
) -> None:
    done = zhtui(*words)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_a_run_sets_itself_is_not_set_beside_it(tmp_path: Path) -> None:
    scene, run = catalog.one("attention").scene("groups"), RunFolder(tmp_path / "an-otter")
    check_knobs(scene, run, ("text=abc", "mistake=none"))
    with pytest.raises(ConfigError, match="kv_heads counts without a run only: an-otter has its"):
        check_knobs(scene, run, ("text=abc", " kv_heads =2"))


# What a lesson sees of other lessons, and what the learner did


def test_a_lesson_opens_a_run_of_another_and_has_its_model_and_agent(
    store: Path, stranger: Callable[..., Path]
) -> None:
    from zhtui import lab

    build = "class Net:\n    x = 3\n\ndef model(run):\n    return Net()\n"
    stranger("built", build=build, agent=AGENT)
    run = client.create(store, catalog.one("built"), preset="tiny", where="cpu")
    assert drive.work(run) == 0
    opened = lab.open_run(run.name, step=9)
    assert opened.step == 8
    model = lab.model_of(opened)
    assert model.x == 3
    assert lab.model_of(opened) is model
    (thought,) = lab.agent_of(opened)(GAME, (1, 2))
    assert thought.say == "named (1, 2)"


class _Named:
    name = "named"


GAME: Any = _Named()


def test_a_config_of_no_lesson_has_no_model() -> None:
    from zhtui import lab

    @dataclass(frozen=True)
    class Lost:
        steps: int = 1

    with pytest.raises(LessonError, match="the config of no lesson"):
        lab.model_of(lab.Run(Lost()))


def test_what_the_learner_did_is_appended_and_counted(store: Path) -> None:
    learner.did(store, learner.Did("guess", "gpt", "S", "head", right=False, value=1.0, truth=2.0))
    learner.did(store, learner.Did("guess", "gpt", "S", "head"))
    learner.did(store, learner.Did("solved", "gpt", "sum"))
    with (store / learner.LEARNER).open("a") as file:
        file.write('{"kind": "dance", "lesson": "gpt"}\n{"kind": 3}\n{"ki')
    found = learner.progress(store)["gpt"]
    assert (found.tried["guess"], found.right["guess"]) == (2, 1)
    assert found.done["guess"] == {"head.S"}
    assert found.done["solved"] == {"sum"}
    assert learner.progress(store / "empty") == {}
