"""Training speed of GPT-2 124M on a GPU against build-nanogpt's model and step, in turns.

    python -m benchmarks.train_gpt2 --peer PATH         # a checkout of build-nanogpt

Both train in bfloat16 with torch.compile on texts of 1,024 tokens, in one process, a few steps of
131,072 tokens each in turn, so that clocks and heat meet both. The peer's classes are taken from
its train_gpt2.py, which trains when it is imported; its step is that file's, of random tokens that
lie on the GPU already. The lesson's is preset `paper`, data included; each loss is read. Prints the
median step, tokens a second, the share of the GPU's peak (MFU) and the ratio; exit status 1 where
the ratio is below --least or the MFU below --mfu.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from lessons.gpt2.config import PRESETS
from lessons.gpt2.model import GPT2, Size
from lessons.gpt2.train import train
from zhtui.lab import Run
from zhtui.machine import gpu

T, TOKENS, VOCAB = 1024, 131_072, 50304
WARM = 2  # first steps of each, which compile


def classes(peer: Path) -> dict[str, Any]:
    """What the peer's script defines, without what it does."""
    tree = ast.parse((peer / "train_gpt2.py").read_text(encoding="utf-8"))
    own = [
        node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.ClassDef)
        and "hellaswag" not in ast.unparse(node)
    ]  # fmt: skip
    sys.modules["peer"] = ModuleType("peer")  # where a dataclass looks for its own module
    space = vars(sys.modules["peer"])
    space["master_process"] = False  # `configure_optimizers` asks whether it is the one to print
    exec(compile(ast.Module(own, []), "train_gpt2.py", "exec"), space)
    return space


def theirs(peer: Path, texts: int) -> Iterator[float]:
    """The peer's own step, over and over; its loss."""
    space = classes(peer)
    with contextlib.redirect_stdout(io.StringIO()):
        plain = space["GPT"](space["GPTConfig"](vocab_size=VOCAB)).to("cuda")
        optimizer = plain.configure_optimizers(
            weight_decay=0.1, learning_rate=6e-4, device_type="cuda"
        )
    model, parts = torch.compile(plain), TOKENS // (texts * T)
    while True:
        torch.set_float32_matmul_precision("high")  # the lesson sets its own in its turn
        optimizer.zero_grad()
        total = torch.zeros((), device="cuda")
        for _ in range(parts):
            ids = torch.randint(50257, (texts, T + 1), device="cuda")
            with torch.autocast(device_type="cuda", dtype=torch.bfloat16):
                _, loss = model(ids[:, :-1].contiguous(), ids[:, 1:].contiguous())
            loss = loss / parts
            total += loss.detach()
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = 6e-4
        optimizer.step()
        yield total.item()


def ours(texts: int, precision: str) -> Iterator[float]:
    """The lesson's training; its loss."""
    config = replace(
        PRESETS["paper"], data=str(Path(os.environ["ZHTUI_DATA"]) / "tinyshakespeare.txt"),
        batch_size=texts, accumulation=TOKENS // (texts * T), eval_every=10**6, precision=precision,
    )  # fmt: skip
    run = Run(config, device="cuda")
    run.say = print
    for row in train(run):
        yield float(row["loss"])


def timed(steps: Iterator[float], count: int) -> list[float]:
    found = []
    for _ in range(count):
        start = time.perf_counter()
        next(steps)
        found.append(time.perf_counter() - start)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, help="a checkout of build-nanogpt")
    parser.add_argument("--texts", type=int, default=32, help="a micro-batch")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=4, help="a round")
    parser.add_argument("--least", type=float, default=1.0, help="ratio that must be reached")
    parser.add_argument("--mfu", type=float, default=0.4, help="share of the peak, likewise")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        print("124M is for a GPU, and there is none here: not measured")
        return 0
    both = {"lesson": ours(options.texts, "auto")}
    if options.peer:
        both = {"build-nanogpt": theirs(options.peer, options.texts)} | both
    took: dict[str, list[float]] = {name: [] for name in both}
    for name, steps in both.items():
        print(f"{name}: {sum(timed(steps, WARM)):.0f} s until it was warm", flush=True)
    for _ in range(options.rounds):
        for name, steps in both.items():
            took[name] += timed(steps, options.steps)
    middle = {name: statistics.median(each) for name, each in took.items()}
    with torch.device("meta"):
        flops = TOKENS * GPT2(Size(block_size=T)).flops_per_token()
    card = torch.cuda.get_device_name()
    shares = {name: gpu.mfu(flops / seconds, card) or 0.0 for name, seconds in middle.items()}
    print(f"124M, {TOKENS:,} tokens a step as {options.texts} x {T} at a time, {card}")
    for name, seconds in middle.items():
        rate, share = TOKENS / seconds, 100 * shares[name]
        print(f"  {name:13} {1000 * seconds:7.1f} ms {rate:9,.0f} tok/s   MFU {share:.1f} %")
    ratio = middle.get("build-nanogpt", middle["lesson"]) / middle["lesson"]
    print(f"  {ratio:.2f}x")
    return int(ratio < options.least or shares["lesson"] < options.mfu)


if __name__ == "__main__":
    sys.exit(main())
