"""GPT-2, GPT-3 and GPT-4 as they were published, and your own model as a column beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lessons.gpt2.build import model
from lessons.gpt2.model import SIZES, Size, ledger
from zhtui.lab import Bars, Frame, Poke, Run, Spot, Table, Words, knob

SECRET = "not published"
NONE = "—"
ROWS = ("weights", "by the formula", "L", "C", "H", "D", "H · D", "context", "tokens a step", "lr",
        "tokens read", "HellaSwag, %", "LAMBADA, %")  # fmt: skip
MEANING = (
    "learned numbers, as printed",
    "learned numbers, counted by GPT-2's closed form from L, C, context and 50,257 tokens",
    "layers", "channels of the stream", "heads a layer", "channels a head",
    "the heads side by side; C, unless it was misprinted",
    "places that are read at once", "how many make one update", "learning rate at its peak",
    "in all of the training, the same ones again included",
    "endings chosen rightly; scorers differ: yours comes from `zhtui gpt2 eval`, named",
    "last words found; GPT-2's figure is made with other rules than GPT-3's",
)  # fmt: skip


class Printed(NamedTuple):
    """A model as its paper prints it."""

    name: str
    weights: str
    L: int
    C: int
    H: int
    D: int
    step: str
    lr: str
    tokens: str
    hellaswag: str = NONE
    lambada: str = NONE
    context: int = 2048


# Radford 2019: table 2 (layers, channels), 2.3 (512 texts of 1,024 tokens a step), table 3
# (LAMBADA); rate and length of the training are not in it. HellaSwag of the smallest:
# build-nanogpt's scorer, the mean over an ending's tokens.
GPT2 = tuple(
    Printed(
        name, name, s.n_layer, s.n_embd, s.n_head, s.n_embd // s.n_head, "0.5M", SECRET, SECRET,
        *scores, context=1024,
    )
    for (name, s), scores in zip(
        SIZES.items(),
        (("29.45", "45.99"), (NONE, "55.48"), (NONE, "60.12"), (NONE, "63.24")), strict=True,
    )
)  # fmt: skip
# Brown 2020: table 2.1, as printed; 2.1, 300 billion tokens each; table H.1, both zero-shot.
GPT3 = (
    Printed("Small", "125M", 12, 768, 12, 64, "0.5M", "6.0e-4", "300B", "33.7", "42.7"),
    Printed("Medium", "350M", 24, 1024, 16, 64, "0.5M", "3.0e-4", "300B", "43.6", "54.3"),
    Printed("Large", "760M", 24, 1536, 16, 96, "0.5M", "2.5e-4", "300B", "51.0", "60.4"),
    Printed("XL", "1.3B", 24, 2048, 24, 128, "1M", "2.0e-4", "300B", "54.7", "63.6"),
    Printed("2.7B", "2.7B", 32, 2560, 32, 80, "1M", "1.6e-4", "300B", "62.8", "67.1"),
    Printed("6.7B", "6.7B", 32, 4096, 32, 128, "2M", "1.2e-4", "300B", "67.4", "70.3"),
    Printed("13B", "13.0B", 40, 5140, 40, 128, "2M", "1.0e-4", "300B", "70.9", "72.5"),
    Printed("175B", "175.0B", 96, 12288, 96, 128, "3.2M", "0.6e-4", "300B", "78.9", "76.2"),
)


@dataclass(frozen=True)
class Ask:
    smallest: bool = knob(False, "of GPT-3, the four small ones alone")


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    mine, size = own(run), None if run is None else model(run).size
    yield shown(
        "GPT-2", "GPT-2", [column(m) for m in GPT2], mine, weights(GPT2, size),
        "one plan, made larger four times; a head has 64 channels in each",
        "the papers' own counts were 117M, 345M, 762M and 1542M; these are counted",
    )  # fmt: skip
    three = GPT3[:4] if ask.smallest else GPT3
    yield shown(
        "GPT-3", "GPT-3", [column(m) for m in three], mine, weights(three, size),
        "the same plan, a thousand times GPT-2's smallest; every other layer looks near only",
        "red: printed heads times their channels are not C. XL has 24 · 128, 13B 40 · 128",
    )  # fmt: skip
    four: list[Words | int] = ["GPT-4", *[SECRET] * 7, "8,192", *[SECRET] * 3, "95.3", SECRET]
    yield shown(
        "GPT-4", "GPT-4", [column(GPT2[0]), column(GPT3[-1]), four], mine,
        weights((GPT2[0], GPT3[-1]), size),
        "its report gives neither size, nor data, nor cost; context by OpenAI's own page, "
        "HellaSwag with ten examples",
        "any number of weights that you have read is a rumour",
    )  # fmt: skip


def weights(models: tuple[Printed, ...], own: Size | None) -> Bars:
    """Each model's weights by GPT-2's closed form, the learner's last."""
    totals = {m.name: counted(m) for m in models}
    roles = ["published"] * len(models)
    if own is not None:
        totals["yours"], roles = sum(ledger(own).values()), [*roles, "yours"]
    note = "weights by the formula; logarithmic: equal steps, equal factors"
    return Bars(list(totals), [float(n) for n in totals.values()], note=note, log=True, roles=roles)


