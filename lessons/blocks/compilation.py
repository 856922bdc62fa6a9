"""torch.compile where it works, and the plain function where it does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn


def compiled(
    loss: Callable[..., Tensor],
    *sample: Tensor,
    model: nn.Module | None = None,
    inside: AbstractContextManager[object] | None = None,
) -> tuple[Callable[..., Tensor], str | None]:
    """`loss` compiled and tried forward and backward on `sample`, or itself and why not.

    The trial is made here because torch.compile itself promises nothing: a missing compiler or an
    unsupported GPU shows only at the first call. A graph is one of shapes, strides and autocast, so
    `sample` and `inside` are those of a step: another graph says little of it, and is compiled for
    nothing. No gradient is left in `model`.
    """
    fast = torch.compile(loss)
    try:
        with inside or nullcontext():
            value = fast(*sample)
        torch.autograd.backward(value)
    except torch.OutOfMemoryError:
        return fast, None  # not the compiler's fault; the step itself says what to lower
    except (RuntimeError, ImportError, OSError) as error:
        return loss, str(error).strip().splitlines()[0]
    finally:
        if model is not None:
            model.zero_grad(set_to_none=True)
    return fast, None
