"""The linear read-out: features predicted from all units, on samples that were not fitted."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from protolib.sparse.lasso import shrink_and_keep
from protolib.sparse.scores.matched import centred, check

Importance = Literal["ridge", "lasso"]


def _halves(codes: Tensor) -> tuple[Tensor, Tensor]:
    first = (codes.shape[1] + 1) // 2
    return codes[:, :first], codes[:, first:]


def _readout(
    units: Float[Tensor, "nets samples units"],
    features: Float[Tensor, "nets samples features"],
    ridge: float,
) -> Float[Tensor, "nets units features"]:
    """argmin_W mean‖F − UW‖² + ridge ‖W‖², of least length where several are; both centred."""
    samples = units.shape[1]
    many = units.shape[2] > samples  # then the smaller system is the one between samples
    gram = (units @ units.mT if many else units.mT @ units) / samples
    values, vectors = torch.linalg.eigh(gram)
    small = values <= 1e-12 * values[:, -1:].clamp(min=1e-300)
    inverse = torch.where(small, 0.0, 1 / (values + ridge).masked_fill(small, 1.0))
    goal = features if many else units.mT @ features
    solved = vectors @ (inverse[..., None] * (vectors.mT @ goal)) / samples
    return units.mT @ solved if many else solved


def _lasso(
    units: Float[Tensor, "nets samples units"],
    features: Float[Tensor, "nets samples features"],
    penalty: float,
    steps: int = 500,
) -> Float[Tensor, "nets units features"]:
    """argmin_W ½ mean‖F − UW‖² + penalty Σ|W|, by accelerated proximal gradient (FISTA)."""
    gram, goal = (units.mT @ t / units.shape[1] for t in (units, features))
    rate = 1 / torch.linalg.matrix_norm(gram, ord=2)[:, None, None].clamp(min=1e-12)
    keep = torch.eye(gram.shape[-1], dtype=gram.dtype) - rate * gram
    start, drive = torch.zeros_like(goal.mT), rate * goal.mT  # a row for each feature
    return shrink_and_keep(start, keep, drive, rate * penalty, steps=steps).mT


def held_out(
    codes_hat: Tensor, codes: Tensor, penalty: float, importance: Importance = "ridge"
) -> tuple[Float[Tensor, "nets units features"], Float[Tensor, " nets"]]:
    """Read-out of standardised columns fitted on the first half; its mean R² on the second.

    Raises
    ------
    ValueError
        if the codes cannot be scored (see `mcc`), the penalty is negative, or there is no such
        importance.
    """
    check(codes_hat, codes)
    if not penalty >= 0:
        raise ValueError(f"the penalty must be ≥ 0, got {penalty}")
    if importance not in ("ridge", "lasso"):
        raise ValueError(f'importance must be "ridge" or "lasso", got {importance!r}')
    fit, judge = zip(*(_halves(values.detach().double()) for values in (codes_hat, codes)))
    spread = [centred(values).square().mean(1, keepdim=True).sqrt() for values in fit]
    spread = [torch.where(s > 0, s, torch.inf) for s in spread]
    u, f = ((centred(values) / s) for values, s in zip(fit, spread))
    weights = (_readout if importance == "ridge" else _lasso)(u, f, penalty)
    u, f = ((new - old.mean(1, keepdim=True)) / s for new, old, s in zip(judge, fit, spread))
    residual = (f - u @ weights).square().sum(1)
    variance = centred(f).square().sum(1)
    # a feature that is constant in one of the halves has nothing to find: 0
    r2 = torch.where(variance > 0, 1 - residual / torch.where(variance > 0, variance, 1.0), 0.0)
    return weights, r2.mean(-1)


def linear_r2(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    ridge: float = 0.0,
) -> Float[Tensor, " nets"]:
    """Held-out R² of features read out linearly from all units, the mean over features.

    Least squares with an intercept on the first half of the samples (with `ridge`, plus ridge·‖W‖²
    for standardised columns), R² = 1 − Σ(ĉ − c)²/Σ(c − c̄)² on the second. 0 is what the mean says,
    below 0 worse than that. Unchanged under any invertible affine map of the units (at ridge 0), so
    it cannot see whether they are disentangled. Chance: `linear_r2_chance`.

    Raises
    ------
    ValueError
        if the codes cannot be scored (see `mcc`), or the ridge is negative.

    Examples
    --------
    >>> from protolib.data import CHANCE, generator
    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 50, 2)))
    >>> mixed = c @ torch.tensor([[1.0, 2.0], [1.0, -1.0]], dtype=torch.float64)
    >>> round(linear_r2(mixed, c).item(), 6)
    1.0
    """
    return held_out(codes_hat, codes, ridge)[1]


def reverse_r2(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    ridge: float = 0.0,
) -> Float[Tensor, " nets"]:
    """Held-out R² of the representation, predicted linearly from the features: the other way round.

    `linear_r2` asks whether features can be read out of the units, and a wide random network
    passes; this asks whether the units hold anything *but* a linear map of the features (reverse
    predictivity: Muzellec and Kar 2025). Least squares with an intercept on the first half of the
    samples (with `ridge`, plus ridge·‖W‖² for standardised features), and on the second
    R² = 1 − Σ‖û − u‖²/Σ‖u − ū‖², summed over units, so that one that hardly varies hardly counts. 1
    if units are affine in the features, however few there are; 0 is what the mean says, and a
    representation that never changes scores 0. Unchanged under any invertible affine map of the
    *features*, and if units are turned, shifted or scaled together. Chance: `reverse_r2_chance`.

    Raises
    ------
    ValueError
        if the codes cannot be scored (see `mcc`), or the ridge is negative.

    Examples
    --------
    >>> from protolib.data import CHANCE, generator
    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 50, 2)))
    >>> both = c.sum(-1, keepdim=True)                    # one unit cannot give two features back
    >>> bool(linear_r2(both, c) < 0.6), round(reverse_r2(both, c).item(), 6)
    (True, 1.0)
    >>> bent = torch.cat([c, c**2], dim=-1)               # four can, and hold what is not linear
    >>> round(linear_r2(bent, c).item(), 6), bool(reverse_r2(bent, c) < 0.6)
    (1.0, True)
    """
    check(codes_hat, codes)
    if not ridge >= 0:
        raise ValueError(f"the penalty must be ≥ 0, got {ridge}")
    fit, judge = zip(*(_halves(values.detach().double()) for values in (codes, codes_hat)))
    spread = centred(fit[0]).square().mean(1, keepdim=True).sqrt()
    spread = torch.where(spread > 0, spread, torch.inf)
    weights = _readout(centred(fit[0]) / spread, centred(fit[1]), ridge)
    c, u = (new - old.mean(1, keepdim=True) for new, old in zip(judge, fit))
    residual = (u - c / spread @ weights).square().sum((1, 2))
    variance = centred(u).square().sum((1, 2))
    return torch.where(variance > 0, 1 - residual / torch.where(variance > 0, variance, 1.0), 0.0)
