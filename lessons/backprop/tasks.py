"""The 26 tensors and the two short expressions: how each is used, a hint, and a solution.

A solution is a line of the learner's language (`grammar`); tests hold every one against autograd.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A gradient to write: of tensor `of`, by a line that begins `d<of> =`."""

    name: str  # of the task, and of what solving it is noted as
    of: str
    forward: str  # the lines of the forward pass that use the tensor
    hint: str
    solution: str
    chapter: str = ""
    only: tuple[str, ...] = ()  # of a short expression: the gradients that may be used

    @property
    def target(self) -> str:
        return f"d{self.of}"


def task(of: str, forward: str, hint: str, solution: str, chapter: str = "") -> Task:
    return Task(f"d{of}", of, forward, hint, solution, chapter)


TASKS = (
    task("logprobs", "loss = -logprobs[range(n), Y].mean()",
         "The loss reads one cell a row. All others get 0.",
         "-one_hot(Y, V) / n", "cross-entropy"),
    task("probs", "logprobs = probs.log()",
         "The slope of log x is 1 / x.",
         "dlogprobs / probs"),
    task("counts_sum_inv", "probs = counts * counts_sum_inv",
         "It is (n, 1) and was broadcast along V: sum what comes back over that axis.",
         "(counts * dprobs).sum(1, keepdim=True)"),
    task("counts_sum", "counts_sum_inv = counts_sum**-1",
         "The slope of x**-1 is -x**-2.",
         "-counts_sum**-2 * dcounts_sum_inv"),
    task("counts", "probs = counts * counts_sum_inv;  counts_sum = counts.sum(1, keepdim=True)",
         "It is used twice: two terms. A sum passes what comes back to every cell.",
         "counts_sum_inv * dprobs + dcounts_sum"),
    task("norm_logits", "counts = norm_logits.exp()",
         "exp is its own slope, and you have it already.",
         "counts * dcounts"),
    task("logit_maxes", "norm_logits = logits - logit_maxes",
         "A minus, and a broadcast from (n, 1).",
         "-dnorm_logits.sum(1, keepdim=True)"),
    task("logits", "norm_logits = logits - logit_maxes;  logit_maxes = logits.max(1)",
         "Used twice. The maximum passes all to one cell a row: one_hot(logits.argmax(1), V).",
         "dnorm_logits + one_hot(logits.argmax(1), V) * dlogit_maxes"),
    task("h", "logits = h @ W2 + b2",
         "(n, H) of (n, V) and (H, V): there is one way to put them together.",
         "dlogits @ W2.T", "second layer"),
    task("W2", "logits = h @ W2 + b2",
         "(H, V) of (n, H) and (n, V): turn one of them.",
         "h.T @ dlogits"),
    task("b2", "logits = h @ W2 + b2",
         "It was added to each of n rows.",
         "dlogits.sum(0)"),
    task("hpreact", "h = tanh(hpreact)",
         "The slope of tanh is 1 minus its square, and h is the tanh.",
         "(1 - h**2) * dh"),
    task("bngain", "hpreact = bngain * bnraw + bnbias",
         "The other factor, summed over the rows it was broadcast to; it stays (1, H).",
         "(bnraw * dhpreact).sum(0, keepdim=True)", "BatchNorm"),
    task("bnbias", "hpreact = bngain * bnraw + bnbias",
         "Added to n rows; it stays (1, H).",
         "dhpreact.sum(0, keepdim=True)"),
    task("bnraw", "hpreact = bngain * bnraw + bnbias",
         "The other factor. Nothing is summed: bnraw is (n, H) itself.",
         "bngain * dhpreact"),
    task("bnvar_inv", "bnraw = bndiff * bnvar_inv",
         "The other factor, summed over n.",
         "(bndiff * dbnraw).sum(0, keepdim=True)"),
    task("bnvar", "bnvar_inv = (bnvar + 1e-5)**-0.5",
         "The slope of x**-0.5 is -0.5 x**-1.5.",
         "-0.5 * (bnvar + 1e-5)**-1.5 * dbnvar_inv"),
    task("bndiff2", "bnvar = 1 / (n - 1) * bndiff2.sum(0, keepdim=True)",
         "A sum passes the same to every row: use ones_like(bndiff2) to make it (n, H).",
         "1 / (n - 1) * ones_like(bndiff2) * dbnvar"),
    task("bndiff", "bnraw = bndiff * bnvar_inv;  bndiff2 = bndiff**2",
         "Used twice: the other factor, and 2 x.",
         "bnvar_inv * dbnraw + 2 * bndiff * dbndiff2"),
    task("bnmeani", "bndiff = hprebn - bnmeani",
         "A minus, and a broadcast from (1, H).",
         "-dbndiff.sum(0, keepdim=True)"),
    task("hprebn", "bndiff = hprebn - bnmeani;  bnmeani = 1 / n * hprebn.sum(0, keepdim=True)",
         "Used twice: as itself, and in the mean, a n-th of which goes to every row.",
         "dbndiff + 1 / n * dbnmeani"),
    task("embcat", "hprebn = embcat @ W1 + b1",
         "As with h.",
         "dhprebn @ W1.T", "first layer"),
    task("W1", "hprebn = embcat @ W1 + b1",
         "As with W2.",
         "embcat.T @ dhprebn"),
    task("b1", "hprebn = embcat @ W1 + b1",
         "As with b2. The result is nearly 0, and that is right: BatchNorm takes b1 away.",
         "dhprebn.sum(0)"),
    task("emb", "embcat = emb.view(n, T * D)",
         "No arithmetic, only another shape.",
         "dembcat.view(n, T, D)"),
    task("C", "emb = C[X]",
         "Each row of C gets the sum of its places: one_hot(X.view(n * T), V), turned, times demb.",
         "one_hot(X.view(n * T), V).T @ demb.view(n * T, D)"),
    Task("cross-entropy", "logits", "loss = cross_entropy(logits, Y)",
         "What each character is given, minus 1 for the right one; the loss is a mean.",
         "(softmax(logits, 1) - one_hot(Y, V)) / n", "in one expression", only=("none",)),
    Task("batchnorm", "hprebn", "hpreact = bngain * (hprebn - mean) / sqrt(var + 1e-5) + bnbias",
         "bngain * bnvar_inv / n times: n dhpreact, minus its sum, minus n / (n - 1) bnraw times "
         "the sum of dhpreact * bnraw.",
         "bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0) "
         "- n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0))", only=("dhpreact",)),
)  # fmt: skip
BY_NAME = {task.name: task for task in TASKS}
