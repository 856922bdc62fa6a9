"""The engine as a process: streams, refusals, cancelling, dying, and what it leaves alone."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from zhtui.ask.client import COMMAND, Engine, Reply
from zhtui.ask.engine import WARM, Server, written
from zhtui.cli.app import app
from zhtui.errors import CheckpointError
from zhtui.lesson import catalog
from zhtui.lesson.sampling import Sampling
from zhtui.runs import checkpoint
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

SPEAKS = """
import time
import sys
from zhtui.lab import LabError, Sampling, Token
from {package}.train import Place

def opened(run):
    place = Place()
    run.keep(place=place)
    return place

def generate(run, prompt, sampling):
    print("a lesson that prints", flush=True)
    if "é" in prompt:
        raise LabError("The prompt has 'é', unknown to this model; write it without.")
    if prompt == "input":
        input()
    place = opened(run)
    if prompt == "numpy":
        import numpy as np
        yield Token("n", np.float32(0.5), np.array([1.0]), ((np.str_("a"), np.float32(0.25)),))
    if prompt == "array":
        import numpy as np
        yield Token("n", np.zeros(3))
    for i in range(sampling.tokens):
        if prompt == "slow":
            time.sleep(0.01)
        yield Token(f"{place.x:.6f} ", 0.5, 1.0, (("a", 0.5), ("b", 0.25)), 2)

def score(run, prompt, text, sampling):
    for character in text:
        yield Token(character, 0.25, 2.0)
"""


class Heard:
    """What a reply says, and an event for each time that it grew."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.times = 0

    def __call__(self) -> None:
        with self.changed:
            self.times += 1
            self.changed.notify_all()

    def until(self, look: Callable[[], Any], seconds: float = 20.0) -> None:
        with self.changed:
            assert self.changed.wait_for(look, seconds), "it did not come"


@pytest.fixture
def speaker(store: Path, stranger: Callable[..., Path]) -> RunFolder:
    """A finished run of a lesson that can speak, and print at the wrong moment."""
    folder = stranger("speaker", generate="")
    package = catalog.one("speaker").package
    (folder / "generate.py").write_text(SPEAKS.replace("{package}", package))
    run = client.create(store, catalog.one("speaker"), preset="tiny", where="cpu")
    assert drive.work(run) == 0
    return run


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(tmp_path / "log" / "engine.log")
    yield engine
    engine.close()


def asked(engine: Engine, do: str, run: RunFolder, **fields: Any) -> Reply:
    """A reply that has come to its end."""
    heard = Heard()
    reply = engine.ask(do, run, heard, **fields)
    heard.until(lambda: reply.done)
    return reply


def streaming(engine: Engine, run: RunFolder) -> tuple[Reply, Heard]:
    """A stream that has begun and goes on for hours."""
    heard = Heard()
    reply = engine.ask("generate", run, heard, prompt="slow", sampling=Sampling(tokens=10**6))
    heard.until(lambda: len(reply.tokens) > 3)
    return reply, heard


def serving(answers: list[Any]) -> Server:
    """A server in this process, whose answers come into a list."""
    return Server(lambda line: answers.append(json.loads(line)))


def handle(server: Server, *requests: dict[str, Any]) -> None:
    """Answers requests that came together, to the end of each."""
    for request in requests:
        server.take(request)
    while server.under_way:
        server.turn()


