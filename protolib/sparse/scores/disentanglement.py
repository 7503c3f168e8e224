"""Disentanglement, completeness, informativeness."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from protolib.sparse.scores.readout import Importance, held_out


class DCI(NamedTuple):
    """Three scores, `(nets,)` each."""

    disentanglement: Float[Tensor, " nets"]
    completeness: Float[Tensor, " nets"]
    informativeness: Float[Tensor, " nets"]


def _concentration(importance: Float[Tensor, "nets a b"]) -> Float[Tensor, "nets a"]:
    """1 − entropy of each row's shares in units of log b: 1 if one entry has it all, 0 if even."""
    total = importance.sum(-1, keepdim=True)
    shares = torch.where(total > 0, importance / torch.where(total > 0, total, 1.0), 0.0)
    entropy = torch.special.entr(shares).sum(-1) / math.log(importance.shape[-1])
    return torch.where(total[..., 0] > 0, (1 - entropy).clamp(0, 1), 0.0)


def dci_of_importance(
    importance: Float[Tensor, "nets units features"],
) -> tuple[Float[Tensor, " nets"], Float[Tensor, " nets"]]:
    """Disentanglement and completeness of a table of importances R_jk ≥ 0 (see `dci`).

    Raises
    ------
    ValueError
        if there are fewer than two units or two features.

    Examples
    --------
    >>> d, c = dci_of_importance(torch.tensor([[[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]]]))
    >>> d.item(), round(c.item(), 4)               # completeness: (1 − log 2/log 3 + 1) / 2
    (1.0, 0.6845)
    """
    if importance.ndim != 3 or min(importance.shape[1:]) < 2:
        raise ValueError(
            "DCI needs at least two units and two features (it divides by the logarithm of their "
            f"numbers), got {tuple(importance.shape)} for (nets, units, features)"
        )
    importance = importance.double()
    weight = importance.sum(-1)
    every = weight.sum(-1, keepdim=True)
    weight = torch.where(every > 0, weight / torch.where(every > 0, every, 1.0), 0.0)
    d = (weight * _concentration(importance)).sum(-1)
    return d, _concentration(importance.mT).mean(-1)


def dci(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    importance: Importance = "ridge",
    penalty: float = 1e-3,
) -> DCI:
    """Disentanglement, completeness, informativeness (Eastwood and Williams 2018).

    The importance R_jk of unit j for feature k is the absolute weight of a linear regression of
    standardised features on standardised units, fitted on the first half of the samples:
    mean‖F − UW‖² + penalty ‖W‖² ("ridge") or ½ mean‖F − UW‖² + penalty `Σ|W|` ("lasso"). The choice
    changes the numbers. With shares P_jk = R_jk/Σ_k R_jk and Q_jk = R_jk/Σ_j R_jk,

    - disentanglement = Σ_j ρ_j (1 + Σ_k P_jk log P_jk / log features), ρ_j = Σ_k R_jk / Σ R: does
      each unit serve one feature? Units that serve none weigh nothing;
    - completeness = mean_k (1 + Σ_j Q_jk log Q_jk / log units): is each feature served by one unit?
    - informativeness = held-out R² of that regression (the authors report its error).

    Unchanged if units are reordered, shifted, scaled or flipped. Unequal numbers: spare units that
    carry no weight are free, duplicates cost completeness. Chance: `dci_chance`; it is far from 0
    for few features, however many samples there are, and with a lasso it grows with the samples.

    >>> from protolib.data import CHANCE, generator
    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 2000, 3)))
    >>> [round(score.item(), 1) for score in dci(-2 * c.flip(2), c)]
    [1.0, 1.0, 1.0]
    """
    weights, informativeness = held_out(codes_hat, codes, penalty, importance)
    return DCI(*dci_of_importance(weights.abs()), informativeness)
