"""The fast form of the nets on names: forward and backward written out, into buffers made once.

At batch 32 a step of a small net is bound by the number of operations, not by their size. Here each
layer is a handful of numpy calls that write where the last step wrote; nothing is allocated, no
graph is kept, and the update is one operation (`descent.Flat`). A test proves every gradient equal
to autograd's on the taught form.

    flat = Flat(model.parameters())
    net = Fused([Embedding(C), Linear(W1, b1), Tanh(), Linear(W2, b2)], X, Y, batch=32)
    loss = net.step(pick)          # fills flat.gradient; then SGD(flat).step(lr)

Legend: N rows, each with the features of one place of one example; a `Join(k)` makes one row of k
neighbours. Parameters and running statistics share memory with torch's.

Leaves out: any device but the CPU (there `Taught` steps the same net by autograd).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lessons.blocks.descent import Flat

Array = NDArray[np.float32]
LARGE = 1 << 18  # multiplications of a product from which torch's threads are worth their start


class Layer(Protocol):
    """`shape` tells rows and features in and gets those out; then forward and backward."""

    def shape(self, rows: int, width: int) -> tuple[int, int]: ...
    def forward(self, x: Array) -> Array: ...
    def backward(self, dy: Array) -> Array: ...


def array(tensor: Tensor) -> Array:
    """The memory of a tensor as numpy sees it."""
    found: Array = tensor.detach().numpy()
    return found


def gradient(parameter: Tensor) -> Array:
    assert parameter.grad is not None, "make a Flat of the parameters first"
    return array(parameter.grad)


def empty(*shape: int) -> Array:
    return np.empty(shape, dtype=np.float32)


def multiply(a: Array, b: Array, out: Array) -> None:
    """a @ b. Large ones by torch, which heeds the number of threads that the run was given."""
    if a.shape[0] * a.shape[1] * b.shape[1] < LARGE:
        np.dot(a, b, out=out)
    else:
        torch.mm(torch.from_numpy(a), torch.from_numpy(b), out=torch.from_numpy(out))


class Embedding:
    """Row id of C (V, D) for each of N ids. Backward sums the rows' gradients by id."""

    def __init__(self, C: Tensor, frozen: bool = False) -> None:
        self.C, self.dC, self.frozen = array(C), gradient(C), frozen

    def shape(self, rows: int, width: int) -> tuple[int, int]:
        self.y = empty(rows, self.C.shape[1])  # (N, D)
        self.hot = np.zeros((rows, len(self.C)), dtype=np.float32)  # (N, V)
        self.place = np.arange(rows)
        return self.y.shape

    def look_up(self, ids: NDArray[np.int64]) -> Array:
        self.ids = ids
        return np.take(self.C, ids, 0, out=self.y, mode="clip")  # clip: as given, unbuffered

    def backward(self, dy: Array) -> None:
        if self.frozen:
            return
        self.hot[self.place, self.ids] = 1  # one-hot rows: their transpose sums by id
        multiply(self.hot.T, dy, self.dC)
        self.hot[self.place, self.ids] = 0