def print_of(folder: Path) -> str:
    """A hash over every file of a folder, with names and times."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        whole.update(f"{path} {path.stat().st_mtime_ns}".encode())
        whole.update(path.read_bytes() if path.is_file() else b"")
    return whole.hexdigest()


def test_tokens_stream_and_nothing_is_written_into_the_run(
    engine: Engine, speaker: RunFolder, tmp_path: Path
) -> None:
    before = print_of(speaker.path)
    reply = asked(engine, "generate", speaker, sampling=Sampling(tokens=3))
    assert not reply.error
    assert reply.step == 40
    assert reply.steps[-1] == 40
    assert len(reply.tokens) == 3
    assert reply.tokens[0].alternatives == (("a", 0.5), ("b", 0.25))
    assert print_of(speaker.path) == before
    assert "a lesson that prints" in (tmp_path / "log" / "engine.log").read_text()


def test_a_number_of_numpy_s_is_a_number(engine: Engine, speaker: RunFolder) -> None:
    reply = asked(engine, "generate", speaker, prompt="numpy", sampling=Sampling(tokens=1))
    assert not reply.error
    token = reply.tokens[0]
    assert (token.probability, token.entropy, token.alternatives) == (0.5, 1.0, (("a", 0.25),))
    words = ["sample", str(speaker.path), "--prompt", "numpy", "--tokens", "1", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    said = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    assert said[0]["probability"] == 0.5


def test_an_own_text_is_scored_a_token_at_a_time(engine: Engine, speaker: RunFolder) -> None:
    reply = asked(engine, "score", speaker, text="abc")
    assert [token.text for token in reply.tokens] == list("abc")


def test_a_lesson_that_cannot_score_says_so(
    engine: Engine, store: Path, stranger: Callable[..., Path]
) -> None:
    stranger("mute", generate="def generate(run, prompt, sampling):\n    yield from ()\n")
    run = client.create(store, catalog.one("mute"), preset="tiny", where="cpu")
    assert drive.work(run) == 0
    assert "cannot read a text that you give" in asked(engine, "score", run, text="a").error


def test_a_checkpoint_of_ones_choice_is_asked(engine: Engine, speaker: RunFolder) -> None:
    early = asked(engine, "generate", speaker, step=8, sampling=Sampling(tokens=1))
    late = asked(engine, "generate", speaker, sampling=Sampling(tokens=1))
    again = asked(engine, "generate", speaker, step=8, sampling=Sampling(tokens=1))
    assert (early.step, late.step, again.step) == (8, 40, 8)
    assert early.tokens == again.tokens != late.tokens


def test_a_newer_checkpoint_is_taken_up(engine: Engine, speaker: RunFolder) -> None:
    last = speaker.path / "step-000040"
    aside = speaker.path / "aside"
    last.rename(aside)
    assert asked(engine, "open", speaker).step == 36
    aside.rename(last)
    assert asked(engine, "open", speaker).step == 40


def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    engine: Engine, speaker: RunFolder
) -> None:
    (speaker.path / "step-000040" / "state.json").write_text("{")
    reply = asked(engine, "generate", speaker, sampling=Sampling(tokens=1))
    assert (reply.step, reply.error) == (36, "")


@pytest.mark.parametrize(
    ("do", "fields", "sentence"),
    [
        ("generate", {"prompt": "café"}, "The prompt has 'é'"),
        ("generate", {"prompt": "input"}, "EOFError"),
        ("think", {"board": []}, "offers no agent"),
        ("dance", {}, "does not know 'dance'"),
        ("score", {}, "KeyError"),
        ("generate", {"prompt": "array"}, "not JSON serializable"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence_and_the_engine_goes_on(
    engine: Engine, speaker: RunFolder, do: str, fields: dict[str, Any], sentence: str
) -> None:
    assert sentence in asked(engine, do, speaker, **fields).error
    pid = engine.pid
    assert len(asked(engine, "generate", speaker, sampling=Sampling(tokens=2)).tokens) == 2
    assert engine.pid == pid


def test_a_run_that_is_gone_is_named(engine: Engine, speaker: RunFolder) -> None:
    assert not asked(engine, "open", speaker).error
    for path in sorted(speaker.path.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert f"{speaker.name} has no" in asked(engine, "generate", speaker).error


def test_cancelling_ends_a_stream_and_the_next_request_is_answered(
    engine: Engine, speaker: RunFolder
) -> None:
    reply, heard = streaming(engine, speaker)
    engine.cancel(reply)
    heard.until(lambda: reply.done)
    assert not reply.error
    assert len(asked(engine, "generate", speaker, sampling=Sampling(tokens=2)).tokens) == 2


def test_killed_in_mid_stream_it_says_so_and_the_next_request_starts_another(
    engine: Engine, speaker: RunFolder
) -> None:
    heard = Heard()
    reply = engine.ask("generate", speaker, heard, prompt="slow", sampling=Sampling(tokens=10**6))
    waiting = engine.ask("generate", speaker, Heard())
    heard.until(lambda: len(reply.tokens) > 3)
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    heard.until(lambda: reply.done)
    assert "ended in the middle of its answer (signal 9)" in reply.error
    again = asked(engine, "generate", speaker, sampling=Sampling(tokens=2))
    assert waiting.done
    assert waiting.error
    assert len(again.tokens) == 2
    assert engine.pid not in (None, pid)


def test_streams_advance_together_and_one_that_ends_leaves_the_others(
    speaker: RunFolder,
) -> None:
    answers: list[Any] = []
    common = {"do": "generate", "run": str(speaker.path)}
    asked = [{**common, "id": i, "sampling": {"tokens": 2 + 2 * i}} for i in range(3)]
    handle(serving(answers), *asked, {**common, "id": 3, "prompt": "é"})
    order = [part["id"] for part in answers if "token" in part]
    assert order == [0, 1, 2, 0, 1, 2, 1, 2, 1, 2, 2, 2]
    assert [part["id"] for part in answers if "done" in part] == [0, 1, 2]
    assert [part["id"] for part in answers if "error" in part] == [3]
    alone: list[Any] = []
    handle(serving(alone), asked[2])
    assert alone == [part for part in answers if part["id"] == 2]


def test_a_question_is_answered_while_a_long_stream_goes_on(
    engine: Engine, speaker: RunFolder
) -> None:
    reply, heard = streaming(engine, speaker)
    between = asked(engine, "generate", speaker, sampling=Sampling(tokens=5))
    assert len(between.tokens) == 5
    assert not reply.done
    engine.cancel(reply)
    heard.until(lambda: reply.done)


def test_an_engine_that_cannot_start_is_a_sentence(speaker: RunFolder) -> None:
    engine = Engine(command=("/nonexistent/python",))
    reply = engine.ask("open", speaker, lambda: None)
    assert reply.done
    assert "the engine cannot be asked" in reply.error
    engine.close()


def test_it_dies_with_its_stdin_even_in_the_midst_of_an_answer(speaker: RunFolder) -> None:
    process = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    ask = {"id": 1, "do": "generate", "run": str(speaker.path), "prompt": "slow"}
    ask["sampling"] = {"tokens": 10**6}
    process.stdin.write(b"no json\n" + json.dumps(ask).encode() + b"\n")
    process.stdin.flush()
    answers = [json.loads(process.stdout.readline()) for _ in range(3)]
    assert "token" in answers[-1]
    process.stdin.close()
    while process.stdout.readline():
        pass  # what was on its way
    assert process.wait(10) == 0
    process.stdout.close()


def test_only_a_few_runs_stay_warm(store: Path, stranger: Callable[..., Path]) -> None:
    stranger("quiet", generate="def generate(run, prompt, sampling):\n    yield from ()\n")
    answers: list[Any] = []
    server = serving(answers)
    for i in range(WARM + 2):
        run = client.create(store, catalog.one("quiet"), preset="tiny", where="cpu", name=f"r-{i}")
        checkpoint.save(run.path, 1, {}, {})
        handle(server, {"id": i, "do": "open", "run": str(run.path)})
    assert [path.name for path, _ in server.opened] == ["r-2", "r-3", "r-4"]
    handle(server, {"id": 9, "do": "forget", "run": str(run.path)})
    assert len(server.opened) == WARM - 1
    assert answers[-1] == {"id": 9, "done": True}


def test_asking_loads_neither_torch_nor_textual() -> None:
    code = (
        "import sys, zhtui.ask.client; print([m for m in ('torch', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_checkpoint_that_does_not_fit_is_passed_over(speaker: RunFolder) -> None:
    """Of what another version wrote, the newest one that fits answers; none: it says why."""
    *_, (before, old), (_, new) = speaker.checkpoints()

    def spoil(path: Path) -> None:
        state = json.loads((path / "state.json").read_text())
        state["parts"]["other"] = state["parts"].pop("place")
        (path / "state.json").write_text(json.dumps(state))

    spoil(new)
    parts: list[Any] = []
    server = serving(parts)
    for number in (1, 2):
        server.take({"id": number, "do": "generate", "run": str(speaker.path), "prompt": ""})
    while server.under_way:
        server.turn()
    assert [part["step"] for part in parts if "step" in part] == [before, before]
    told = list(written(speaker, "", Sampling(tokens=3), where="cpu", step=None))
    assert len(told) == 3
    for _, path in speaker.checkpoints()[:-1]:
        spoil(path)
    with pytest.raises(CheckpointError, match="holds no place"):
        next(written(speaker, "", Sampling(tokens=3), where="cpu", step=None))
    assert old.is_dir(), "nothing is deleted"
