"""Encoders: networks trained to do in one pass, or in a few, what sparse inference does."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from protolib.data import generator
from protolib.sparse.lasso import lipschitz, soft_threshold
from protolib.sparse.optimise import minimise
from protolib.sparse.world import (
    Codes,
    Dictionary,
    Signals,
    check,
    check_lam,
    check_seeds,
    unit_columns,
)
from protolib.streams import BATCHES


class Autoencoder(NamedTuple):
    """A sparse autoencoder: codes ReLU(W y + b), reconstructions A z with unit columns.

    Parameters
    ----------
    weight
        W, (nets, features, measurements)
    bias
        b, (nets, features)
    dictionary
        A, (nets, measurements, features)
    """

    weight: Float[Tensor, "nets features measurements"]
    bias: Float[Tensor, "nets features"]
    dictionary: Dictionary


def encode(autoencoder: Autoencoder, signals: Signals, *, active: int | None = None) -> Codes:
    """z = ReLU(W y + b): one layer, one pass; with `active`, only so many of its largest (TopK).

    >>> net = Autoencoder(torch.ones(1, 2, 1), torch.tensor([[0.0, -1.0]]), torch.ones(1, 1, 2))
    >>> encode(net, torch.tensor([[[0.5], [2.0]]]))
    tensor([[[0.5000, 0.0000],
             [2.0000, 1.0000]]])
    >>> encode(net, torch.tensor([[[0.5], [2.0]]]), active=1)
    tensor([[[0.5000, 0.0000],
             [2.0000, 0.0000]]])
    """
    z = torch.relu(torch.baddbmm(autoencoder.bias[:, None], signals, autoencoder.weight.mT))
    return z if active is None else largest(z, active)


def largest(codes: Codes, active: int) -> Codes:
    """Codes with all but their `active` largest entries set to zero (equal ones stay together).

    Raises
    ------
    ValueError
        if there are not so many features, or none may be active.

    >>> largest(torch.tensor([[[1.0, 3.0, 2.0]]]), 2)
    tensor([[[0., 3., 2.]]])
    """
    if not 1 <= active <= codes.shape[-1]:
        raise ValueError(f"active must be between 1 and {codes.shape[-1]}, got {active}")
    # faster than torch.topk for short rows; the derivative is the kept entries' own
    least = np.partition(codes.detach().numpy(), -active, axis=-1)[..., -active, None]
    return codes * (codes >= torch.from_numpy(least))


def train_autoencoder(
    signals: Signals,
    dictionary: Dictionary,
    seeds: Sequence[int],
    *,
    lam: float | Float[Tensor, " nets"],
    learn: bool = False,
    active: int | None = None,
    codes: Codes | None = None,
    steps: int = 2000,
    batch: int = 256,
    learning_rate: float = 3e-3,
) -> Autoencoder:
    """Train the encoder of a sparse autoencoder on the lasso, and with `learn` its dictionary too.

    mean_i ½ ‖y_i − A z_i‖² + λ ‖z_i‖₁ with z_i = ReLU(W y_i + b), summed over nets; Adam on
    minibatches, its rate falling to zero along a cosine. The start is W = Aᵀ, b = 0.

    Parameters
    ----------
    dictionary
        A: fixed (the *known dictionary* case), or with `learn` the start; its columns have norm one
        all the way
    lam
        one number, or one for each net (for a sweep)
    active
        if given, only so many of the largest codes of each sample are kept: the TopK autoencoder
        (Makhzani and Frey, arXiv:1312.5663; Gao et al., arXiv:2406.04093), usually with λ = 0
    codes
        if given, the encoder is taught these codes, mean_i ½ ‖z_i − codes_i‖², and λ is not used: a
        bound on what one layer can do, out of reach without labels
    batch
        samples a step, drawn with replacement by each net's own generator

    Raises
    ------
    ValueError
        if shapes disagree, λ < 0, or there is not one seed for each net.

    Examples
    --------
    >>> from protolib.sparse.coding import sparse_codes
    >>> A = torch.eye(2)[None]
    >>> y = sparse_codes([0], 100, 2, 1)                  # nothing in superposition: nothing to do
    >>> net = train_autoencoder(y, A, [0], lam=0.0, steps=50)
    >>> bool((encode(net, y) - y).abs().max() < 0.1)
    True
    """
    check(signals, dictionary)
    check_lam(lam)
    check_seeds(seeds, signals)
    A = unit_columns(dictionary).clone().requires_grad_(learn)
    W = A.detach().mT.clone().requires_grad_()
    b = W.new_zeros(W.shape[:2]).requires_grad_()

    def codes_of(y: Tensor) -> Tensor:
        return encode(Autoencoder(W, b, A), y, active=active)

    leaves = [W, b, A] if learn else [W, b]
    decoder = (lambda: unit_columns(A)) if learn else (lambda: A)
    loss = _loss(codes_of, decoder, signals, codes, lam, seeds, batch)
    minimise(leaves, loss, steps=steps, learning_rate=learning_rate, fused=True)
    return Autoencoder(W.detach(), b.detach(), unit_columns(A.detach()))


class Lista(NamedTuple):
    """Learned ISTA (Gregor and LeCun 2010): `layers` times z ← soft(W y + S z, θ).

    Parameters
    ----------
    weight
        W, (nets, features, measurements); in ISTA Aᵀ/L
    mutual
        S, (nets, features, features); in ISTA I − AᵀA/L
    threshold
        θ, (nets, features); in ISTA λ/L
    layers
        how many times; all layers share W, S and θ
    """

    weight: Float[Tensor, "nets features measurements"]
    mutual: Float[Tensor, "nets features features"]
    threshold: Float[Tensor, "nets features"]
    layers: int


def lista_start(dictionary: Dictionary, *, lam: float, layers: int) -> Lista:
    """The untrained network: exactly `layers` steps of ISTA.

    >>> from protolib.sparse.coding import ista, random_dictionary
    >>> A, y = random_dictionary([0], 3, 5), torch.ones(1, 1, 3)
    >>> z = run_lista(lista_start(A, lam=0.1, layers=4), y)
    >>> bool(torch.allclose(z, ista(y, A, lam=0.1, steps=4), atol=1e-6))
    True
    """
    step = 1 / lipschitz(dictionary)[:, None, None]
    eye = torch.eye(dictionary.shape[-1], dtype=dictionary.dtype)
    threshold = (lam * step)[:, 0].expand(-1, dictionary.shape[-1]).contiguous()
    return Lista(step * dictionary.mT, eye - step * dictionary.mT @ dictionary, threshold, layers)


def run_lista(network: Lista, signals: Signals, *, nonnegative: bool = False) -> Codes:
    """The codes after all layers, from zero; arguments as in `ista`."""
    drive = signals @ network.weight.mT
    threshold = network.threshold[:, None]
    z = soft_threshold(drive, threshold, nonnegative=nonnegative)
    for _ in range(network.layers - 1):
        z = soft_threshold(
            torch.baddbmm(drive, z, network.mutual.mT), threshold, nonnegative=nonnegative
        )
    return z


def train_lista(
    signals: Signals,
    dictionary: Dictionary,
    seeds: Sequence[int],
    *,
    lam: float,
    layers: int = 10,
    codes: Codes | None = None,
    steps: int = 1000,
    batch: int = 256,
    learning_rate: float = 1e-3,
    nonnegative: bool = False,
) -> Lista:
    """Train W, S and θ on the lasso (or to predict `codes`), from ISTA's values.

    Adam on minibatches as in `train_autoencoder`; nets never mix.

    Raises
    ------
    ValueError
        if shapes disagree, λ < 0, there is not one seed for each net, or no layer.

    Examples
    --------
    >>> from protolib.sparse.coding import ista, lasso, mix, random_dictionary, sparse_codes
    >>> A = random_dictionary([0], 4, 8)
    >>> y = mix(sparse_codes([0], 500, 8, 2), A)
    >>> net = train_lista(y, A, [0], lam=0.05, layers=3, steps=100, nonnegative=True)
    >>> z = run_lista(net, y, nonnegative=True)
    >>> few = ista(y, A, lam=0.05, steps=3, nonnegative=True)
    >>> bool(lasso(z, y, A, lam=0.05).mean() < lasso(few, y, A, lam=0.05).mean())
    True
    """
    check(signals, dictionary)
    check_lam(lam)
    check_seeds(seeds, signals)
    if layers < 1:
        raise ValueError(f"layers must be ≥ 1, got {layers}")
    *leaves, _ = lista_start(dictionary, lam=lam, layers=layers)
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]

    def codes_of(y: Tensor) -> Tensor:
        return run_lista(Lista(*leaves, layers), y, nonnegative=nonnegative)

    loss = _loss(codes_of, lambda: dictionary, signals, codes, lam, seeds, batch)
    minimise(leaves, loss, steps=steps, learning_rate=learning_rate, fused=True)
    return Lista(*(leaf.detach() for leaf in leaves), layers)


def _loss(codes_of, decoder, signals, codes, lam, seeds, batch) -> Callable[[int], Tensor]:
    """The lasso (or the distance from `codes`) of a step's minibatch, summed over nets."""
    draws = [generator(seed, BATCHES, batch) for seed in seeds]
    own = torch.arange(len(signals))[:, None]
    price = torch.as_tensor(lam, dtype=signals.dtype)
    block = 100  # steps whose samples are drawn at once
    places = torch.empty(0)

    def loss(step: int) -> Tensor:
        nonlocal places
        if step % block == 0:
            place = np.stack([d.integers(signals.shape[1], size=(block, batch)) for d in draws], 1)
            places = torch.as_tensor(place)
        at = own, places[step % block]
        y = signals[at]
        z = codes_of(y)
        if codes is None:
            error = (y - z @ decoder().mT).square().sum((-2, -1)) / 2
            each = error + price * z.abs().sum((-2, -1))
        else:
            each = (z - codes[at]).square().sum((-2, -1)) / 2
        return each.sum() / batch

    return loss
