"""The ladder of optimisations: each rung measured on this machine, beside the A100 column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lessons.gpt2.rungs import RUNGS, SIZES, Measured, Rung, kind_of, measure, peak
from zhtui.lab import Bars, Frame, Poke, Run, Spot, Table, Words, knob

TAKES_RUN = False

COLUMNS = ("rung", "ms here", "tok/s", "MFU, %", "gain", "A100 ms", "A100 gain")
NONE = "—"


@dataclass(frozen=True)
class Ask:
    size: str = knob("small", "what is measured; 124M is for a GPU", choices=tuple(SIZES))
    compile: bool = knob(False, "torch.compile is tried too, up to a minute")


@dataclass(frozen=True)
class Step:
    """A rung as it was climbed: what was found, what was quickest before, and whether it stays."""

    rung: Rung
    found: Measured
    before: float  # ms of the quickest so far; 0 at the first
    kept: bool
    kind: str  # what products are rounded to: fp32, tf32 or bf16
    peak: float  # FLOP/s of a large one, so rounded
    fell: float | None  # published gain on an A100


def explore(run: Run | None, ask: Ask, poke: Poke) -> Iterator[Frame]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    B, size = SIZES[ask.size]
    steps: list[Step] = []
    yield Frame(
        "setting", {"ladder": table(steps)}, chapter="setting", keep={"steps": ()},
        say=f"{size.n_layer} layers of {size.n_embd} channels, {B} texts of {size.block_size:,} "
        f"tokens, on {device}: each rung is one change, and a step of it is timed",
        look="the A100's figures are of 124M and 16,384 tokens: compare gains, not milliseconds",
    )  # fmt: skip
    for rung in RUNGS:
        steps.append(climbed(rung, steps, ask, device))
        yield shown(steps, rung)
    yield summed(steps)


def climbed(rung: Rung, steps: list[Step], ask: Ask, device: str) -> Step:
    """One rung on top of those that helped."""
    names = (*(step.rung.name for step in steps if step.kept), rung.name)
    have = [step.found.ms for step in steps if step.kept]
    found = measure(names, ask.size, device, ask.compile)
    kind = "fp32" if found.why else kind_of(names)
    before = have[-1] if have else 0.0
    kept = not found.why and (not have or found.ms < before)
    last = next((s.rung.a100 for s in reversed(steps) if s.rung.a100), None)
    fell = last / rung.a100 if last and rung.a100 else None
    return Step(rung, found, before, kept, kind, peak(device, kind), fell)


def shown(steps: list[Step], rung: Rung) -> Frame:
    now, place = steps[-1], len(steps) - 1
    said: Words = f"{rung.what}: {now.found.why}"
    look = "which part of a step can this make quicker?"
    predict, within = None, None
    if not now.found.why:
        said = f"{rung.what}: {now.found.ms:.2f} ms"
        if now.before:
            helps = "it stays" if now.kept else "no help here, so the next go without it"
            helps = "judge it by the steps to a loss" if rung.name == "muon" else helps
            said = f"{said} after {now.before:.2f}; {helps}"
        look = f"{look} MFU is of a large product in {now.kind}"
        predict, within = Spot("ladder", place, 1), 0.25 * now.found.ms
    return Frame(
        rung.name, {"ladder": table(steps)}, say=said, keep={"steps": tuple(steps)},
        look=look, predict=predict, within=within,
        chapter=rung.name if place in (2, 4) else "",
    )  # fmt: skip


def table(steps: list[Step]) -> Table:
    """The rungs climbed so far; those to come have their A100 figure alone."""
    rows: list[tuple[str | float, ...]] = [row(step) for step in steps]
    for rung in RUNGS[len(steps) :]:
        rows.append((rung.name, "·", "·", "·", "·", f"{rung.a100:g}" if rung.a100 else NONE, "·"))
    return Table(COLUMNS, rows, mark=len(steps) - 1 if steps else None)


def row(step: Step) -> tuple[str | float, ...]:
    found, fell = step.found, NONE if step.fell is None else f"{step.fell:.2f}x"
    a100 = f"{step.rung.a100:g}" if step.rung.a100 else NONE
    if found.why:
        return step.rung.name, NONE, NONE, NONE, NONE, a100, fell
    gain = f"{step.before / found.ms:.2f}x" if step.before else NONE
    share = f"{100 * found.speed / step.peak:.1f}"
    return step.rung.name, round(found.ms, 2), f"{found.rate:,.0f}", share, gain, a100, fell


def summed(steps: list[Step]) -> Frame:
    """The first rung against the quickest, here and there."""
    have = [step for step in steps if not step.found.why]
    first, best = have[0], min(have, key=lambda step: step.found.ms)
    bars = Bars(
        [step.rung.name for step in have], [step.found.ms for step in have],
        note="ms a step here", roles=["good" if step.kept else "faint" for step in have],
    )  # fmt: skip
    return Frame(
        "all of it", {"steps": bars, "ladder": table(steps)}, keep={"steps": tuple(steps)},
        say=f"{first.found.ms / best.found.ms:.2f} times as quick here as at the first rung, "
        f"with {sum(step.kept for step in steps)} of {len(steps)} rungs; on an A100 11.11 times",
        look="a small model on a CPU has other bottlenecks than 124M on a GPU", chapter="sum",
    )  # fmt: skip


def point(ask: Ask, frame: Frame, spot: Spot) -> Words:
    steps: tuple[Step, ...] = frame.keep["steps"]
    if spot.view == "steps":
        steps = tuple(step for step in steps if not step.found.why)
    if spot.row >= len(steps):
        return f"{RUNGS[spot.row].name}: {RUNGS[spot.row].what}"
    step = steps[spot.row]
    found, name = step.found, step.rung.name
    if found.why:
        return f"{name}: {found.why}"
    told = {
        2: f"{found.tokens:,} tokens / {found.ms:.2f} ms = {found.rate:,.0f} a second",
        3: f"{found.flops:.3g} FLOPs / {found.ms:.2f} ms = {found.speed:.3g} a second, of "
        f"{step.peak:.3g} that a large matrix product in {step.kind} reaches here",
        4: f"{step.before:.2f} / {found.ms:.2f} ms: against the quickest before",
        5: "build-nanogpt, 124M, 16,384 tokens a step, one A100",
        6: "build-nanogpt, this rung against the one before",
    }
    return told.get(spot.column, f"{name}: {step.rung.what}, {found.ms:.2f} ms a step")
