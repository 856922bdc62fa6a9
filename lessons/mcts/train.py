"""A round of self-play and some gradient steps; or one size of a UCT search, examined.

Leaves out what is examined (strength.py) and what is shown (views.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from lessons.mcts import selfplay
from lessons.mcts.build import build, play_of
from lessons.mcts.config import check
from lessons.mcts.strength import examined, lost_to_minimax, opponents, searched_by_uct
from lessons.mcts.views import show_round, show_search
from zhtui.lab import Run

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)  # simulations, one a step


def train(run: Run) -> Iterator[dict[str, Any]]:
    check(run.config)
    if run.config.method == "uct":
        yield from agreement(run)
        return
    game, net, replay = run.once(build)
    config = run.config
    optimizer = torch.optim.AdamW(net.parameters(), lr=config.lr, weight_decay=config.decay)
    run.keep(model=net, optimizer=optimizer, replay=replay)
    run.work("game", config.games)

    for step in run.steps():
        config = run.config
        dice = np.random.default_rng([run.seed, step])
        evaluate = selfplay.evaluator(net.eval(), game, run.device)
        fresh, results = selfplay.play(game, evaluate, config.games, play_of(config), dice)
        replay.add(selfplay.images(game, fresh))

        net.train()
        optimizer.param_groups[0]["lr"] = config.lr * (1 - step / config.steps)
        policy_loss = value_loss = 0.0
        for _ in range(config.updates):
            boards, pi, z = (part.to(run.device) for part in replay.draw(config.batch, dice))
            policy, value = net.loss(boards, pi, z)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(policy + value)
            optimizer.step()
            policy_loss += policy.item() / config.updates
            value_loss += value.item() / config.updates

        row = {"loss": policy_loss + value_loss, "policy_loss": policy_loss}
        row |= {"value_loss": value_loss, "draws": results.count(0) / len(results)}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row |= examined(run) | opponents(run, dice)
            show_round(run)
        yield row


def agreement(run: Run) -> Iterator[dict[str, Any]]:
    """UCT on every position with a win or a threat in one move, with more simulations each step."""
    config = run.config
    for step in run.steps():
        simulations = SIZES[min(step, len(SIZES) - 1)]
        row: dict[str, float] = {"simulations": simulations}
        how = (simulations, config.c, run.seed)
        row |= searched_by_uct(*how, config.positions, config.rollouts)
        row |= lost_to_minimax(*how, config.minimax, config.rollouts)
        show_search(run, simulations)
        yield row
