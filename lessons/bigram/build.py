"""The net of a run, for whoever looks into one."""

from __future__ import annotations

from lessons.bigram import corpus
from lessons.bigram.model import OneLayer
from zhtui.lab import Run


def model(run: Run) -> OneLayer:
    """The net of a run, with the weights of its checkpoint."""
    net = run.once(corpus.build)[1]
    run.keep(model=net)
    return net
