"""What an exercise may ask of a placement of prototypes or of a loss: the book's own measures."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from protolib import hull, losses, matching

TAU = 0.3
"""The temperature at which a typed loss is compared."""
SAMPLES, UNITS, CASES = 3, 3, 5  # as many units as samples, so that N means both

MEASURES = ("outside", "unowned", "error", "coverage", "separation")


def measures(x: Tensor, p: Tensor, *, tau: float) -> dict[str, float]:
    """What can be asked of prototypes.

    Parameters
    ----------
    x, p
        samples and prototypes, (samples, dims) and (units, dims)
    tau
        the temperature of separation

    Returns
    -------
    dict
        `outside`: prototypes outside the hull; `unowned`: prototypes nearest to no sample; `error`:
        the reconstruction error; `coverage`, `separation`: the losses.
    """
    stack, samples = p[None].double(), x[None].double()
    nearest = losses.squared_distances(samples, stack)[0].argmin(1)
    return {
        "outside": float(round(hull.expelled_share(stack, samples).item() * len(p))),
        "unowned": float(len(p) - len(nearest.unique())),
        "error": matching.reconstruction_error(stack, samples).item(),
        "coverage": losses.coverage(samples, stack).item(),
        "separation": losses.separation(stack, tau=tau).item(),
    }


def loss(name: str) -> tuple[tuple[str, ...], Callable[..., Tensor]]:
    """A loss as a function of what a formula speaks of, and of which of it there are gradients.

    `coverage(x, p)`, `separation(p)`, `energy(x, p)` and `overlap(x, w, b)`, of one network on a
    line: x (samples,), p, w, b (units,). `energy` is the part of the energy distance that depends
    on prototypes, 2 mean |x − p| − mean |p − p′|; the rest, −mean |x − x′|, has no gradient, and a
    formula with one index for samples cannot say it.
    """

    def column(values: Tensor) -> Tensor:
        return values[None, :, None]

    def overlap(x, w, b, **_):
        h = torch.exp(-((w * x[:, None] + b) ** 2))
        return losses.overlap(h[None])[0]

    def of_places(function, x, p, **_):
        return function(column(x), column(p))[0]

    def energy(x: Tensor, p: Tensor) -> Tensor:
        square = losses.mmd2(x, p, tau=TAU, kernel="energy")
        return square + (x - x.mT).abs().mean((1, 2))

    known = {
        "coverage": (("p",), partial(of_places, losses.coverage)),
        "separation": (("p",), lambda p, **_: losses.separation(column(p), tau=TAU)[0]),
        "energy": (("p",), partial(of_places, energy)),
        "overlap": (("w", "b"), overlap),
    }
    return known[name]
