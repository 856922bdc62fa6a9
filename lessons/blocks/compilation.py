"""torch.compile where it works, and the plain function where it does not."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def compiled(
    loss: Callable[..., Tensor], *sample: Tensor
) -> tuple[Callable[..., Tensor], str | None]:
    """`loss` compiled and tried forward and backward on `sample`, or itself and why not.

    The trial is made here because torch.compile itself promises nothing: a missing compiler or an
    unsupported GPU shows only at the first call.
    """
    fast = torch.compile(loss)
    try:
        torch.autograd.backward(fast(*sample))
    except (RuntimeError, ImportError, OSError) as error:
        return loss, str(error).strip().splitlines()[0]
    return fast, None
