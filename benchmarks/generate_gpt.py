"""Writing speed of the GPT lessons, with their cache, against nanoGPT's `generate`.

    python -m benchmarks.generate_gpt --peer PATH       # a checkout of nanoGPT

Both write 500 characters after a prompt of one, at temperature 0.8 and top-k 200, with untrained
weights of the same shape, in turns in one process. The lesson also reports each character's
probability, entropy and alternatives, which nanoGPT does not. Settings: nanoGPT's CPU model (block
64), where a step is mostly Python's own time, and its shakespeare_char model (block 256). Where
there is a GPU, the latter on it too, and GPT-2 124M; nanoGPT there in float32 and in bfloat16, of
which the quicker counts. Prints medians and ratios; exit status 1 where one is below --least.
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
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from lessons.gpt import config as gpt
from lessons.gpt.generate import generate as write_characters
from lessons.gpt2 import config as gpt2
from lessons.gpt2.generate import generate as write_words
from zhtui.lab import Run, Sampling

TOKENS, TOP_K, TEMPERATURE = 500, 200, 0.8
VOCAB = 65
SAMPLING = Sampling(tokens=TOKENS, temperature=TEMPERATURE, top_k=TOP_K)


def characters(name: str, device: str) -> Callable[[], object]:
    """Writes with lesson gpt, a model of 65 characters."""
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        symbols = "".join(map(chr, range(48, 48 + VOCAB)))
        text.write_text(symbols * 100, encoding="utf-8")
        run = Run(replace(gpt.PRESETS[name], data=str(text)), device=device)
        next(write_characters(run, "0", SAMPLING))  # reads the text and builds the model
    return lambda: list(write_characters(run, "0", SAMPLING))


def words(name: str, device: str) -> Callable[[], object]:
    """Writes with lesson gpt2."""
    run = Run(replace(gpt2.PRESETS[name], multiple=1), device=device)
    next(write_words(run, "The", SAMPLING))
    return lambda: list(write_words(run, "The", SAMPLING))


def theirs(peer: Path, shape: dict[str, Any], device: str, bf16: bool) -> Callable[[], object]:
    """Writes with nanoGPT's model, of the same shape."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", peer / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    with contextlib.redirect_stdout(io.StringIO()):
        model = module.GPT(module.GPTConfig(**shape)).eval().to(device)
    start = torch.zeros(1, 1, dtype=torch.long, device=device)

    def write() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            model.generate(start, TOKENS, temperature=TEMPERATURE, top_k=TOP_K)[0].tolist()

    return write


def seconds(write: Callable[[], object]) -> float:
    start = time.perf_counter()
    write()
    return time.perf_counter() - start


def shape_of(config: Any, vocab: int) -> dict[str, Any]:
    names = ("block_size", "n_layer", "n_head", "n_embd")
    own = {"dropout": 0.0, "bias": True} | vars(config)
    return {name: own[name] for name in (*names, "dropout", "bias")} | {"vocab_size": vocab}


def cases() -> Iterator[tuple[str, str, dict[str, Any], Callable[[], object], int]]:
    """What is written with: device, name, shape, the lesson's writer, and rounds."""
    small, large = (shape_of(gpt.PRESETS[name], VOCAB) for name in ("cpu", "paper"))
    yield "cpu", "gpt cpu", small, characters("cpu", "cpu"), 9
    yield "cpu", "gpt paper", large, characters("paper", "cpu"), 1  # 25 s each
    if torch.cuda.is_available():
        yield "cuda", "gpt paper", large, characters("paper", "cuda"), 5
        whole = shape_of(gpt2.PRESETS["paper"], 50257)
        yield "cuda", "gpt2 124M", whole, words("paper", "cuda"), 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, required=True, help="a checkout of nanoGPT")
    parser.add_argument("--least", type=float, default=4.0, help="ratio that must be reached")
    options = parser.parse_args()

    slow = False
    for device, name, shape, lesson, rounds in cases():
        kinds = (False, True) if device == "cuda" else (False,)
        peers = [theirs(options.peer, shape, device, bf16) for bf16 in kinds]
        took = [[seconds(write) for write in (*peers, lesson)] for _ in range(rounds)]
        *before, after = (statistics.median(column) for column in zip(*took, strict=True))
        size = f"{shape['n_layer']} layers, {shape['n_embd']} channels"
        print(f"{name} on {device}: {size}, {TOKENS} tokens")
        print(f"  nanoGPT {TOKENS / min(before):8,.0f} tokens/s")
        print(f"  lesson  {TOKENS / after:8,.0f} tokens/s   {min(before) / after:.2f}x")
        slow = slow or min(before) / after < options.least
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
