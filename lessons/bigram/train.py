"""Count the pairs, then let a net of one layer find the same table by gradient descent.

The loss of a row is measured before its step, as in the lecture; `val` and `gap` after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from lessons.bigram import views
from lessons.bigram.corpus import Corpus, build, words_of
from lessons.bigram.model import OneLayer, count, nll, one_hot, probabilities, safe_rate
from zhtui.lab import LabError, Run


def train(run: Run) -> Iterator[dict[str, Any]]:
    corpus = run.once(words_of)
    counts = corpus.counts
    tally, model = run.once(build)
    tally.take(corpus)
    run.keep(model=model)
    baselines = show_counts(run, corpus)

    a, b = corpus.train[:, -2:].T.to(run.device)  # (N,), (N,)
    encoded = one_hot(a, len(counts)) if run.config.form == "one-hot" else None  # (N, V)
    share = (counts / counts.sum()).to(run.device)  # (V, V), sums to 1
    run.work("pair", len(corpus.train))

    for step in run.steps():
        config = run.config
        data_loss = model.table_nll(share) if encoded is None else model.nll(encoded, b)
        loss = data_loss + config.regularization * model.penalty()
        loss.backward()
        model.descend(config.lr)

        row: dict[str, Any] = {"loss": loss.detach(), "nll": data_loss.detach()}
        if (step + 1) % config.eval_every == 0 or step + 1 == config.steps:
            row |= look(run, corpus, model, baselines["bigram"])
        yield row

    yield baselines


def show_counts(run: Run, corpus: Corpus) -> dict[str, float]:
    """Shows what counting alone gives; returns the NLL of the training words, model by model."""
    counts, alphabet, config = corpus.counts, corpus.alphabet, run.config
    smooth = probabilities(counts, config.smoothing)
    rungs = views.climb(corpus.train, corpus.held_out, len(alphabet), config.smoothing)
    run.show("table", views.table(counts, alphabet))
    run.show("first character", views.row(smooth[0], alphabet, "P(b | '.') as counted"))
    run.show("dice", views.throws(smooth, alphabet, config.dice))
    run.show("counted names", views.names(smooth, alphabet, config.dice))
    run.show("ladder", views.ladder(rungs, len(alphabet), config.smoothing))
    run.show("ladder bars", views.ladder_bars(rungs, len(alphabet)))
    run.show("log-counts", views.log_counts(counts, alphabet, config.smoothing))
    if config.lr > safe_rate(counts):
        run.say(f"The loss may bounce: for these words use lr={safe_rate(counts):.0f} or less.")
    return {
        "uniform": math.log(len(alphabet)),
        "unigram": rungs[0].train,
        "bigram": rungs[1].train,
        "bigram_smoothed": rungs[1].smoothed,
        "trigram": rungs[2].train,
        "trigram_smoothed": rungs[2].smoothed,
    }


def look(run: Run, corpus: Corpus, model: OneLayer, counted: float) -> dict[str, float]:
    """Shows the net beside the counts, after this step; `gap` is what it still lacks."""
    learned, alphabet = model.table(), corpus.alphabet
    if not learned.isfinite().all():
        raise LabError(
            f"W is no longer made of numbers; start again with lr={safe_rate(corpus.counts):.1f} "
            "or less, and with less regularization."
        )
    run.show("W", views.weights(model.W.detach().cpu(), corpus.counts, alphabet))
    run.show("misfit", views.misfit(corpus.counts, learned, alphabet))
    run.show("names", views.names(learned, alphabet, run.config.dice))
    seen = {"gap": nll(corpus.counts, learned) - counted}
    if len(corpus.held_out):
        seen["val"] = nll(count(corpus.held_out[:, -2:], len(alphabet)), learned)
    return seen
