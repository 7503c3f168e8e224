"""Repulsions and attractors in pairs: the runs of the table in the chapter `attractors`."""

from collections.abc import Sequence
from itertools import product
from typing import get_args

from protolib.losses import Kernel
from protolib.masks import Mask
from protolib.sweep import Grid, Setting
from protolib.training import TrainConfig

KERNELS = get_args(Kernel)  # in the order of their tails, shortest first
REPULSIONS = (*KERNELS, "overlap")
ATTRACTORS = ("none", "coverage", *KERNELS, "transport")
TAUS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
CELLS = [*product(REPULSIONS, ATTRACTORS, TAUS)]


def grid(
    repulsion: str,
    attractor: str,
    tau: float,
    *,
    sizes: Sequence[int] = (50,),
    setting: Setting | None = None,
) -> Grid:
    """Ten seeds of a repulsion (a kernel of separation, or "overlap") beside an attractor, or none.

    Overlap has no kernel between prototypes to be matched: with a kernel as its attractor it is
    given the whole square, separation and attraction. Where nothing depends on τ, τ is 1: one run
    serves all temperatures.

    Raises
    ------
    ValueError
        if there is no such repulsion or attractor.

    Examples
    --------
    >>> grid("energy", "energy", 0.1).masks, grid("overlap", "imq", 0.1).masks
    ((Mask(coverage=1, separation=1, overlap=0),), (Mask(coverage=1, separation=1, overlap=1),))
    """
    if repulsion not in REPULSIONS or attractor not in ATTRACTORS:
        raise ValueError(f"no such pair: {repulsion!r} and {attractor!r}")
    pull = "coverage" if attractor == "none" else attractor
    kernel, mask = repulsion, Mask(int(attractor != "none"), 1, 0)
    if repulsion == "overlap":
        kernel, mask = "gaussian", mask._replace(separation=0, overlap=1)
        if attractor in KERNELS:
            kernel, mask = attractor, Mask(1, 1, 1)
    if not {"gaussian", "imq"} & {repulsion, attractor}:
        tau = 1.0
    config = TrainConfig(tau=tau, kernel=kernel, attractor=pull)
    return Grid(sizes, range(10), (mask,), config, setting or Setting(), alone=True)
