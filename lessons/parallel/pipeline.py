"""Pipeline schedules, slot by slot: who does what when, and what each stage has to remember.

p stages, m micro-batches; each piece of work takes one slot, so a backward in halves takes two.

    gpipe        all forwards, then all backwards (Huang 2019)
    1f1b         a stage goes backward as soon as it can (Narayanan 2019): p stashes, not m
    interleaved  v chunks of layers a stage (Narayanan 2021): the bubble is v times smaller
    zero-bubble  the backward in two halves, B and W; W fills the bubble (Qi 2023)

The bubble is (p − 1) / (m + p − 1) for GPipe and 1F1B alike; 1F1B's gain is memory.

Leaves out: communication time, uneven stages, and looped variants beside the interleaved one.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("gpipe", "1f1b", "interleaved", "zero-bubble")


@dataclass(frozen=True)
class Work:
    """One thing a stage does: "F", "B" or "W" of a micro-batch, in a chunk of its layers."""

    what: str
    micro: int
    chunk: int = 0


@dataclass(frozen=True)
class Timeline:
    """(p, slots) of work, None where a stage waits."""

    slots: tuple[tuple[Work | None, ...], ...]

    @property
    def length(self) -> int:
        """Slots until the last stage has done."""
        return len(self.slots[0])

    @property
    def bubble(self) -> float:
        """The share of all slots in which a stage waits."""
        cells = [work for row in self.slots for work in row]
        return sum(work is None for work in cells) / len(cells)

    def stashes(self) -> list[int]:
        """The most micro-batches (times chunks) that each stage remembers at once."""
        most = []
        for row in self.slots:
            held = peak = 0
            for work in row:
                held += work is not None and work.what == "F"
                peak = max(peak, held)
                held -= work is not None and work.what == "B"
            most.append(peak)
        return most


def bubble(p: int, m: int, v: int = 1) -> float:
    """(p − 1) / (v m + p − 1): 4 stages, 4 micro-batches -> 3/7 = 0.429."""
    return (p - 1) / (v * m + p - 1)


def orders(kind: str, p: int, m: int, v: int = 2) -> list[list[Work]]:
    """What each stage does in order, before it is known when."""
    if kind == "gpipe":
        forward = [Work("F", i) for i in range(m)]
        return [[*forward, *(Work("B", i) for i in range(m))] for _ in range(p)]
    if kind == "interleaved":
        return [interleaved(p, m, v, stage) for stage in range(p)]
    plain = [one_forward_one_backward(p, m, stage) for stage in range(p)]
    if kind == "1f1b":
        return plain
    return [with_weights_late(row) for row in plain]


def one_forward_one_backward(p: int, m: int, stage: int) -> list[Work]:
    """p − 1 − stage forwards to warm up, then one of each, then the backwards that are left."""
    warm = min(p - 1 - stage, m)
    done = [Work("F", i) for i in range(warm)]
    for i in range(m - warm):
        done += [Work("F", warm + i), Work("B", i)]
    return done + [Work("B", i) for i in range(m - warm, m)]


def interleaved(p: int, m: int, v: int, stage: int) -> list[Work]:
    """Groups of p micro-batches go through chunk after chunk; m is a multiple of p."""
    forward = [
        Work("F", g * p + i, chunk) for g in range(m // p) for chunk in range(v) for i in range(p)
    ]
    backward = [
        Work("B", g * p + i, v - 1 - chunk)
        for g in range(m // p) for chunk in range(v) for i in range(p)
    ]  # fmt: skip
    warm = min(2 * (p - 1 - stage) + (v - 1) * p, len(forward))
    done = forward[:warm]
    for i in range(len(forward) - warm):
        done += [forward[warm + i], backward[i]]
    return done + backward[len(forward) - warm :]


def with_weights_late(row: list[Work]) -> list[Work]:
    """Each backward is followed by nothing; its weights' half, W, waits for a slot to spare."""
    return [*row, *(Work("W", work.micro) for work in row if work.what == "B")]


def timeline(kind: str, p: int, m: int, v: int = 2) -> Timeline:
    """Plays the orders: a stage does its next work as soon as what that needs is done.

    Raises `ValueError` where the interleaved schedule has no whole groups.
    """
    if kind == "interleaved" and (m % p or v < 1):
        raise ValueError(f"interleaved needs micro-batches in groups of {p}; {m} is not a multiple")
    todo = [list(row) for row in orders(kind, p, m, v)]
    chunks = v if kind == "interleaved" else 1
    done: dict[tuple[str, int, int], int] = {}  # (what, micro, virtual stage) -> slot
    rows: list[list[Work | None]] = [[] for _ in range(p)]
    slot = 0
    while any(todo):
        begun = []
        for stage, row in enumerate(todo):
            work = next_of(row, stage, p, chunks, done, slot, kind)
            rows[stage].append(work)
            if work is not None:
                row.remove(work)
                begun.append((work.what, work.micro, work.chunk * p + stage))
        done |= dict.fromkeys(begun, slot)
        slot += 1
    return Timeline(tuple(tuple(row) for row in rows))


def next_of(
    row: list[Work], stage: int, p: int, chunks: int, done: dict[tuple[str, int, int], int],
    slot: int, kind: str,
) -> Work | None:  # fmt: skip
    """The work of this slot: the first in order that can be done; weights fill what is left."""
    first = next((work for work in row if work.what != "W"), None)
    if first is not None and ready(first, stage, p, chunks, done):
        return first
    if kind == "zero-bubble":
        able = (w for w in row if w.what == "W" and ("B", w.micro, stage) in done)
        return next(able, None)
    return None


def ready(
    work: Work, stage: int, p: int, chunks: int, done: dict[tuple[str, int, int], int]
) -> bool:
    """Whether what a piece of work needs was done in an earlier slot."""
    at, last = work.chunk * p + stage, chunks * p - 1
    if work.what == "F":
        return at == 0 or ("F", work.micro, at - 1) in done
    if ("F", work.micro, at) not in done:
        return False
    return at == last or ("B", work.micro, at + 1) in done
