"""How soon the engine answers: the first token once it is warm, and tokens a second after it.

A real engine process over its pipes, a GPT of nanoGPT's CPU setting, trained for a few steps. In
turn, so that a busy machine meets all alike: a first token from a warm engine, one from the model
called in this process. Gate: the first token within 150 ms, by the median.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path

from zhtui.ask import engine
from zhtui.ask.client import Engine
from zhtui.lesson import catalog
from zhtui.lesson.sampling import Sampling
from zhtui.runs.folder import RunFolder
from zhtui.work import client, drive

GATE = 150.0  # milliseconds
TOKENS = 100
PROMPT = "ROMEO: what light"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        run = _trained(Path(place))
        asked = Engine()
        started = time.perf_counter()
        _ask(asked, "open", run)
        cold = time.perf_counter() - started
        opened = engine.open_run(run, where="cpu")
        firsts, alone, rates = [], [], []
        for _ in range(options.rounds):
            first, whole = _ask(asked, "generate", run)
            firsts.append(1e3 * first)
            rates.append((TOKENS - 1) / (whole - first))
            started = time.perf_counter()
            next(engine.sample(run, opened, PROMPT, Sampling(tokens=1)))
            alone.append(1e3 * (time.perf_counter() - started))
        asked.close()
    first = statistics.median(firsts)
    print(f"engine, {options.rounds} rounds, interleaved, medians:")
    print(f"  started and warm after   {cold:.1f} s")
    print(f"  first token, warm        {first:.1f} ms (gate {GATE:g} ms)")
    print(f"  the model called here    {statistics.median(alone):.1f} ms")
    print(f"  tokens a second          {statistics.median(rates):.0f}")
    if first > GATE:
        raise SystemExit("the first token comes too late")


def _trained(store: Path) -> RunFolder:
    knobs = ("steps=4", "eval_every=4", "eval_batches=1", "data=python", "baselines=false")
    run = client.create(store, catalog.one("gpt"), preset="cpu", knobs=knobs, where="cpu")
    assert drive.work(run) == 0, "the run failed"
    return run


def _ask(asked: Engine, do: str, run: RunFolder) -> tuple[float, float]:
    """Seconds to the first token, and to the end."""
    grown = threading.Condition()

    def heard() -> None:
        with grown:
            grown.notify_all()

    started = time.perf_counter()
    reply = asked.ask(do, run, heard, sampling=Sampling(tokens=TOKENS), prompt=PROMPT)
    with grown:
        grown.wait_for(lambda: reply.tokens or reply.done, 120)
        first = time.perf_counter() - started
        grown.wait_for(lambda: reply.done, 120)
    assert not reply.error, reply.error
    return first, time.perf_counter() - started


if __name__ == "__main__":
    main()
