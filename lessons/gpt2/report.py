"""A report of one training, from what its run recorded: Markdown, and a curve beside it.

    path = write(run_folder(find_run("quiet-bard")), Path("report"), scores)

Everything in it is the run's own number; what was not recorded or not measured is said to be so.
Standard library only. Leaves out: what a kilowatt-hour cost, and the carbon of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lessons.blocks.files import created
from lessons.gpt2.config import PRESETS, Config
from lessons.gpt2.curve import drawn
from zhtui.lab import LabError

if TYPE_CHECKING:
    from lessons.gpt2.evaluation import Score

PAGE, CURVE = "report.md", "loss.svg"
# figures of others; a loss compares on the same text and the same tokens only
PUBLISHED = (
    ("GPT-2 124M by OpenAI", "loss on FineWeb-Edu's validation shard", "3.2924", "build-nanogpt"),
    ("GPT-2 124M by OpenAI", "loss on FineWeb's validation shard", "3.4250", "llm.c"),
    ("GPT-2 124M by OpenAI", "HellaSwag, per token", "0.2945", "build-nanogpt's scorer"),
    ("build-nanogpt, 40 B tokens", "HellaSwag, per token", "0.3324", "build-nanogpt's scorer"),
    ("GPT-3 Small", "HellaSwag, zero-shot", "0.337", "Brown et al. 2020, table H.1"),
    ("GPT-2 124M by OpenAI", "LAMBADA, last word", "0.4599", "Radford et al. 2019, table 3"),
)
TOLD = ("started", "resumed", "stopped", "finished", "failed", "damaged", "knob", "said")
MOST = 40  # lines of what happened


def write(
    folder: Any, into: Path, scores: Sequence[Score] = (), weights: int = 0, price: float = 0.0
) -> Path:
    """Writes the page and the curve into a folder; returns the page. Raises `LabError`.

    `weights` counts the model's numbers, 0 where there is no checkpoint yet; `price` is of an hour.
    """
    rows = folder.rows()
    if not rows:
        raise LabError(f"{folder.name} has no recorded step yet; let it train a while.")
    try:
        text = page(folder, scores, weights, price)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        told = f"run.json of {folder.name} is not as this lesson writes it ({error!r})"
        raise LabError(f"{told}; take another run.") from error
    try:
        into.mkdir(parents=True, exist_ok=True)
        for name, said in ((CURVE, curve(folder.name, rows)), (PAGE, text)):
            with created(into / name) as file:
                file.write(said.encode("utf-8", "replace"))
    except OSError as error:
        raise LabError(f"{into} cannot be written ({error.strerror}); choose another.") from error
    return into / PAGE


def page(folder: Any, scores: Sequence[Score], weights: int, price: float) -> str:
    """The text, one part after the other."""
    card, rows, status, events = folder.card(), folder.rows(), folder.status(), folder.events()
    parts = [
        f"# How {cell(folder.name)} was trained",
        summary(card, rows, status, weights),
        "## Environment", environment(card, events),
        "## Settings", settings(card),
        "## Cost", cost(card, rows, status, weights, price),
        "## Curve", f"![loss by step]({CURVE})", evaluations(card, rows),
        "## Samples", samples(events),
        "## Evaluation", evaluation(scores),
        "## What others published", others(),
        "## What happened", happened(events),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def cell(value: Any) -> str:
    """A text that stays in its cell: one line, and no mark of Markdown or HTML in it."""
    plain = "".join(c if c.isprintable() else " " for c in str(value))
    for mark, instead in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("`", "&#96;")):
        plain = plain.replace(mark, instead)
    return plain.replace("[", "\\[").replace("*", "\\*")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    return "\n".join([*head, *(f"| {' | '.join(map(cell, row))} |" for row in rows)])


def fenced(text: str) -> str:
    """A text as it is, between fences that are longer than any in it."""
    shown = "".join(c if c.isprintable() or c == "\n" else "·" for c in text)
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"{fence}text\n{shown}\n{fence}"


def tokens_a_step(card: Mapping[str, Any]) -> int:
    c = card["config"]
    return int(c["batch_size"]) * int(c["accumulation"]) * int(c["block_size"])


def best(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The evaluation with the lowest loss."""
    have = [row for row in rows if row.get("val") is not None and row["val"] == row["val"]]
    return min(have, key=lambda row: row["val"], default=None)


def summary(card: Mapping[str, Any], rows: Any, status: Any, weights: int) -> str:
    done, found = rows[-1]["step"] + 1, best(rows)
    size = (
        f"{weights:,} weights" if weights else "no checkpoint yet, so its weights are not counted"
    )
    lowest = "no evaluation yet"
    if found is not None:
        lowest = f"best validation loss {found['val']:.4f} at step {found['step'] + 1:,}"
    return (
        f"{size}; {status.state}, {done:,} of {card['config']['steps']:,} steps; {lowest}. "
        f"Preset {cell(card.get('preset') or 'quick')}, seed {card.get('seed')}."
    )