class Join:
    """k neighbouring rows side by side: (N, D) to (N / k, k D), the same memory."""

    def __init__(self, k: int) -> None:
        self.k = k

    def shape(self, rows: int, width: int) -> tuple[int, int]:
        assert rows % self.k == 0, f"{rows} rows do not join by {self.k}"
        self.before, self.after = (rows, width), (rows // self.k, width * self.k)
        return self.after

    def forward(self, x: Array) -> Array:
        return x.reshape(self.after)

    def backward(self, dy: Array) -> Array:
        return dy.reshape(self.before)


class Linear:
    """x W + b."""

    def __init__(self, W: Tensor, b: Tensor | None = None) -> None:
        self.W, self.dW = array(W), gradient(W)
        self.b = None if b is None else (array(b), gradient(b))

    def shape(self, rows: int, width: int) -> tuple[int, int]:
        self.y, self.dx = empty(rows, self.W.shape[1]), empty(rows, width)
        self.ones = np.ones(rows, dtype=np.float32)
        return self.y.shape

    def forward(self, x: Array) -> Array:
        self.x = x
        multiply(x, self.W, self.y)
        if self.b is not None:
            np.add(self.y, self.b[0], out=self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        multiply(self.x.T, dy, self.dW)
        if self.b is not None:
            np.dot(self.ones, dy, out=self.b[1])  # a product sums columns faster than sum(0)
        multiply(dy, self.W.T, self.dx)
        return self.dx


class BatchNorm:
    """Each column minus its mean, by its spread, over the rows; then gain and bias.

    The variance is divided by N - 1, as in the lecture. `mean` and `var` run along, `momentum` of
    the batch at a time. With `places` T the statistics are of each place apart: the mistake of
    lesson wavenet, which takes them over the batch alone.
    """

    def __init__(
        self,
        gain: Tensor,
        bias: Tensor,
        running: tuple[Tensor, Tensor],
        momentum: float,
        eps: float = 1e-5,
        places: int = 1,
    ) -> None:
        self.gain, self.dgain = array(gain).reshape(-1), gradient(gain).reshape(-1)
        self.bias, self.dbias = array(bias).reshape(-1), gradient(bias).reshape(-1)
        self.mean, self.var = (array(part).reshape(-1) for part in running)
        self.momentum, self.eps, self.places = momentum, eps, places

    def shape(self, rows: int, width: int) -> tuple[int, int]:
        self.inside = (rows // self.places, width * self.places)
        self.outside = (rows, width)
        assert self.inside[0] > 1, "a spread needs two rows"
        self.hat, self.y, self.t = (empty(*self.inside) for _ in range(3))
        columns = self.inside[1]
        self.m, self.v, self.spread, self.a, self.c = (empty(columns) for _ in range(5))
        self.ones = np.ones(self.inside[0], dtype=np.float32)
        return self.outside

    def wide(self, values: Array) -> Array:
        """Of features (H,), for each place: (T H,)."""
        return values if self.places == 1 else np.tile(values, self.places)

    def forward(self, x: Array) -> Array:
        x = x.reshape(self.inside)
        n = len(x)
        np.dot(self.ones, x, out=self.m)
        self.m *= 1 / n
        np.subtract(x, self.m, out=self.hat)
        np.multiply(self.hat, self.hat, out=self.t)
        np.dot(self.ones, self.t, out=self.v)
        self.v *= 1 / (n - 1)
        np.sqrt(self.v + self.eps, out=self.spread)
        np.divide(1, self.spread, out=self.spread)  # 1 / sqrt(var + eps)
        np.multiply(self.hat, self.spread, out=self.hat)
        np.multiply(self.hat, self.wide(self.gain), out=self.y)
        np.add(self.y, self.wide(self.bias), out=self.y)
        for running, now in ((self.mean, self.m), (self.var, self.v)):
            running *= 1 - self.momentum
            running += self.momentum * now
        return self.y.reshape(self.outside)

    def backward(self, dy: Array) -> Array:
        dy = dy.reshape(self.inside)
        n = len(dy)
        np.dot(self.ones, dy, out=self.a)
        np.multiply(dy, self.hat, out=self.t)
        np.dot(self.ones, self.t, out=self.c)
        self.dbias[:] = self.a.reshape(self.places, -1).sum(0)
        self.dgain[:] = self.c.reshape(self.places, -1).sum(0)
        # dx = gain spread / n (n dy - sum dy - n / (n - 1) hat sum(dy hat))
        self.a *= 1 / n
        self.c *= 1 / (n - 1)
        np.multiply(self.hat, self.c, out=self.t)
        np.subtract(dy, self.t, out=self.t)
        np.subtract(self.t, self.a, out=self.t)
        np.multiply(self.spread, self.wide(self.gain), out=self.spread)
        np.multiply(self.t, self.spread, out=self.t)
        return self.t.reshape(self.outside)


class Tanh:
    """tanh, in place; its slope is 1 - tanh squared."""

    def shape(self, rows: int, width: int) -> tuple[int, int]:
        self.t = empty(rows, width)
        return rows, width

    def forward(self, x: Array) -> Array:
        self.y = np.tanh(x, out=x)
        return self.y

    def backward(self, dy: Array) -> Array:
        np.multiply(self.y, self.y, out=self.t)
        np.subtract(1, self.t, out=self.t)
        return np.multiply(dy, self.t, out=dy)


class ReLU:
    """max(x, 0), in place."""

    def shape(self, rows: int, width: int) -> tuple[int, int]:
        return rows, width

    def forward(self, x: Array) -> Array:
        self.y = np.maximum(x, 0, out=x)
        return self.y

    def backward(self, dy: Array) -> Array:
        return np.multiply(dy, self.y > 0, out=dy)


class Dropout:
    """A share of the features to 0 and the rest by 1 / (1 - share); `whole`: of the rows.

    The dice are torch's own, drawn as the taught form draws them.
    """

    def __init__(self, share: float, whole: bool = False) -> None:
        self.share, self.whole, self.scale = share, whole, np.float32(1 / (1 - share))

    def shape(self, rows: int, width: int) -> tuple[int, int]:
        self.dice = torch.empty(rows, 1 if self.whole else width)
        self.kept, self.y = empty(*self.dice.shape), empty(rows, width)
        return rows, width

    def forward(self, x: Array) -> Array:
        torch.rand(self.dice.shape, out=self.dice)
        np.multiply(self.dice.numpy() >= self.share, self.scale, out=self.kept)
        return np.multiply(x, self.kept, out=self.y)  # x itself stays: the tanh below needs it

    def backward(self, dy: Array) -> Array:
        return np.multiply(dy, self.kept, out=dy)


class Fused:
    """A net on windows X (n, T) that tells Y (n,): `step` fills the gradient, gives the loss."""

    def __init__(
        self, embedding: Embedding, layers: Sequence[Layer], X: Tensor, Y: Tensor, batch: int
    ) -> None:
        self.X, self.Y = X.numpy(), Y.numpy()
        self.embedding, self.layers = embedding, layers
        rows, width = embedding.shape(batch * X.shape[1], 0)
        for layer in layers:
            rows, width = layer.shape(rows, width)
        assert rows == batch, f"the last layer has {rows} rows for {batch} examples"
        self.top, self.total = empty(batch, 1), empty(batch, 1)
        self.row = np.arange(batch)

    def step(self, pick: Tensor) -> float:
        """The loss of examples `pick` (B,) in nats; the gradients stand in `Flat.gradient`."""
        chosen = pick.numpy()
        ids = self.X[chosen].reshape(-1)  # (B T,)
        x = self.embedding.look_up(ids)
        for layer in self.layers:
            x = layer.forward(x)
        loss, dx = self.entropy(x, self.Y[chosen])
        for layer in reversed(self.layers):
            dx = layer.backward(dx)
        self.embedding.backward(dx)
        return loss

    def entropy(self, logits: Array, y: NDArray[np.int64]) -> tuple[float, Array]:
        """Cross-entropy of logits (B, V), and its gradient (softmax - one-hot) / B in place."""
        np.max(logits, 1, keepdims=True, out=self.top)
        np.subtract(logits, self.top, out=logits)
        right = logits[self.row, y].sum()
        np.exp(logits, out=logits)
        np.sum(logits, 1, keepdims=True, out=self.total)
        loss = (np.log(self.total).sum() - right) / len(y)
        np.divide(logits, self.total, out=logits)
        logits[self.row, y] -= 1
        logits *= 1 / len(y)
        return float(loss), logits


class Taught:
    """The same face for any device: the taught form of the net, and autograd."""

    def __init__(
        self, loss_of: Callable[[Tensor, Tensor], Tensor], flat: Flat, X: Tensor, Y: Tensor
    ) -> None:
        self.loss_of, self.flat, self.X, self.Y = loss_of, flat, X, Y

    def step(self, pick: Tensor) -> Tensor:
        """The loss of examples `pick` (B,) in nats; the gradients stand in `Flat.gradient`."""
        here = pick.to(self.X.device)
        self.flat.gradient.zero_()
        loss = self.loss_of(self.X[here], self.Y[here])
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()


class Together:
    """Nets that learn side by side, each from its own part of the examples picked."""

    def __init__(self, nets: Sequence[Fused]) -> None:
        self.nets = nets

    def step(self, pick: Tensor) -> float:
        """The sum of the losses of `pick` (K B,); the gradients stand in `Flat.gradient`."""
        parts = pick.chunk(len(self.nets))
        return sum(net.step(part) for net, part in zip(self.nets, parts, strict=True))


Stepper = Fused | Taught | Together
