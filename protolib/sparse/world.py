"""The world of sparse codes: dictionaries, codes, and signals mixed of both."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from protolib.data import generator
from protolib.streams import CODES, DICTIONARY

Codes = Float[Tensor, "nets samples features"]
Signals = Float[Tensor, "nets samples measurements"]
Dictionary = Float[Tensor, "nets measurements features"]


def check(signals: Tensor, dictionary: Tensor) -> None:
    """See that signals and a dictionary fit together; a `ValueError` says why not."""
    shapes = tuple(signals.shape), tuple(dictionary.shape)
    if signals.ndim != 3 or dictionary.ndim != 3 or shapes[0][::2] != shapes[1][:2]:
        raise ValueError(
            "expected signals (nets, samples, measurements) and a dictionary "
            f"(nets, measurements, features), got {shapes[0]} and {shapes[1]}"
        )


def check_lam(lam: float | Tensor) -> None:
    """See that λ ≥ 0; a `ValueError` says if not."""
    if not bool(torch.as_tensor(lam >= 0).all()):
        raise ValueError(f"lam must be ≥ 0, got {lam}")


def check_seeds(seeds: Sequence[int], signals: Tensor) -> None:
    """See that there is a seed for each net; a `ValueError` says if not."""
    if len(seeds) != len(signals):
        raise ValueError(f"expected one seed for each net, got {len(seeds)} for {len(signals)}")


def unit_columns(dictionary: Float[Tensor, "*nets m n"]) -> Float[Tensor, "*nets m n"]:
    """Every column divided by its Euclidean norm; a column of zeros stays one.

    >>> unit_columns(torch.tensor([[[3.0, 0.0], [4.0, 0.0]]]))[0].T
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    return dictionary / dictionary.norm(dim=-2, keepdim=True).clamp(min=1e-12)


def random_dictionary(
    seeds: Sequence[int], measurements: int, features: int, *, dtype: torch.dtype = torch.float32
) -> Dictionary:
    """Columns uniform on the unit sphere, one generator per seed.

    >>> random_dictionary([0, 1], 3, 5).shape
    torch.Size([2, 3, 5])
    """
    shape = measurements, features
    draws = [generator(s, DICTIONARY, *shape).standard_normal(shape) for s in seeds]
    return unit_columns(torch.tensor(np.stack(draws))).to(dtype)


def sparse_codes(
    seeds: Sequence[int],
    samples: int,
    features: int,
    active: int,
    *,
    signed: bool = False,
    blocks: int = 1,
    dtype: torch.dtype = torch.float32,
) -> Codes:
    """K-sparse codes: K active features a sample, their values half-normal.

    Parameters
    ----------
    active
        K, the number of non-zero entries of every code
    signed
        values standard normal, instead of their absolute values
    blocks
        1: every set of K features is equally likely. More: features stand in that many blocks of
        equal size, and the K features of a sample come from one block, so most combinations never
        occur, while each feature occurs as often as before. For training and testing on different
        combinations of the same features.

    Raises
    ------
    ValueError
        if a block cannot hold `active` features, or blocks are not of equal size.

    Examples
    --------
    >>> z = sparse_codes([0, 1], samples=4, features=6, active=2)
    >>> z.shape, (z > 0).sum(-1)[0]
    (torch.Size([2, 4, 6]), tensor([2, 2, 2, 2]))
    """
    size, rest = divmod(features, max(blocks, 1))
    if blocks < 1 or rest or not 1 <= active <= size:
        raise ValueError(
            f"expected blocks of equal size with room for {active} ≥ 1 active features, "
            f"got {features} features in {blocks} blocks"
        )
    draws = []
    for seed in seeds:
        draw = generator(seed, CODES, samples, features, active, blocks)
        order = draw.permuted(np.tile(np.arange(size), (samples, 1)), axis=1)[:, :active]
        place = order + size * draw.integers(blocks, size=(samples, 1))
        values = draw.standard_normal((samples, active))
        codes = np.zeros((samples, features))
        np.put_along_axis(codes, place, values if signed else np.abs(values), axis=1)
        draws.append(codes)
    return torch.tensor(np.stack(draws), dtype=dtype)


def mix(codes: Codes, dictionary: Dictionary) -> Signals:
    """y = A z for every sample.

    >>> mix(torch.tensor([[[1.0, 0.0, 2.0]]]), torch.tensor([[[1.0, 5.0, 0.5]]]))
    tensor([[[2.]]])
    """
    return codes @ dictionary.mT
