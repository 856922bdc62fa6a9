"""Every gradient by hand: 26 tensors of one net, from the loss back to the letters.

The net of lesson optimization (embedding, one tanh layer with BatchNorm, softmax), written so that
each tensor on the way has a name. `by_hand` gives the gradient of the loss by each of them, one
line a tensor; each line is the derivative of the one line in `forward` that uses the tensor, times
what came back before. `in_one` does the same for cross-entropy and for BatchNorm in one expression
each: that is what a program uses.

Three rules make all lines: what was multiplied comes back times the other factor; what was
broadcast forward is summed backward, and what was summed is broadcast; a tensor that was used twice
adds up what comes back from both.

Leaves out: autograd, which finds these lines itself (lesson micrograd).

Legend: n examples, T characters of context, D numbers a character, H hidden units, V characters.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Tensors = dict[str, Tensor]
See = Callable[[str, Tensor], Tensor]  # is shown each tensor on the way, and gives it back

LEAVES = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")
ORDER = (
    "logprobs", "probs", "counts_sum_inv", "counts_sum", "counts", "norm_logits", "logit_maxes",
    "logits", "h", "W2", "b2", "hpreact", "bngain", "bnbias", "bnraw", "bnvar_inv", "bnvar",
    "bndiff2", "bndiff", "bnmeani", "hprebn", "embcat", "W1", "b1", "emb", "C",
)  # fmt: skip


class Net(nn.Module):
    """The parameters, as the lecture draws them (spread 0.1 where zeros would hide a mistake)."""

    def __init__(
        self, vocab: int, context: int, embedding: int, hidden: int, dice: torch.Generator
    ) -> None:
        super().__init__()

        def noise(*shape: int, spread: float = 0.1, middle: float = 0.0) -> nn.Parameter:
            return nn.Parameter(torch.randn(shape, generator=dice) * spread + middle)

        fan_in = context * embedding
        self.C = noise(vocab, embedding, spread=1.0)  # (V, D)
        self.W1 = noise(fan_in, hidden, spread=5 / 3 / float(fan_in) ** 0.5)  # (T D, H)
        self.b1 = noise(hidden)  # has no effect: BatchNorm takes it away again
        self.W2 = noise(hidden, vocab)  # (H, V)
        self.b2 = noise(vocab)
        self.bngain = noise(1, hidden, middle=1.0)  # (1, H)
        self.bnbias = noise(1, hidden)  # (1, H)
        self.mean: Tensor
        self.var: Tensor
        self.register_buffer("mean", torch.zeros(1, hidden))
        self.register_buffer("var", torch.ones(1, hidden))

    def leaves(self) -> Tensors:
        return {name: getattr(self, name) for name in LEAVES}

    def forward(self, X: Tensor) -> Tensor:
        """Logits in use: the running statistics stand in for those of a batch. (B, T) -> (B, V)."""
        hprebn = self.C[X].flatten(1) @ self.W1 + self.b1  # (B, H)
        hat = (hprebn - self.mean) / torch.sqrt(self.var + 1e-5)  # (B, H)
        logits: Tensor = torch.tanh(self.bngain * hat + self.bnbias) @ self.W2 + self.b2
        return logits

    @torch.no_grad()
    def run_along(self, t: Tensors, momentum: float) -> None:
        """The running statistics take in some of a batch's."""
        self.mean += momentum * (t["bnmeani"] - self.mean)
        self.var += momentum * (t["bnvar"] - self.var)


def forward(p: Tensors, X: Tensor, Y: Tensor, see: See) -> Tensor:
    """The loss of contexts X (n, T) and targets Y (n,), one named tensor at a time."""
    n = len(X)
    emb = see("emb", p["C"][X])  # (n, T, D)
    embcat = see("embcat", emb.view(n, -1))  # (n, T D)
    hprebn = see("hprebn", embcat @ p["W1"] + p["b1"])  # (n, H)

    bnmeani = see("bnmeani", 1 / n * hprebn.sum(0, keepdim=True))  # (1, H)
    bndiff = see("bndiff", hprebn - bnmeani)  # (n, H)
    bndiff2 = see("bndiff2", bndiff**2)  # (n, H)
    bnvar = see("bnvar", 1 / (n - 1) * bndiff2.sum(0, keepdim=True))  # (1, H)
    bnvar_inv = see("bnvar_inv", (bnvar + 1e-5) ** -0.5)  # (1, H)
    bnraw = see("bnraw", bndiff * bnvar_inv)  # (n, H)
    hpreact = see("hpreact", p["bngain"] * bnraw + p["bnbias"])  # (n, H)

    h = see("h", torch.tanh(hpreact))  # (n, H)
    logits = see("logits", h @ p["W2"] + p["b2"])  # (n, V)

    logit_maxes = see("logit_maxes", logits.max(1, keepdim=True).values)  # (n, 1)
    norm_logits = see("norm_logits", logits - logit_maxes)  # (n, V)
    counts = see("counts", norm_logits.exp())  # (n, V)
    counts_sum = see("counts_sum", counts.sum(1, keepdim=True))  # (n, 1)
    counts_sum_inv = see("counts_sum_inv", counts_sum**-1)  # (n, 1)
    probs = see("probs", counts * counts_sum_inv)  # (n, V)
    logprobs = see("logprobs", probs.log())  # (n, V)
    return -logprobs[torch.arange(n), Y].mean()


