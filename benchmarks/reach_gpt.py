"""How long until nanoGPT's best loss on Tiny Shakespeare, on the same GPU: preset `gpu` against it.

    python -m benchmarks.reach_gpt --peer PATH          # a checkout of nanoGPT

nanoGPT trains by config/train_shakespeare_char.py, compiled, on its schedule of 5,000 steps; its
best validation loss in the first --steps is the one to reach (published: 1.4697). Then the lesson
trains until it is there. Both evaluate 200 batches of train and of val every 250 steps; seconds go
from a process's first line of training to the evaluation, once with what torch.compile takes and
once without. Exit status 1 where the ratio is below --least, or the loss is not reached.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.train_gpt import prepare
from lessons.gpt.config import PRESETS
from lessons.gpt.train import train
from zhtui.lab import Run

Place = tuple[float, int, float, float]  # val, step, seconds with compilation and without


def peer(copy: Path, steps: int) -> list[Place]:
    """What nanoGPT's train.py prints, and when."""
    command = [sys.executable, "-u", "train.py", "config/train_shakespeare_char.py"]
    command += ["--device=cuda", "--compile=True", "--dtype=bfloat16", "--log_interval=1"]
    command += [f"--max_iters={steps}", "--lr_decay_iters=5000", f"--out_dir={copy / 'out'}"]
    found: list[Place] = []
    begun = warm = time.perf_counter()
    with subprocess.Popen(command, cwd=copy, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            now = time.perf_counter()
            if line.startswith("compiling"):
                begun = now
            if line.startswith("iter 1:"):  # two steps are compiled, and the first evaluation made
                warm = now
            if told := re.match(r"step (\d+): .* val loss ([\d.]+)", line):
                found.append((float(told[2]), int(told[1]), now - begun, now - warm))
    return found


def lesson(text: Path, preset: str, target: float) -> list[Place]:
    """The lesson's evaluations until the target."""
    run = Run(replace(PRESETS[preset], data=str(text)), device="cuda")
    run.say = print
    found: list[Place] = []
    begun = warm = time.perf_counter()
    for row in train(run):
        if run.step == 1:
            float(row["loss"])
            warm = time.perf_counter()
        if "val" in row:
            val = float(row["val"])
            now = time.perf_counter()
            found.append((val, run.step + 1, now - begun, now - warm))
            if val <= target:
                break
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="a checkout of nanoGPT")
    parser.add_argument("--preset", default="gpu")
    parser.add_argument("--steps", type=int, default=2500, help="of nanoGPT's 5,000")
    parser.add_argument("--least", type=float, default=2.0, help="ratio that must be reached")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("nanoGPT's three minutes are a GPU's, and there is none here: not measured")
        return 0
    text = Path(os.environ["ZHTUI_DATA"]) / "tinyshakespeare.txt"
    with tempfile.TemporaryDirectory() as work:
        them = peer(prepare(options.peer, Path(work), text), options.steps)
    best = min(them)
    us = lesson(text, options.preset, best[0])
    for name, places in (("nanoGPT", them), ("lesson", us)):
        for val, step, whole, warm in places:
            print(f"  {name:8} step {step:5} val {val:.4f}   {whole:6.1f} s, warm {warm:6.1f} s")
    ours = us[-1]
    if ours[0] > best[0]:
        print(f"the lesson did not reach {best[0]:.4f}")
        return 1
    ratio, warm = best[2] / ours[2], best[3] / ours[3]
    print(f"val {best[0]:.4f}: {ratio:.2f}x as soon, {warm:.2f}x without what is compiled")
    return int(ratio < options.least)


if __name__ == "__main__":
    sys.exit(main())
