"""What is measured while the rule is learned: who looks where it tells, and who is missed.

B texts, T positions, L layers, H heads.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lessons.blocks.points import Notes, at
from lessons.blocks.text import seen
from lessons.inspect.build import alphabet_of, held_out
from lessons.inspect.model import head_costs, induction_scores, lens, loss, stations, surprise
from lessons.inspect.planted import Small, told
from zhtui.lab import Heatmap, Run


def looked(run: Run, net: Small) -> tuple[Tensor, Tensor]:
    """Scores and costs of every head, on texts that are kept for it: (L, H) each."""
    ids, period = run.once(held_out)
    ids = ids.to(run.device)
    counted = told(ids.size(1), period).to(run.device).expand(len(ids), -1)  # (B, T − 1)
    return induction_scores(net, ids, period).cpu(), head_costs(net, ids, counted).cpu()


@torch.no_grad()
def measure(run: Run, net: Small) -> dict[str, Tensor | float]:
    """`score` is the largest of any head, and `cost` what that head's silence costs; `found` is 1
    where it looks there most of the time, and its silence costs more than a nat.

    `by_layer_0` is the loss that the lens reads after the first block: what that block alone knows.
    """
    ids, period = run.once(held_out)
    ids, notes = ids.to(run.device), Notes()
    counted = told(ids.size(1), period).to(run.device).expand(len(ids), -1)
    val = loss(net, ids, counted, notes)
    early = net.head(net.norm(notes[at(0, "resid_post")])).log_softmax(-1)  # (B, T, V)
    scores, costs = looked(run, net)
    cost = costs.flatten()[scores.argmax()]
    return {
        "val": val,
        "by_layer_0": surprise(early, ids)[counted].mean(),
        "score": scores.max(),
        "cost": cost,
        "found": float(scores.max() > 0.5 and cost > 1.0),
    }


@torch.no_grad()
def watch(run: Run, net: Small) -> None:
    """The score and the cost of each head, and the lens on one text."""
    L, H = len(net.blocks), run.config.n_head
    rows, columns = [f"layer {i}" for i in range(L)], [f"head {i}" for i in range(H)]
    scores, costs = looked(run, net)
    note = "how much a head looks at what followed the last time"
    run.show("score", Heatmap(scores.numpy().round(3), rows, columns, 0.0, 1.0, note=note))
    note = "nats that silencing it costs"
    run.show("cost", Heatmap(costs.numpy().round(3), rows, columns, signed=True, note=note))
    ids, notes = run.once(held_out)[0][0].to(run.device), Notes()
    net.look(ids[None], notes)
    logp = -surprise(lens(net, notes), ids).cpu()  # (1 + 2L, T − 1)
    letters = [seen(c) for c in run.once(alphabet_of).decode(ids.cpu())[:-1]]
    note = "log p of the next letter, if it had to speak here"
    names = [name.replace("blocks.", "") for name in stations(L)]
    run.show("lens", Heatmap(logp.numpy().round(3), names, letters, high=0.0, note=note))
