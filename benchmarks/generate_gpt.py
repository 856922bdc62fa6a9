"""Writing speed of the GPT lesson, with its cache, against nanoGPT's `generate`.

    python benchmarks/generate_gpt.py --peer PATH       # a checkout of nanoGPT

Both write 500 characters after a prompt of one, at temperature 0.8 and top-k 200, with untrained
weights of the same shape, in turns in one process. The lesson also reports each character's
probability, entropy and alternatives, which nanoGPT does not. Settings: nanoGPT's CPU model (block
64), where a step is mostly Python's own time, and its shakespeare_char model (block 256). Prints
medians and ratios; exit status 1 where one is below --least.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from lessons.gpt.config import PRESETS, Config
from lessons.gpt.generate import generate
from zhtui.lab import Run, Sampling

TOKENS, TOP_K, TEMPERATURE = 500, 200, 0.8
VOCAB = 65
SAMPLING = Sampling(tokens=TOKENS, temperature=TEMPERATURE, top_k=TOP_K)


def ours(config: Config) -> Callable[[], object]:
    """Writes with the lesson, a model of 65 characters."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        symbols = "".join(map(chr, range(48, 48 + VOCAB)))
        text.write_text(symbols * 100, encoding="utf-8")
        run = Run(replace(config, data=str(text)))
        next(generate(run, "0", SAMPLING))  # reads the text and builds the model
    return lambda: list(generate(run, "0", SAMPLING))


def theirs(peer: Path, config: Config) -> Callable[[], object]:
    """Writes with nanoGPT's model, of the same shape."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", peer / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    names = ("block_size", "n_layer", "n_head", "n_embd", "dropout", "bias")
    shape = module.GPTConfig(vocab_size=VOCAB, **{name: getattr(config, name) for name in names})
    with contextlib.redirect_stdout(io.StringIO()):
        model = module.GPT(shape).eval()
    start = torch.zeros(1, 1, dtype=torch.long)
    return lambda: model.generate(start, TOKENS, temperature=TEMPERATURE, top_k=TOP_K)


def seconds(write: Callable[[], object]) -> float:
    start = time.perf_counter()
    write()
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="a checkout of nanoGPT")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--least", type=float, default=4.0, help="ratio that must be reached")
    options = parser.parse_args()

    slow = False
    for name in ("cpu", "paper"):
        config = PRESETS[name]
        peer, lesson = theirs(options.peer, config), ours(config)
        rounds = options.rounds if name == "cpu" else 1  # 25 s each
        pairs = [(seconds(peer), seconds(lesson)) for _ in range(rounds)]
        before, after = (statistics.median(column) for column in zip(*pairs, strict=True))
        shape = f"{config.n_layer} layers, {config.n_embd} channels, block {config.block_size}"
        print(f"{name}: {shape}, {TOKENS} characters")
        print(f"  nanoGPT {TOKENS / before:8,.0f} characters/s")
        print(f"  lesson  {TOKENS / after:8,.0f} characters/s   {before / after:.2f}x")
        slow = slow or before / after < options.least
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