def by_hand(t: Tensors, X: Tensor, Y: Tensor) -> Tensors:
    """The gradient of the loss by each of the 26, from the loss back."""
    d: Tensors = {}
    n, V = t["logits"].shape
    hot = F.one_hot(Y, V).to(t["logits"].dtype)  # (n, V), 1 where the right character is
    d["logprobs"] = -hot / n  # the loss reads n of the n V cells, each by -1/n
    d["probs"] = d["logprobs"] / t["probs"]
    d["counts_sum_inv"] = (t["counts"] * d["probs"]).sum(1, keepdim=True)  # broadcast: (n, 1)
    d["counts_sum"] = -(t["counts_sum"] ** -2) * d["counts_sum_inv"]
    d["counts"] = t["counts_sum_inv"] * d["probs"] + d["counts_sum"]  # used twice
    d["norm_logits"] = t["counts"] * d["counts"]  # exp is its own slope
    d["logit_maxes"] = -d["norm_logits"].sum(1, keepdim=True)  # (n, 1): all but 0
    first = F.one_hot(t["logits"].argmax(1), V).to(hot.dtype)  # (n, V), 1 at each row's maximum
    d["logits"] = d["norm_logits"] + first * d["logit_maxes"]  # used twice
    d["h"] = d["logits"] @ t["W2"].T  # (n, V) @ (V, H)
    d["W2"] = t["h"].T @ d["logits"]  # (H, n) @ (n, V)
    d["b2"] = d["logits"].sum(0)  # (V,)
    d["hpreact"] = (1 - t["h"] ** 2) * d["h"]
    d["bngain"] = (t["bnraw"] * d["hpreact"]).sum(0, keepdim=True)  # (1, H)
    d["bnbias"] = d["hpreact"].sum(0, keepdim=True)  # (1, H)
    d["bnraw"] = t["bngain"] * d["hpreact"]
    d["bnvar_inv"] = (t["bndiff"] * d["bnraw"]).sum(0, keepdim=True)  # (1, H)
    d["bnvar"] = -0.5 * (t["bnvar"] + 1e-5) ** -1.5 * d["bnvar_inv"]
    d["bndiff2"] = 1 / (n - 1) * torch.ones_like(t["bndiff2"]) * d["bnvar"]  # a sum: (n, H)
    d["bndiff"] = t["bnvar_inv"] * d["bnraw"] + 2 * t["bndiff"] * d["bndiff2"]  # used twice
    d["bnmeani"] = -d["bndiff"].sum(0, keepdim=True)  # (1, H)
    d["hprebn"] = d["bndiff"] + 1 / n * torch.ones_like(t["hprebn"]) * d["bnmeani"]  # used twice
    d["embcat"] = d["hprebn"] @ t["W1"].T  # (n, H) @ (H, T D)
    d["W1"] = t["embcat"].T @ d["hprebn"]  # (T D, n) @ (n, H)
    d["b1"] = d["hprebn"].sum(0)  # (H,): all but 0, since BatchNorm takes b1 away
    d["emb"] = d["embcat"].view(t["emb"].shape)  # (n, T, D)
    d["C"] = torch.zeros_like(t["C"]).index_add_(0, X.flatten(), d["emb"].flatten(0, 1))
    return d


def logits_in_one(t: Tensors, Y: Tensor) -> Tensor:
    """Softmax and the loss together: what is given to each character, minus 1 for the right one."""
    hot = F.one_hot(Y, t["logits"].shape[1]).to(t["logits"].dtype)  # (n, V)
    return (t["logits"].softmax(1) - hot) / len(Y)


def hprebn_in_one(t: Tensors, dhpreact: Tensor) -> Tensor:
    """All of BatchNorm: what comes back, minus its mean, minus its share along bnraw."""
    n, raw = len(dhpreact), t["bnraw"]
    along = n / (n - 1) * raw * (dhpreact * raw).sum(0)  # (n, H)
    inside = n * dhpreact - dhpreact.sum(0) - along  # (n, H)
    return t["bngain"] * t["bnvar_inv"] / n * inside


def in_one(t: Tensors, X: Tensor, Y: Tensor) -> Tensors:
    """The gradients of the seven parameters, with the two short expressions: what trains."""
    dlogits = logits_in_one(t, Y)  # (n, V)
    dhpreact = (1 - t["h"] ** 2) * (dlogits @ t["W2"].T)  # (n, H)
    dhprebn = hprebn_in_one(t, dhpreact)  # (n, H)
    demb = (dhprebn @ t["W1"].T).view(t["emb"].shape)  # (n, T, D)
    return {
        "C": torch.zeros_like(t["C"]).index_add_(0, X.flatten(), demb.flatten(0, 1)),
        "W1": t["embcat"].T @ dhprebn,
        "b1": dhprebn.sum(0),
        "W2": t["h"].T @ dlogits,
        "b2": dlogits.sum(0),
        "bngain": (t["bnraw"] * dhpreact).sum(0, keepdim=True),
        "bnbias": dhpreact.sum(0, keepdim=True),
    }