def counted(m: Printed) -> int:
    """124M: 124,439,808"""
    return sum(ledger(Size(m.L, m.H, m.C, m.context)).values())


def column(m: Printed) -> list[Words | int]:
    """A model's name, then a cell for each row."""
    total = counted(m)
    product: Words = f"{m.H * m.D:,}" if m.H * m.D == m.C else [(f"{m.H * m.D:,}", "wrong")]
    return [
        m.name, m.weights, short(total), str(m.L), f"{m.C:,}", str(m.H), str(m.D), product,
        f"{m.context:,}", m.step, m.lr, m.tokens, m.hellaswag, m.lambada,
    ]  # fmt: skip


def short(total: int) -> str:
    """124439808 -> 124.4M, 174600000000 -> 174.6B"""
    if total < 1_000_000:
        return f"{total:,}"
    return f"{total / 1e6:,.1f}M" if total < 10**9 * 2 else f"{total / 1e9:,.1f}B"


def own(run: Run | None) -> list[Words | int]:
    """The column of the run that is looked at."""
    if run is None:
        return ["yours", *["no run"] + [NONE] * (len(ROWS) - 1)]
    gpt, c = model(run), run.config
    size, tokens = gpt.size, c.batch_size * c.accumulation * c.block_size
    total = sum(weight.numel() for weight in gpt.parameters())
    return [
        "yours", short(total), short(sum(ledger(size).values())), str(size.n_layer),
        f"{size.n_embd:,}", str(size.n_head), str(size.n_embd // size.n_head), f"{size.n_embd:,}",
        f"{size.block_size:,}", f"{tokens:,}", f"{c.lr:g}", short(tokens * run.step), NONE, NONE,
    ]  # fmt: skip


def shown(
    title: str, family: str, columns: list[list[Words | int]], mine: list[Words | int],
    bars: Bars, say: str, look: str,
) -> Frame:  # fmt: skip
    """A table with a column a model, the learner's last."""
    every = [*columns, mine]
    rows = [
        (ROWS[i], *(lit(each[i + 1], each is mine) for each in every)) for i in range(len(ROWS))
    ]
    names = ["", *(str(each[0]) for each in every)]
    return Frame(
        title, {"family": Table(names, rows), "weights": bars}, say=say, look=look, chapter=family,
        keep={"names": names, "family": family},
    )  # fmt: skip


def lit(cell: Words | int, mine: bool) -> Words | int:
    return [(str(cell), "yours")] if mine else cell


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    if spot.view == "weights":
        bars = frame.shown()["weights"]
        assert isinstance(bars, Bars)
        return f"{bars.labels[spot.row]}: {bars.values[spot.row]:,.0f} weights, {MEANING[1]}"
    who = frame.keep["names"][spot.column]
    return f"{who or ROWS[spot.row]}: {MEANING[spot.row]}"
