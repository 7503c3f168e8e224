"""The one way in which networks of Part V are trained: Adam, its rate falling along a cosine."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def minimise(
    leaves: Sequence[Tensor],
    loss: Callable[[int], Tensor],
    *,
    steps: int,
    learning_rate: float,
    fused: bool = False,
    decay: bool = True,
) -> None:
    """Take `steps` of Adam on `loss(step)`, a number, moving `leaves` in place.

    Adam is Kingma and Ba's (arXiv:1412.6980); the rate falls to zero along half a cosine, or
    stays with `decay=False`. A loss that is a sum over nets keeps them apart. `fused` takes torch's
    faster version.

    >>> x = torch.ones(1, requires_grad=True)
    >>> minimise([x], lambda step: x.square().sum(), steps=200, learning_rate=0.1)
    >>> bool(x.abs() < 1e-2)
    True
    """
    adam = torch.optim.Adam(leaves, lr=learning_rate, fused=fused)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, max(steps, 1))
    for step in range(steps):
        adam.zero_grad()
        with torch.enable_grad():
            loss(step).backward()
        adam.step()
        if decay:
            cosine.step()