def environment(card: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> str:
    sittings = [e for e in events if e.get("event") in ("started", "resumed")]
    machines = dict.fromkeys(str(e.get("machine", "not recorded")) for e in sittings)
    rows = [("machine", m) for m in machines]
    rows += [
        ("threads", t) for t in dict.fromkeys(str(e.get("threads", "")) for e in sittings) if t
    ]
    rows += [(name, version) for name, version in card.get("versions", {}).items()]
    rows += [("sittings", str(len(sittings))), ("command", " ".join(card.get("command") or ()))]
    for name, one in (card.get("data") or {}).items():
        rows.append(("data", f"{name}, sha256 {one.get('sha256', '') or 'not recorded'}"))
    return table(("what", "value"), rows)


def settings(card: Mapping[str, Any]) -> str:
    """Every knob; those that differ from the preset are marked."""
    usual = PRESETS.get(str(card.get("preset")), Config())
    rows = []
    for name, value in card["config"].items():
        before = getattr(usual, name, value)
        rows.append((name, value, "" if before == value else f"preset: {before}"))
    return table(("knob", "value", "changed"), rows)


def cost(card: Mapping[str, Any], rows: Any, status: Any, weights: int, price: float) -> str:
    done, seconds = rows[-1]["step"] + 1, float(rows[-1]["time"])
    tokens = done * tokens_a_step(card)
    told: list[tuple[str, str]] = [
        ("steps", f"{done:,}"), ("tokens", f"{tokens:,}"),
        ("training time", f"{seconds:,.1f} s ({seconds / 3600:.3f} h), pauses not counted"),
    ]  # fmt: skip
    if seconds > 0:
        told.append(("tokens a second, whole run", f"{tokens / seconds:,.0f}"))
    if weights:
        flops = 6 * weights * tokens
        told.append(("6 · weights · tokens (Kaplan 2020)", f"{flops:.3g} FLOPs"))
    mfu = "not known for this device" if status.mfu is None else f"{status.mfu:.1%}"
    told.append(("MFU when last said", mfu))
    if price > 0:
        told.append((f"at {price:g} an hour", f"{price * seconds / 3600:.2f}"))
    return table(("what", "how much"), told)


def evaluations(card: Mapping[str, Any], rows: Any) -> str:
    have = [row for row in rows if row.get("val") is not None]
    each = -(-len(have) // 20) or 1
    shown = [row for i, row in enumerate(have) if i % each == 0 or i == len(have) - 1]
    if not shown:
        return "No evaluation was made yet."
    return table(
        ("step", "tokens", "val", "bits per byte", "train loss of that batch"),
        [(f"{row['step'] + 1:,}", f"{(row['step'] + 1) * tokens_a_step(card):,}",
          f"{row['val']:.4f}", f"{row.get('bits_per_byte', float('nan')):.4f}",
          f"{row.get('loss', float('nan')):.4f}") for row in shown],
    )  # fmt: skip


def samples(events: Sequence[Mapping[str, Any]]) -> str:
    found = [e for e in events if e.get("event") == "shown" and e.get("name") == "sample"]
    if not found:
        return "None were written."
    first, last = found[0], found[-1]
    parts = [f"At step {first.get('step', 0) + 1:,}:", fenced(str(first.get("text", "")))]
    if last is not first:
        parts += [f"At step {last.get('step', 0) + 1:,}:", fenced(str(last.get("text", "")))]
    return "\n\n".join(parts)


def evaluation(scores: Sequence[Score]) -> str:
    if not scores:
        return "Not measured: name files with `--hellaswag`, `--lambada` or `--text`."
    rows = [(s.task, s.scorer, f"{s.value:.4f} {s.unit}", f"{s.n:,}{s.note}") for s in scores]
    return table(("task", "scorer", "figure", "n"), rows)


def others() -> str:
    said = "A loss compares on the same text and tokens only, a score with the same scorer only."
    return f"{said}\n\n{table(('model', 'what', 'figure', 'by'), PUBLISHED)}"


def happened(events: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for e in events:
        if e.get("event") in TOLD:
            words = e.get("text") or e.get("error") or ""
            if e["event"] == "knob":
                words = f"{e.get('knob')}={e.get('value')}"
            lines.append((str(e.get("step", "")), e["event"], words))
    cut = [("", "…", f"{len(lines) - MOST} more")] if len(lines) > MOST else []
    return table(("step", "event", "words"), lines[:MOST] + cut)


def curve(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    def line(metric: str) -> list[tuple[float, float]]:
        have = [row for row in rows if row.get(metric) is not None]
        return [(row["step"] + 1.0, float(row[metric])) for row in have]

    lines = {metric: line(metric) for metric in ("loss", "val") if line(metric)}
    return drawn(f"gpt2 {name}", lines, {}, "step", "loss, nats a token")
