"""Tokenizer speed beside minbpe, rustbpe, Hugging Face's tokenizers and tiktoken: ratios, paired.

    python benchmarks/tokenizer.py [--peer MINBPE [--full]] [--rounds 5] [--large TEXT]

Each round times all sides in turn in one process; medians and their ratios are printed.
minbpe takes minutes to 1,024 tokens, so it learns fewer merges (--minbpe-merges) and its time is
scaled by the merges, as it recounts the whole text for each; with --full it learns them all, and
nothing else is timed. rustbpe is used where it can be imported.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from lessons.tokenizer import stream
from lessons.tokenizer.bpe import PATTERNS, Tokenizer, split
from lessons.tokenizer.fast import Trainer
from lessons.tokenizer.published import available, published

Clock = tuple[float, float]  # seconds of CPU, seconds of wall


def clock(work: Callable[[], object]) -> Clock:
    """How long some work takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def median(times: list[Clock]) -> Clock:
    """Medians of CPU and of wall time."""
    cpu, wall = zip(*times, strict=True)
    return statistics.median(cpu), statistics.median(wall)


def learn(text: str, size: int) -> Trainer:
    """Ours, from the text to `size` tokens."""
    trainer = Trainer(Counter(split(text, "gpt4")))
    for _ in zip(range(size - 256), trainer, strict=False):
        pass
    return trainer


def hugging_face(text: str, size: int) -> object:
    """The same by `tokenizers`."""
    import tokenizers
    from tokenizers import models, pre_tokenizers, trainers

    tokenizer = tokenizers.Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(tokenizers.Regex(PATTERNS["gpt4"]), "isolated")
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([cut, level])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def rust(text: str, size: int) -> object:
    """The same by `rustbpe`."""
    import rustbpe

    tokenizer = rustbpe.Tokenizer()
    tokenizer.train_from_iterator(iter([text]), size)
    return tokenizer


