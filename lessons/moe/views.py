"""What is shown and measured while it trains: who goes where, and what must hold exactly."""

from __future__ import annotations

from copy import deepcopy

import torch

from lessons.blocks.text import seen
from lessons.moe.build import alphabet_of, model, text_of
from lessons.moe.generate import generate
from lessons.moe.model import MoE, balance, load, weighted_sum
from zhtui.lab import Bars, Heatmap, Run, Sampling, Text

PASSAGE = 32  # characters
SAMPLE = Sampling(tokens=48, temperature=0.8)


@torch.no_grad()
def measure(moe: MoE) -> dict[str, float]:
    """What does not depend on training: the balance of an even and of a collapsed router, and how
    far top-E is from the weighted sum of all experts, in double.
    """
    E = moe.E
    even, one = torch.full((E, E), 1 / E), torch.zeros(E, E)
    one[:, 0] = 1.0
    whole = deepcopy(moe).double()
    whole.k, whole.factor, whole.shared = E, 0.0, None
    whole.bias.zero_()
    dice = torch.Generator().manual_seed(1)
    x = torch.randn(16, moe.router.in_features, generator=dice).double().to(moe.bias.device)
    apart = (whole(x)[0] - weighted_sum(whole, x)).abs().max()
    return {
        "aux_even": float(balance(even, torch.arange(E)[:, None])),
        "aux_collapsed": float(balance(one, torch.zeros(E, 1, dtype=torch.long))) / E,
        "dense_gap": float(apart),
    }


@torch.no_grad()
def watch(run: Run, step: int) -> None:
    """The traffic of a passage, the load of each expert, and at every other look a sample."""
    language = model(run)
    ids = run.once(text_of).val[: min(PASSAGE, language.room)].to(run.device)  # (T,)
    letters = list(seen(run.once(alphabet_of).decode(ids)))
    _, routed = language(ids[None])
    E = language.moe.E
    experts = [str(e + 1) for e in range(E)]
    traffic = torch.zeros(len(ids), E).scatter(1, routed.chosen.cpu(), routed.weights.cpu())
    note = f"each token (row) goes to {language.moe.k} of {E} experts (column)"
    run.show("traffic", Heatmap(traffic.numpy().round(3), letters, experts, 0.0, 1.0, note=note))
    unseen = run.once(text_of).val
    length = language.room
    many = unseen[: len(unseen) // length * length].view(-1, length)[:64].to(run.device)  # (n, T)
    f = load(language(many)[1].chosen, E).cpu()
    note = f"share of {many.numel():,} tokens; CV {float(f.std(correction=0) * E):.2f}"
    run.show("load", Bars(experts, f.tolist(), levels={"even": 1 / E}, note=note))
    if step + 1 == run.config.steps or (step + 1) // run.config.eval_every % 2:
        written = "".join(token.text for token in generate(run, "", SAMPLE))
        run.show("sample", Text(written, note=f"temperature {SAMPLE.temperature}"))
