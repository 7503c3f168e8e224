"""The mutual information gap."""

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy import special, stats
from torch import Tensor

from protolib.sparse.scores.matched import check


def _bins(codes: Float[Tensor, "samples k"], bins: int) -> Int[np.ndarray, "samples k"]:
    """The number of each value's bin, bins of equal counts; equal values share one."""
    rank = stats.rankdata(codes.detach().double().numpy(), axis=0) - 0.5
    return np.minimum((rank / len(codes) * bins).astype(np.int64), bins - 1)


def _entropy(counts: np.ndarray, samples: int) -> np.ndarray:
    """Entropy in nats of the counts along the last axis."""
    return special.entr(counts / samples).sum(-1)


def mutual_information(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    bins: int = 20,
) -> tuple[Float[Tensor, "nets units features"], Float[Tensor, "nets features"]]:
    """I(ĉ_j; c_k) of every unit and feature in nats, and the entropies H(c_k), after binning.

    Every column is cut into `bins` bins of (nearly) equal counts by its ranks; equal values stay
    together, so a discrete code keeps its values as far as there are bins. Plug-in estimates: for
    independent columns I is about (bins − 1)²/(2·samples), not 0.

    Raises
    ------
    ValueError
        if the codes cannot be scored (see `mcc`), or there are fewer than two bins.

    Examples
    --------
    >>> c = torch.tensor([[[0.0], [0.0], [1.0], [1.0]]])
    >>> i, h = mutual_information(c, c, bins=2)
    >>> round(i.item(), 4), round(h.item(), 4)                          # log 2
    (0.6931, 0.6931)
    """
    check(codes_hat, codes)
    if bins < 2:
        raise ValueError(f"bins must be ≥ 2, got {bins}")
    samples, units = codes_hat.shape[1:]
    features = codes.shape[2]
    tables, entropies = [], []
    for net_hat, net in zip(codes_hat, codes):
        a, b = _bins(net_hat, bins), _bins(net, bins)
        h_a, h_b = (
            _entropy(
                np.stack([np.bincount(column, minlength=bins) for column in values.T]), samples
            )
            for values in (a, b)
        )
        joint = np.empty((units, features))
        first = (np.arange(units) * bins + a) * bins
        for k in range(features):
            counts = np.bincount((first + b[:, k : k + 1]).ravel(), minlength=units * bins**2)
            joint[:, k] = _entropy(counts.reshape(units, -1), samples)
        tables.append(np.maximum(h_a[:, None] + h_b - joint, 0.0))
        entropies.append(h_b)
    return torch.tensor(np.stack(tables)), torch.tensor(np.stack(entropies))


def mig(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    bins: int = 20,
) -> Float[Tensor, " nets"]:
    """Mutual information gap: mean_k (I(ĉ_(1); c_k) − I(ĉ_(2); c_k)) / H(c_k).

    (1) and (2) are the two units that know most about feature k (Chen et al., arXiv:1802.04942).
    Binning as in `mutual_information`: the numbers depend on it. Unchanged under any strictly
    monotone map of single units or features. One unit alone has no rival: I(ĉ_(2)) = 0.

    Units are not matched: one unit may be the best for several features, and a second copy of it
    brings the score to 0. Chance: `mig_chance`.

    >>> from protolib.data import CHANCE, generator
    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 4000, 2)))
    >>> round(mig(c.flip(2) ** 3, c).item(), 1), round(mig(torch.cat([c, c], -1), c).item(), 1)
    (1.0, 0.0)
    """
    table, entropy = mutual_information(codes_hat, codes, bins=bins)
    if table.shape[1] == 1:
        table = torch.cat([table, torch.zeros_like(table)], dim=1)
    first, second = table.topk(2, dim=1).values.unbind(1)
    gap = (first - second) / torch.where(entropy > 0, entropy, 1.0)
    return torch.where(entropy > 0, gap, 0.0).mean(-1)
