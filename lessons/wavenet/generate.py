"""Names from the trained net, one character at a time; a newline stands between two names."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from lessons.blocks.naming import write
from lessons.wavenet.build import build
from zhtui.lab import LabError, Run, Sampling, Token


def generate(run: Run, prompt: str, sampling: Sampling, given: str = "") -> Iterator[Token]:
    """`sampling.tokens` characters after `prompt`, with the dice of `sampling.seed`."""
    net = run.once(build)[1]
    run.keep(model=net)

    def logits(X: Tensor) -> Tensor:
        before = net.training  # a run goes on after a sample as if there had been none
        found: Tensor = net.eval()(X.to(run.device))
        net.train(before)
        return found

    try:
        for drawn in write(
            logits,
            run.once(build)[0],
            context=run.config.context,
            prompt=prompt,
            given=given,
            tokens=sampling.tokens,
            temperature=sampling.temperature,
            top_k=sampling.top_k,
            top_p=sampling.top_p,
            seed=sampling.seed,
        ):
            yield Token(**vars(drawn))
    except ValueError as error:
        raise LabError(str(error)) from error


def score(run: Run, prompt: str, text: str, sampling: Sampling) -> Iterator[Token]:
    """The characters of `text` after `prompt`, as if the net had drawn them."""
    return generate(run, prompt, sampling, text)
