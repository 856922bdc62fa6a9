"""Trains a GPT on the characters or tokens of a text: the lecture's loop, nanoGPT's schedule.

B texts a batch, T positions, n stretches of T + 1 tokens in the text.

Leaves out: several GPUs (lesson `parallel`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch.nn.utils import clip_grad_norm_

from lessons.blocks.compilation import compiled
from lessons.blocks.experts import balance, experts_of, idle
from lessons.blocks.ngrams import baselines
from lessons.blocks.optimization import cosine, decay_groups, warmup
from lessons.blocks.precision import autocast, choose
from lessons.blocks.text import windows_of
from lessons.gpt import microgpt
from lessons.gpt.build import build, text_of
from lessons.gpt.measure import asked, evaluate, more, stretches
from lessons.gpt.views import gauge, glimpse, table, watch, working
from zhtui.lab import Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    config = run.config
    if config.rung == "microgpt":
        yield from microgpt.train(run)
        return
    text, (alphabet, model) = run.once(text_of), run.once(build)
    groups = decay_groups(model, config.weight_decay)
    betas = (config.beta1, config.beta2)
    optimizer = torch.optim.AdamW(groups, lr=config.lr, betas=betas, fused=True)
    run.keep(model=model, optimizer=optimizer)

    windows = windows_of(text.train.to(run.device), config.block_size)  # (n, T + 1)
    unseen = windows_of(text.val.to(run.device), config.block_size)
    glimpse(run)  # it looks nowhere yet
    count = config.baselines and not config.tokenizer  # of tokens there are too many
    counted = baselines(text.train, text.val, len(alphabet)) if count else []
    if counted:
        run.show("baselines", table(counted))
    one = windows[torch.arange(config.batch_size, device=run.device) % len(windows)]  # (B, T + 1)
    sample = one[:, :-1], asked(one[:, 1:], config.loss_at)  # (B, T) each
    size = f"{config.n_layer} x {config.n_embd}, {config.batch_size} x {config.block_size}"
    trial = partial(model.loss, *sample)
    precision = choose(config.precision, run.device, run.measured, f"gpt {size}", trial)
    loss_of = model.loss
    if config.compile:
        inside = autocast(precision, run.device)
        loss_of, problem = compiled(model.loss, *sample, model=model, inside=inside)
        if problem:
            run.say(f"torch.compile does not work here ({problem}); training goes on without it.")
    tokens = config.accumulation * config.batch_size * config.block_size
    layers = experts_of(model)
    if layers:
        run.say(working(model, layers, alphabet.unit))
    run.work("tok", tokens, tokens * (model.flops_per_token() - 6 * idle(layers)))

    for step in run.steps():
        config = run.config
        lr = config.lr * warmup(step, config.warmup)
        if config.decay:
            fall = cosine(step, config.warmup, config.steps)
            lr = min(lr, config.min_lr + fall * (config.lr - config.min_lr))
        for group in optimizer.param_groups:
            group["lr"] = lr

        optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=run.device)
        for _ in range(config.accumulation):
            batch = windows[stretches(config, len(windows)).to(run.device)]  # (B, T + 1)
            with autocast(precision, run.device):
                loss = loss_of(batch[:, :-1], asked(batch[:, 1:], config.loss_at))
            whole = loss + config.aux * balance(layers)
            (whole / config.accumulation).backward()
            total += loss.detach() / config.accumulation
        grad_norm = clip_grad_norm_(model.parameters(), config.grad_clip or float("inf"))
        optimizer.step()

        row: dict[str, Any] = {"loss": total, "lr": lr, "grad_norm": grad_norm}
        if layers:
            row["balance"] = torch.as_tensor(balance(layers)).detach()
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row["train"] = evaluate(run, model, windows, precision)
            row["val"] = evaluate(run, model, unseen, precision)
            row["bits_per_byte"] = text.bits_per_byte(row["val"])
            if counted:
                row["counted"] = min(c.loss for c in counted)
            row |= watch(run) | more(run, model, batch, text.val, precision)
            if config.one_batch:
                run.show("one batch", gauge(total, len(alphabet)))
        elif step % max(10, config.steps // 50) == 0:
            glimpse(run)
        yield row