def training(text: str, size: int, rounds: int) -> None:
    """Learning beside the two libraries, and that all three learned as many tokens."""
    sides = {"ours": learn, "tokenizers": hugging_face}
    try:
        import rustbpe  # noqa: F401 - only whether it is there

        sides["rustbpe"] = rust
    except ImportError:
        print("rustbpe is not installed: left out")
    times: dict[str, list[Clock]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            times[name].append(clock(lambda side=side: side(text, size)))
    ours = median(times["ours"])
    for name in sides:
        cpu, wall = median(times[name])
        print(
            f"train to {size:,}  {name:<11} {cpu:7.3f} s CPU {wall:7.3f} s wall"
            f"   ours / it: {ours[0] / cpu:5.2f} CPU {ours[1] / wall:5.2f} wall"
        )


def minbpe(text: str, folder: Path, merges: int, size: int) -> None:
    """Learning beside minbpe's RegexTokenizer, which learns `merges`; they must be the same.

    Where those are fewer than `size` takes, minbpe's time to `size` is scaled by the merges.
    """
    sys.path.insert(0, str(folder))
    from minbpe import RegexTokenizer

    theirs = RegexTokenizer()
    before = clock(lambda: learn(text, size))[0]
    cpu, wall = clock(lambda: theirs.train(text, 256 + merges))
    ours = learn(text, size)
    assert ours.merges[:merges] == list(theirs.merges), "minbpe's merges are others"
    again = median([(before, before), *(clock(lambda: learn(text, size)) for _ in range(4))])[0]
    if merges == size - 256:
        print(
            f"minbpe to {size:,}, every merge: {cpu:.1f} s CPU {wall:.1f} s wall; "
            f"ours {again:.3f} s CPU: {cpu / again:,.0f} times; same merges"
        )
        return
    few = median([clock(lambda: learn(text, 256 + merges)) for _ in range(5)])[0]
    scaled = cpu * (size - 256) / merges
    print(
        f"minbpe, {merges} merges: {cpu:.1f} s CPU; ours {few:.3f} s: {cpu / few:,.0f} times; same"
    )
    print(
        f"minbpe to {size:,}, scaled: {scaled:.0f} s CPU; ours {again:.3f} s: {scaled / again:,.0f}"
    )


def large(text: str, megabytes: int, size: int) -> None:
    """Learning a large vocabulary: time and memory."""
    file = io.BytesIO(text.encode())

    def work() -> None:
        trainer = Trainer(stream.count_chunks(file, "gpt4"))
        done = sum(1 for _ in zip(range(size - 256), trainer, strict=False))
        print(f"{megabytes} MB: {len(trainer.symbols):,} places, {done + 256:,} tokens", end="")

    cpu, wall = clock(work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f", {cpu:.1f} s CPU {wall:.1f} s wall, peak of the process {peak / 1e6:.2f} GB")


def encoding(text: str, rounds: int) -> None:
    """Bulk encoding beside tiktoken's own rate, on ten copies of the text."""
    if "gpt2" not in available():
        print("GPT-2's vocabulary is not on this machine: encoding is left out")
        return
    tokenizer, text = published("gpt2"), text * 10
    theirs, content = stream.bulk(tokenizer), text.encode()

    def ours() -> int:
        return sum(map(len, stream.encode_file(tokenizer, io.BytesIO(content))))

    assert ours() == len(theirs.encode_ordinary(text))
    times: dict[str, list[Clock]] = {"ours": [], "whole": [], "tiktoken": []}
    for _ in range(rounds):
        times["tiktoken"].append(clock(lambda: theirs.encode_ordinary(text)))
        times["whole"].append(clock(lambda: stream.encode(tokenizer, text)))
        times["ours"].append(clock(ours))
    base = median(times["tiktoken"])
    for name, label in (("tiktoken", "tiktoken"), ("whole", "encode"), ("ours", "encode_file")):
        cpu, wall = median(times[name])
        rate = len(content) / 1e6
        print(
            f"{label:<12} {rate / cpu:5.2f} MB/s CPU {rate / wall:5.2f} MB/s wall"
            f"   rate / tiktoken's: {base[0] / cpu:.3f} CPU {base[1] / wall:.3f} wall"
        )


def looking(text: str, rounds: int) -> None:
    """What the inspector does for one key: state, pairs, one screen of tokens, at any merge."""
    from lessons.tokenizer.seams import Seams

    trainer = learn(text, 8192)
    seams = Seams(text, Tokenizer.from_merges(trainer.merges), trainer)
    times = []
    for place in range(rounds * 10):
        rank = 256 + place * 7919 % 7900
        start = place * 104_729 % len(text)

        def look(rank: int = rank, start: int = start) -> None:
            state = seams.at(rank)
            assert state.pairs
            list(state.tokens(start, start + 3000))

        times.append(clock(look)[1])
    print(
        f"one look: median {statistics.median(times) * 1e3:.1f} ms, worst {max(times) * 1e3:.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, help="a checkout of minbpe")
    parser.add_argument("--minbpe-merges", type=int, default=16)
    parser.add_argument("--full", action="store_true", help="minbpe alone, to 1,024: minutes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=Path, help="a text of 10 MB to learn 32,768 tokens from")
    options = parser.parse_args()
    folder = os.environ.get("ZHTUI_DATA")
    if not folder:
        sys.exit("set ZHTUI_DATA to the folder with tinyshakespeare.txt")
    text = (Path(folder) / "tinyshakespeare.txt").read_text()
    if options.full and options.peer:
        minbpe(text, options.peer, 1024 - 256, 1024)
        return
    training(text, 1024, options.rounds)
    training(text, 8192, options.rounds)
    encoding(text, options.rounds)
    looking(text, options.rounds)
    if options.peer:
        minbpe(text, options.peer, options.minbpe_merges, 1024)
    if options.large:
        content = options.large.read_bytes()[: 10 << 20].decode(errors="ignore")
        large(content, 10, 32_768)


if __name__ == "__main__":
    main()
