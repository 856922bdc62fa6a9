"""How a language model is scored: four endings to choose from, a last word to find, bits a byte.

    asked = list(hellaswag(path))
    for score in choose(gpt, symbols, asked):       # one for each scorer: a name, a share, n
        ...

HellaSwag (Zellers 2019) has a text and four endings, one of them right. A model has no opinion to
ask for, so a rule makes one of its log-probabilities, and each rule chooses other endings:

    sum         the likeliest ending; short ones win, as every token costs something
    per token   the mean over an ending's tokens (build-nanogpt, llm.c)
    per byte    the sum over an ending's bytes, whatever the tokens are; the blank before it is none
                (as lm-evaluation-harness's acc_bytes; its acc_norm counts characters)

Letters: E tokens of an ending, B endings, T positions, V tokens in the vocabulary.

Leaves out: examples before the question (GPT-4's 95.3 is with ten of them), the clean-up of
wikiHow's marks that lm-evaluation-harness makes, and answers that are written and not chosen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from lessons.blocks.text import Symbols
from zhtui.lab import LabError

SCORERS = ("sum", "per token", "per byte")
AT_ONCE = 4096  # tokens whose logits are held: 0.8 GB of GPT-2's
Told = Callable[[int], object]  # how many are done


class Scored(Protocol):
    """What can be scored: token ids (B, T) to logits (B, T, V)."""

    block_size: int

    def __call__(self, ids: Tensor) -> Tensor: ...


class Item(NamedTuple):
    """A text, its possible endings, and which of them is right."""

    text: str
    endings: tuple[str, ...]
    right: int


@dataclass(frozen=True)
class Score:
    """A figure with the rule that made it, and of how many items it is."""

    task: str
    scorer: str
    value: float
    n: int
    unit: str = "right"
    note: str = ""

    def words(self) -> str:
        """One line: what, by which rule, how much, of how many."""
        figure = f"{self.value:.4f}" + (f" {self.unit}" if self.unit != "right" else "")
        error = math.sqrt(self.value * (1 - self.value) / self.n) if self.unit == "right" else 0.0
        spread = f" ± {error:.4f}" if error else ""
        return f"{self.task}, {self.scorer}: {figure}{spread}, n {self.n:,}{self.note}"


# --- Files ----------------------------------------------------------------------------------------


def lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Each object of a jsonl file with its line's number. Raises `LabError`."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, json.loads(line)
    except (OSError, ValueError, RecursionError) as error:
        told = f"{path} is no jsonl file that can be read ({error})"
        raise LabError(f"{told}; give a file with one JSON object a line.") from error


def hellaswag(path: Path) -> Iterator[Item]:
    """The items of HellaSwag's own file: `ctx`, `endings`, `label`. Raises `LabError`."""
    for number, row in lines(path):
        try:
            text, endings, right = row["ctx"], tuple(row["endings"]), int(row["label"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise misfit(path, number, "ctx, endings and label") from error
        whole = isinstance(text, str) and all(isinstance(e, str) and e for e in endings)
        if not whole or len(endings) < 2 or not 0 <= right < len(endings):
            raise misfit(path, number, "ctx, endings and label")
        yield Item(text, tuple(f" {ending}" for ending in endings), right)


def lambada(path: Path) -> Iterator[Item]:
    """Passages of which the last word is asked: jsonl with `text`, else a passage a line."""
    for number, text in passages(path):
        before, gap, word = text.rstrip().rpartition(" ")
        if not before or not word:
            raise misfit(path, number, "text of two words or more")
        yield Item(before, (gap + word,), 0)


def passages(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a file, a line each. Raises `LabError`."""
    if path.suffix == ".jsonl":
        for number, row in lines(path):
            text = row.get("text") if isinstance(row, dict) else None
            if not isinstance(text, str):
                raise misfit(path, number, "text")
            yield number, text
        return
    try:
        whole = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise LabError(f"{path} cannot be read ({error}); give a UTF-8 text file.") from error
    yield from ((i, line) for i, line in enumerate(whole.splitlines(), 1) if line.strip())


def misfit(path: Path, number: int, wanted: str) -> LabError:
    return LabError(f"{path}, line {number} has no {wanted}; give the file as it was published.")


# --- Scoring --------------------------------------------------------------------------------------


class Ending(NamedTuple):
    """What a model thinks of an ending: log-probabilities (E,), and whether each was its first."""

    logp: Tensor
    first: bool
    cut: bool


@torch.no_grad()
def endings(gpt: Scored, text: Tensor, among: Sequence[Tensor], device: str) -> list[Ending]:
    """Log-probabilities of each ending after `text`, all endings in one batch.

    What does not fit into the context is cut off in front. A row that is shorter is filled up
    behind its end, where the model, which looks back only, does not see it.
    """
    room = gpt.block_size + 1
    rows = [torch.cat((text, ending))[-room:] for ending in among]
    length = max(map(len, rows))
    ids = torch.zeros(len(rows), length, dtype=torch.int64)
    for b, row in enumerate(rows):
        ids[b, : len(row)] = row
    logits = gpt(ids[:, :-1].to(device)).float().cpu()  # (B, T, V)
    found = []
    for b, (row, ending) in enumerate(zip(rows, among, strict=True)):
        E = min(len(ending), len(row) - 1)
        logp = logits[b, len(row) - 1 - E : len(row) - 1].log_softmax(-1)  # (E, V)
        own = logp.gather(-1, row[-E:, None])[:, 0]  # (E,)
        first = bool((logp.argmax(-1) == row[-E:]).all()) and len(ending) == E
        found.append(Ending(own, first, len(row) < len(text) + len(ending)))
    return found


def chosen(logps: Sequence[Tensor], texts: Sequence[str], scorer: str) -> int:
    """Which ending a rule chooses, of log-probabilities (E,) each.

    Of [−1, −1, −1] and [−2], "sum" takes the second (−2), "per token" the first (−1).
    """
    sizes = {
        "sum": [1] * len(texts),
        "per token": [len(logp) for logp in logps],
        "per byte": [len(text.removeprefix(" ").encode()) for text in texts],
    }[scorer]
    return max(range(len(texts)), key=lambda i: float(logps[i].sum()) / sizes[i])


class Tally:
    """What was met on the way, to be said beside the figure."""

    def __init__(self) -> None:
        self.done, self.unknown, self.cut = 0, 0, 0

    def note(self) -> str:
        """Nothing where all went as it should."""
        parts = [f"{self.unknown:,} with unknown characters left out"] if self.unknown else []
        parts += [f"{self.cut:,} longer than the context, cut in front"] if self.cut else []
        return "".join(f"; {part}" for part in parts)


def asked(
    gpt: Scored, symbols: Symbols, items: Iterable[Item], device: str, tally: Tally, told: Told
) -> Iterator[tuple[Item, list[Ending]]]:
    """Each item with what the model thinks of its endings."""
    for number, item in enumerate(items, 1):
        told(number)
        if symbols.unknown(item.text + "".join(item.endings)):
            tally.unknown += 1
            continue
        text = symbols.encode(item.text or symbols.start)  # (T,)
        found = endings(gpt, text, [symbols.encode(each) for each in item.endings], device)
        tally.done += 1
        tally.cut += any(each.cut for each in found)
        yield item, found


def choose(
    gpt: Scored, symbols: Symbols, items: Iterable[Item], device: str = "cpu", told: Told = abs
) -> list[Score]:
    """The share of items whose right ending is chosen, by each scorer. Raises `LabError`."""
    right, tally = dict.fromkeys(SCORERS, 0), Tally()
    for item, found in asked(gpt, symbols, items, device, tally, told):
        logps = [each.logp for each in found]
        for scorer in SCORERS:
            right[scorer] += chosen(logps, item.endings, scorer) == item.right
    n = counted(tally, "HellaSwag")
    return [Score("HellaSwag", s, right[s] / n, n, note=tally.note()) for s in SCORERS]


def last_word(
    gpt: Scored, symbols: Symbols, items: Iterable[Item], device: str = "cpu", told: Told = abs
) -> list[Score]:
    """How often the last word is the model's own first choice, and its perplexity a word."""
    right, total, tally = 0, 0.0, Tally()
    for _, (word,) in asked(gpt, symbols, items, device, tally, told):
        right += word.first
        total -= float(word.logp.sum())
    n = counted(tally, "LAMBADA")
    note = tally.note()
    perplexity = math.exp(min(total / n, 700.0))  # of a long word, nothing learned: no float
    return [
        Score("LAMBADA", "greedy, every token of the last word", right / n, n, note=note),
        Score("LAMBADA", "perplexity of the last word", perplexity, n, "a word", note),
    ]


def counted(tally: Tally, task: str) -> int:
    if not tally.done:
        raise LabError(f"{task}: no item could be scored{tally.note()}; give another file.")
    return tally.done


@torch.no_grad()
def bits_per_byte(
    gpt: Scored, ids: Tensor, size: int, device: str = "cpu", told: Told = abs
) -> list[Score]:
    """The loss on all of a text (T,), and in bits for each of its `size` bytes.

    Stretches as long as the context, one after the other: a token at a stretch's beginning sees
    little, so that the figure is a little higher than with a context that slides.
    """
    if len(ids) < 2:
        raise LabError("A text of one token or less has no loss; give a longer one.")
    total, room, done = 0.0, gpt.block_size, 0
    whole = (len(ids) - 1) // room * room
    parts: list[Tensor] = []
    if whole:
        rows = ids[: whole + 1].unfold(0, room + 1, room)  # (n, T + 1), each begins with an end
        parts += torch.split(rows, max(1, AT_ONCE // room))  # (B, T + 1) each
    if whole + 1 < len(ids):
        parts.append(ids[None, whole:])  # (1, left over)
    for part in parts:
        told(done)
        x, y = part[:, :-1].to(device), part[:, 1:].to(device)  # (B, T) each
        logits = gpt(x).float()  # (B, T, V)
        summed = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum")
        total, done = total + float(summed), done + y.numel()
    n, rule = len(ids) - 1, f"stretches of {room:,}"
    mean = total / n
    return [
        Score("loss", rule, mean, n, "nats a token"),
        Score("bits per byte", rule, mean * len(ids) / size / math.log(2), n, "bits"),
    ]
