"""Inputs and targets, drawn from one generator per network.

Every random number in this package comes from `generator(seed, *key)`: a NumPy generator whose
stream depends on the seed *and* on what it is used for. Network 7 therefore gets the same start
whatever other networks surround it, and its data do not change when its initialisation does.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

# What a stream of random numbers is for. The numbers are part of every generator's key: changing
# one changes every result of the book.
INPUTS, INITIALISATION, CHANCE = 0, 1, 2


def generator(seed: int, *key: int) -> np.random.Generator:
    """The generator of one network: a stream of its own for every `(seed, *key)`.

    Parameters
    ----------
    seed
        int ≥ 0, the network's seed.
    key
        what the stream is for (`INPUTS`, `INITIALISATION`, `CHANCE`), then any sizes.

    Raises
    ------
    ValueError
        if `seed` is negative.

    Examples
    --------
    >>> generator(7, INPUTS, 3).random() == generator(7, INPUTS, 3).random()
    True
    >>> generator(7, INPUTS, 3).random() == generator(7, INITIALISATION, 3).random()
    False
    """
    if seed < 0:
        raise ValueError(f"a seed must be a whole number ≥ 0, got {seed}")
    return np.random.default_rng(np.random.SeedSequence(entropy=int(seed), spawn_key=key))


def uniform(
    seeds: Sequence[int], samples: int, dims: int = 1, *, dtype: torch.dtype = torch.float32
) -> Float[Tensor, "nets samples dims"]:
    """Inputs drawn uniformly from [−1, 1]^dims, one generator per seed.

    The paper states "one-dimensional inputs, uniformly sampled"; the interval is our choice.
    Draws are made in float64 and rounded to `dtype`, so float32 and float64 runs share their data.

    >>> uniform([0, 7], samples=5).shape
    torch.Size([2, 5, 1])
    >>> bool((uniform([0, 7], 5)[1] == uniform([7], 5)[0]).all())
    True
    """
    if samples < 1 or dims < 1:
        raise ValueError(f"samples and dims must be ≥ 1, got samples={samples}, dims={dims}")
    draws = [generator(s, INPUTS, samples, dims).uniform(-1, 1, (samples, dims)) for s in seeds]
    return torch.tensor(np.stack(draws), dtype=dtype)


def sine(inputs: Float[Tensor, "nets samples dims"]) -> Float[Tensor, "nets samples"]:
    """The target y = sin(π x), averaged over dims when there is more than one. Our choice.

    >>> sine(torch.tensor([[[0.0], [0.5]]]))
    tensor([[0., 1.]])
    """
    return torch.sin(torch.pi * inputs).mean(-1)
