"""Training speed of the GPT lesson against nanoGPT's own train.py, at nanoGPT's CPU setting.

    python benchmarks/train_gpt.py --peer PATH          # a checkout of nanoGPT

Both train on Tiny Shakespeare ($ZHTUI_DATA), on the same cores, in turns within one invocation:
rounds of a fresh process each, so that what else the machine does falls on both. A step is the time
from one update to the next, batch included and evaluation left out (nanoGPT's own printed `time`).
"better" is the lesson's preset of that name, whose val is to be had at nanoGPT's wall time. Prints
tokens a second (median of all steps) and the ratio of the medians; exit status 1 below
--least.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

BATCH, CONTEXT, LAYERS, HEADS, CHANNELS = 12, 64, 4, 4, 128
TOKENS = BATCH * CONTEXT
WARM = 20  # first steps of a process, which pay for its start

PREPARE = """
import pathlib, pickle, numpy
text = pathlib.Path("input.txt").read_text(encoding="utf-8")
characters = sorted(set(text))
index = {c: i for i, c in enumerate(characters)}
ids = numpy.array([index[c] for c in text], dtype=numpy.uint16)
cut = int(0.9 * len(ids))
ids[:cut].tofile("train.bin")
ids[cut:].tofile("val.bin")
meta = dict(vocab_size=len(characters), itos=dict(enumerate(characters)), stoi=index)
pathlib.Path("meta.pkl").write_bytes(pickle.dumps(meta))
"""


def prepare(peer: Path, work: Path, text: Path) -> Path:
    """A copy of nanoGPT in `work`, with its data set made from `text`."""
    copy = work / "nanogpt"
    data = copy / "data" / "shakespeare_char"
    data.mkdir(parents=True)
    for name in ("train.py", "model.py", "configurator.py", "config/train_shakespeare_char.py"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes((peer / name).read_bytes())
    (data / "input.txt").write_bytes(text.read_bytes())
    subprocess.run([sys.executable, "-c", PREPARE], cwd=data, check=True)
    return copy


def peer_steps(copy: Path, steps: int) -> list[float]:
    """Seconds of each step that nanoGPT's train.py prints."""
    options = {
        "device": "cpu", "compile": False, "eval_iters": 1, "eval_interval": 10**6,
        "log_interval": 1, "block_size": CONTEXT, "batch_size": BATCH, "n_layer": LAYERS,
        "n_head": HEADS, "n_embd": CHANNELS, "dropout": 0.0, "max_iters": steps,
        "lr_decay_iters": 2000, "out_dir": str(copy / "out"),
    }  # fmt: skip
    command = [sys.executable, "train.py", "config/train_shakespeare_char.py"]
    command += [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=True)
    times = [float(found) / 1000 for found in re.findall(r"time ([\d.]+)ms", done.stdout)]
    return times[WARM:]


def our_steps(text: Path, steps: int, precision: str, preset: str = "cpu") -> list[float]:
    """Seconds of each step of the lesson, in a process of its own."""
    code = (
        f"from benchmarks.train_gpt import lesson_steps; from pathlib import Path; "
        f"print(*lesson_steps(Path({str(text)!r}), {steps}, {precision!r}, {preset!r}))"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    return [float(word) for word in done.stdout.splitlines()[-1].split()][WARM:]


def lesson_steps(text: Path, steps: int, precision: str, preset: str) -> list[float]:
    """Trains in this process; every step's loss is read, as nanoGPT reads it to print."""
    from lessons.gpt.config import PRESETS
    from lessons.gpt.train import train
    from zhtui.lab import Run

    config = replace(PRESETS[preset], data=str(text), precision=precision, eval_every=10**6)
    times, last = [], time.perf_counter()
    for row in train(Run(config)):
        float(row["loss"])
        now = time.perf_counter()
        times.append(now - last)
        last = now
        if len(times) > steps:
            break
    return times


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="a checkout of nanoGPT")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=150, help="a round")
    parser.add_argument("--least", type=float, default=1.5, help="ratio that must be reached")
    options = parser.parse_args()
    text = Path(os.environ["ZHTUI_DATA"]) / "tinyshakespeare.txt"

    times: dict[str, list[float]] = {"nanoGPT": [], "lesson fp32": [], "better": [], "lesson": []}
    with tempfile.TemporaryDirectory() as work:
        copy = prepare(options.peer, Path(work), text)
        for _ in range(options.rounds):
            times["nanoGPT"] += peer_steps(copy, options.steps)
            times["lesson"] += our_steps(text, options.steps, "auto")
            times["lesson fp32"] += our_steps(text, options.steps, "fp32")
            times["better"] += our_steps(text, options.steps, "auto", "better")
    middle = {name: statistics.median(found) for name, found in times.items()}
    print(f"{LAYERS} layers, {HEADS} heads, {CHANNELS}, block {CONTEXT}, batch {BATCH}, CPU")
    for name, seconds in middle.items():
        ratio = middle["nanoGPT"] / seconds
        print(f"{name:12} {seconds * 1e3:7.2f} ms {TOKENS / seconds:9,.0f} tok/s {ratio:6.2f}x")
    return int(middle["nanoGPT"] / middle["lesson"] < options.least)


if __name__ == "__main__":
    sys.exit(main())
