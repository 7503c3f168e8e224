"""Dictionary learning: a dictionary from signals alone."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from protolib.data import generator
from protolib.sparse.lasso import fista, lasso
from protolib.sparse.world import Dictionary, Signals, mix, unit_columns
from protolib.streams import START


class Learned(NamedTuple):
    """A dictionary with unit columns, (nets, measurements, features), and the mean lasso on the
    training signals after each round, (nets, rounds)."""

    dictionary: Dictionary
    curve: Float[Tensor, "nets rounds"]


def learn_dictionary(
    signals: Signals,
    features: int,
    seeds: Sequence[int],
    *,
    lam: float,
    rounds: int = 50,
    steps: int = 20,
    restarts: int = 1,
    nonnegative: bool = False,
    start: Dictionary | None = None,
) -> Learned:
    """Dictionary learning: codes by FISTA, then the dictionary by least squares, over and over.

    min over A with unit columns and over z of mean_i ½ ‖y_i − A z_i‖² + λ ‖z_i‖₁. Not convex: this
    finds *a* low place, and restarts help. One round is `steps` of FISTA from the last codes, the
    least-squares dictionary (YᵀZ)(ZᵀZ)⁻¹ (the method of optimal directions, Engan et al. 1999), and
    columns scaled to norm one. An atom is dead if hardly any code uses it, or if it nearly repeats
    an earlier one. A dead atom is replaced by the worst reconstructed signal, a different one for
    every dead atom, except in the last fifth of the rounds.

    Parameters
    ----------
    seeds
        one for each net: they choose the start, signals drawn at random
    restarts
        starts per net; the one with the lowest last value of the curve is returned
    start
        a dictionary to start from, instead of signals; then there is one start

    Raises
    ------
    ValueError
        if there is not one seed for each net, or no round or restart.

    Examples
    --------
    >>> from protolib.sparse.coding import random_dictionary, sparse_codes
    >>> A = random_dictionary([0], 4, 6)
    >>> y = mix(sparse_codes([0], 200, 6, 1), A)
    >>> found = learn_dictionary(y, 6, [0], lam=0.05, rounds=60, restarts=4, nonnegative=True)
    >>> bool(((found.dictionary.mT @ A).amax(-1) > 0.99).all())
    True
    """
    nets = len(signals)
    if len(seeds) != nets or restarts < 1 or rounds < 1:
        raise ValueError(
            "expected one seed for each net, and rounds and restarts ≥ 1, got "
            f"{len(seeds)} seeds for {nets} nets, {rounds} rounds, {restarts} restarts"
        )
    if start is None:
        A = torch.cat([_drawn(signals, features, seeds, r) for r in range(restarts)])
    else:
        A, restarts = unit_columns(start), 1
    y = signals.repeat(restarts, 1, 1)
    z, curve = y.new_zeros(*y.shape[:2], features), []
    small = 1e-6 * torch.eye(features, dtype=y.dtype)
    for done in range(rounds):
        z = fista(y, A, lam=lam, steps=steps, nonnegative=nonnegative, start=z)
        curve.append(lasso(z, y, A, lam=lam).mean(-1))
        if done == rounds - 1:
            break
        # relative to the codes' size, so that the scale of signals does not matter
        gram = z.mT @ z
        size = gram.diagonal(dim1=-2, dim2=-1).mean(-1)[:, None, None]
        size = torch.where(size > 0, size, 1.0)
        least_squares = torch.linalg.solve(gram + size * small, z.mT @ y).mT
        A = unit_columns(torch.where((z == 0).all(1)[:, None], A, least_squares))
        if done < 0.8 * rounds:
            A = unit_columns(_revived(A, z, y, nonnegative))
    best = torch.stack(curve, dim=-1).reshape(restarts, nets, rounds)
    chosen = best[..., -1].argmin(0)
    own = torch.arange(nets)
    return Learned(A.reshape(restarts, nets, *A.shape[1:])[chosen, own], best[chosen, own])


def _drawn(signals: Tensor, features: int, seeds: Sequence[int], restart: int) -> Tensor:
    """A start: signals drawn at random, of norm one, slightly perturbed so that none are equal."""
    columns = []
    for seed, net in zip(seeds, signals):
        draw = generator(seed, START, features, restart)
        chosen = draw.choice(len(net), features, replace=len(net) < features)
        noise = torch.tensor(draw.standard_normal((features, net.shape[1])), dtype=net.dtype)
        columns.append(unit_columns(net[torch.as_tensor(chosen)].T) + 0.1 * unit_columns(noise.T))
    return unit_columns(torch.stack(columns))


def _dead(
    dictionary: Tensor, codes: Tensor, nonnegative: bool, share: float = 1e-3, same: float = 0.98
) -> Tensor:
    """Atoms that less than `share` of the samples use, or that repeat another, (nets, features)."""
    cosine = dictionary.mT @ dictionary
    twin = (cosine if nonnegative else cosine.abs()).triu(1).amax(1) > same
    return twin | ((codes != 0).to(codes.dtype).mean(1) < share)


def _revived(dictionary: Tensor, codes: Tensor, signals: Tensor, nonnegative: bool) -> Tensor:
    """Dead atoms replaced by the signals that are reconstructed worst."""
    dead = _dead(dictionary, codes, nonnegative)
    if not bool(dead.any()):
        return dictionary
    error = (signals - mix(codes, dictionary)).square().sum(-1)
    dictionary = dictionary.clone()
    for r in torch.nonzero(dead.any(-1)).flatten().tolist():
        (atoms,) = torch.nonzero(dead[r], as_tuple=True)
        worst = error[r].argsort(descending=True)[: len(atoms)]
        worst = worst[error[r, worst] > 0]
        dictionary[r][:, atoms[: len(worst)]] = signals[r, worst].T
    return dictionary
