"""Sparse codes: how features that share too few units are read out again, and how well.

The world: y = A z, with a dictionary A of more columns (features) than rows (measurements) and a
code z with few non-zero entries. Axes come in the order `nets, samples, …`; a stack holds one
dictionary and one set of samples per net, and nets never mix. Throughout,

    lasso(z) = ½ ‖y − A z‖² + λ ‖z‖₁ ,

without the 1/n of other libraries (scikit-learn's `Lasso` minimises 1/(2n) ‖y − A z‖² + α ‖z‖₁ with
n measurements: its α is λ/n).

The precise wording matters: with a fixed dictionary this is convex; counting non-zeros instead of
‖z‖₁ makes it NP-hard; learning dictionary and codes together is not convex.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.optimize import linprog, minimize_scalar
from scipy.stats import norm
from torch import Tensor

from protolib.data import BATCHES, CODES, DICTIONARY, START, generator

Codes = Float[Tensor, "nets samples features"]
Signals = Float[Tensor, "nets samples measurements"]
Dictionary = Float[Tensor, "nets measurements features"]


def _check(signals: Tensor, dictionary: Tensor) -> None:
    shapes = tuple(signals.shape), tuple(dictionary.shape)
    if signals.ndim != 3 or dictionary.ndim != 3 or shapes[0][::2] != shapes[1][:2]:
        raise ValueError(
            "expected signals (nets, samples, measurements) and a dictionary "
            f"(nets, measurements, features), got {shapes[0]} and {shapes[1]}"
        )


def _check_lam(lam: float | Tensor) -> None:
    if not bool(torch.as_tensor(lam >= 0).all()):
        raise ValueError(f"lam must be ≥ 0, got {lam}")


# ------------------------------------------------------------------------------ the world


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


# ------------------------------------------------------------------------------ the lasso


def soft_threshold(
    values: Float[Tensor, "*shape"],
    threshold: float | Float[Tensor, "..."],
    *,
    nonnegative: bool = False,
) -> Float[Tensor, "*shape"]:
    """``sign(v) max(|v| − θ, 0)``, or ``max(v − θ, 0)`` with `nonnegative`: a ReLU with a bias.

    What minimises ``½(z − v)² + θ|z|`` over all z, or over z ≥ 0.

    >>> v = torch.tensor([-2.0, -0.5, 0.5, 2.0])
    >>> soft_threshold(v, 1.0) + 0, soft_threshold(v, 1.0, nonnegative=True)
    (tensor([-1.,  0.,  0.,  1.]), tensor([0., 0., 0., 1.]))
    """
    if nonnegative:
        return torch.relu(values - threshold)
    return torch.sign(values) * torch.relu(values.abs() - threshold)


def lasso(
    codes: Codes, signals: Signals, dictionary: Dictionary, *, lam: float
) -> Float[Tensor, "nets samples"]:
    """½ ‖y − A z‖² + λ ‖z‖₁ of every sample.

    >>> A, y = torch.ones(1, 1, 1), torch.tensor([[[3.0]]])
    >>> lasso(torch.tensor([[[1.0]]]), y, A, lam=0.5)                    # ½ · 2² + 0.5
    tensor([[2.5000]])
    """
    _check(signals, dictionary)
    error = signals - mix(codes, dictionary)
    return 0.5 * error.square().sum(-1) + lam * codes.abs().sum(-1)


def lipschitz(dictionary: Dictionary) -> Float[Tensor, " nets"]:
    """L, the largest eigenvalue of AᵀA: 1/L is a step at which ISTA never climbs.

    >>> lipschitz(torch.tensor([[[2.0, 0.0], [0.0, 1.0]]]))
    tensor([4.])
    """
    return torch.linalg.matrix_norm(dictionary, ord=2).square()


def ista(
    signals: Signals,
    dictionary: Dictionary,
    *,
    lam: float,
    steps: int,
    nonnegative: bool = False,
    start: Codes | None = None,
    path: bool = False,
) -> Float[Tensor, "*path nets samples features"]:
    """Iterative soft thresholding: z ← soft(z + Aᵀ(y − A z)/L, λ/L), `steps` times.

    The lasso falls at every step, its distance to the minimum like 1/steps (Beck and Teboulle
    2009). With `nonnegative`, minimises over z ≥ 0.

    Parameters
    ----------
    start
        the first iterate; zeros if not given
    path
        return all iterates, (steps + 1, nets, samples, features), the start among them

    Examples
    --------
    >>> A = torch.eye(2)[None]                             # orthonormal: one step and it is there
    >>> ista(torch.tensor([[[3.0, 0.2]]]), A, lam=1.0, steps=1)
    tensor([[[2., 0.]]])
    """
    return _descend(signals, dictionary, lam, steps, nonnegative, start, path, momentum=False)


def fista(
    signals: Signals,
    dictionary: Dictionary,
    *,
    lam: float,
    steps: int,
    nonnegative: bool = False,
    start: Codes | None = None,
    path: bool = False,
) -> Float[Tensor, "*path nets samples features"]:
    """ISTA with momentum: the distance to the minimum falls like 1/steps² (Beck and Teboulle 2009).

    The same step from u_k = z_k + (t_{k−1} − 1)/t_k (z_k − z_{k−1}), with t_0 = 1 and
    t_k = (1 + √(1 + 4 t²_{k−1}))/2. The lasso may rise on the way. Arguments as in `ista`.

    >>> A = torch.eye(2)[None]
    >>> fista(torch.tensor([[[3.0, 0.2]]]), A, lam=1.0, steps=5, nonnegative=True)
    tensor([[[2., 0.]]])
    """
    return _descend(signals, dictionary, lam, steps, nonnegative, start, path, momentum=True)


def _descend(signals, dictionary, lam, steps, nonnegative, start, path, *, momentum):
    _check(signals, dictionary)
    _check_lam(lam)
    nets, samples, _ = signals.shape
    z = start if start is not None else signals.new_zeros(nets, samples, dictionary.shape[-1])
    step = 1 / lipschitz(dictionary)[:, None, None].clamp(min=1e-12)
    threshold = lam * step
    # z + Aᵀ(y − A z)/L = S z + b, with S = I − AᵀA/L and b = Aᵀy/L
    keep = torch.eye(z.shape[-1], dtype=z.dtype) - step * dictionary.mT @ dictionary
    drive = step * (signals @ dictionary)
    iterates, ahead, t = [z], z, 1.0
    for _ in range(steps):
        new = soft_threshold(torch.baddbmm(drive, ahead, keep), threshold, nonnegative=nonnegative)
        after = (1 + math.sqrt(1 + 4 * t * t)) / 2 if momentum else 1.0
        ahead = torch.lerp(z, new, 1 + (t - 1) / after) if momentum else new
        z, t = new, after
        if path:
            iterates.append(z)
    return torch.stack(iterates) if path else z


def kkt_residual(
    codes: Codes,
    signals: Signals,
    dictionary: Dictionary,
    *,
    lam: float,
    nonnegative: bool = False,
) -> Float[Tensor, "nets samples"]:
    """How far a code is from solving the lasso: 0 exactly at a minimum.

    With g = Aᵀ(y − A z), a minimum has g_j = λ sign z_j where z_j ≠ 0, and ``|g_j| ≤ λ`` elsewhere
    (with `nonnegative`, g_j ≤ λ). Returns the largest violation over features; a negative entry,
    where none is allowed, counts with its size.

    >>> A, y = torch.eye(2)[None], torch.tensor([[[3.0, 0.2]]])
    >>> kkt_residual(torch.tensor([[[2.0, 0.0]]]), y, A, lam=1.0)
    tensor([[0.]])
    """
    _check(signals, dictionary)
    slope = (signals - mix(codes, dictionary)) @ dictionary
    off = torch.relu((slope if nonnegative else slope.abs()) - lam)
    on = (slope - lam * torch.sign(codes)).abs()
    if nonnegative:
        on = torch.maximum(on, -codes)
    return torch.where(codes == 0, off, on).amax(-1)


# ------------------------------------------------------------------------------ exact recovery


def basis_pursuit(signals: Signals, dictionary: Dictionary, *, nonnegative: bool = False) -> Codes:
    """The code of smallest ‖z‖₁ with A z = y, by linear programming (HiGHS).

    z = u − v with u, v ≥ 0, minimising Σ (u + v); with `nonnegative`, v = 0. In float64 whatever
    the signals' type. Codes are not numbers where no code fits, which takes a dictionary without
    full rank or, with `nonnegative`, a signal outside the cone of its columns.

    >>> A = torch.tensor([[[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]]])
    >>> basis_pursuit(torch.tensor([[[0.6, 0.8]]]), A) + 0                # one atom, not two
    tensor([[[0., 0., 1.]]], dtype=torch.float64)
    """
    _check(signals, dictionary)
    features, found = dictionary.shape[-1], []
    for net, A in zip(signals.double().numpy(), dictionary.double().numpy()):
        table = A if nonnegative else np.hstack([A, -A])
        for y in net:
            answer = linprog(np.ones(table.shape[1]), A_eq=table, b_eq=y, method="highs")
            z = np.full(table.shape[1], np.nan) if answer.x is None else answer.x
            found.append(z if nonnegative else z[:features] - z[features:])
    return torch.tensor(np.array(found)).reshape(*signals.shape[:2], features)


def recovered(
    codes: Codes, truth: Codes, *, tolerance: float = 1e-4
) -> Bool[Tensor, "nets samples"]:
    """Whether ‖ẑ − z‖ ≤ tolerance · ‖z‖, sample by sample; what is not a number is not recovered.

    >>> recovered(torch.tensor([[[1.0, 0.0], [1.0, 0.1]]]), torch.tensor([[[1.0, 0.0]] * 2]))
    tensor([[ True, False]])
    """
    return (codes - truth).norm(dim=-1) <= tolerance * truth.norm(dim=-1)


def statistical_dimension(features: int, active: int, *, nonnegative: bool = False) -> float:
    """How many random measurements L1 recovery of a K-sparse code needs: half of them fail there.

    ``δ/N = inf_{t ≥ 0} ρ (1 + t²) + (1 − ρ) E[(|g| − t)²₊]``, ρ = K/N and g standard normal
    (Amelunxen, Lotz, McCoy and Tropp, arXiv:1303.6672): an upper bound on the statistical dimension
    of the descent cone of ‖·‖₁ at a K-sparse point, at most 2√(N/K) too large. With `nonnegative`,
    ``(g − t)²₊`` stands for ``(|g| − t)²₊``, since a code that is known to be ≥ 0 has fewer ways to
    go down (the same argument for the norm restricted to z ≥ 0).

    >>> statistical_dimension(64, 0), statistical_dimension(64, 64)
    (0.0, 64.0)
    >>> statistical_dimension(64, 64, nonnegative=True)
    64.0
    >>> round(statistical_dimension(64, 5), 1)
    17.8
    """
    if not 0 <= active <= features or features < 1:
        raise ValueError(f"expected 0 ≤ active ≤ features, got {active} and {features}")
    if active in (0, features):
        return float(active)  # the infimum is at t → ∞, or at t = 0
    share, sides = active / features, 1 if nonnegative else 2

    def bound(t: float) -> float:
        beyond = (1 + t * t) * norm.sf(t) - t * norm.pdf(t)  # E[(g − t)²₊]
        return share * (1 + t * t) + (1 - share) * sides * beyond

    best = minimize_scalar(bound, bounds=(0, 20), method="bounded", options={"xatol": 1e-10})
    return features * float(min(best.fun, bound(0.0)))


# ------------------------------------------------------------------------------ linear read-outs


def ridge(signals: Signals, codes: Codes, *, penalty: float) -> Float[Tensor, "nets n features"]:
    """The affine map that predicts codes from signals best: rows (y, 1) times what this returns.

    argmin_B Σ ‖z − Bᵀ(y, 1)‖² + penalty · ‖B‖² (without the constant's row), from pairs of signals
    and *true* codes. Use it with `read`.

    >>> y = torch.tensor([[[0.0], [1.0], [2.0]]])
    >>> read(y, ridge(y, 3 * y + 1, penalty=0.0)).flatten().round()
    tensor([1., 4., 7.])
    """
    rows = _with_one(signals)
    weight = rows.new_full((rows.shape[-1],), penalty)
    weight[-1] = 0.0
    return torch.linalg.solve(rows.mT @ rows + torch.diag(weight), rows.mT @ codes)


def read(signals: Signals, weights: Float[Tensor, "nets n features"]) -> Codes:
    """(y, 1) B: what the linear read-out `weights` of `ridge` says."""
    return _with_one(signals) @ weights


def _with_one(signals: Tensor) -> Tensor:
    return torch.cat([signals, torch.ones_like(signals[..., :1])], dim=-1)


# ------------------------------------------------------------------------------ dictionary learning


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

    Examples
    --------
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


# ------------------------------------------------------------------------------ encoders


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


def encode(autoencoder: Autoencoder, signals: Signals) -> Codes:
    """z = ReLU(W y + b): one layer, one pass.

    >>> net = Autoencoder(torch.ones(1, 2, 1), torch.tensor([[0.0, -1.0]]), torch.ones(1, 1, 2))
    >>> encode(net, torch.tensor([[[0.5]]]))
    tensor([[[0.5000, 0.0000]]])
    """
    return torch.relu(torch.baddbmm(autoencoder.bias[:, None], signals, autoencoder.weight.mT))


def train_autoencoder(
    signals: Signals,
    dictionary: Dictionary,
    seeds: Sequence[int],
    *,
    lam: float | Float[Tensor, " nets"],
    learn: bool = False,
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
    codes
        if given, the encoder is taught these codes, mean_i ½ ‖z_i − codes_i‖², and λ is not used: a
        bound on what one layer can do, out of reach without labels
    batch
        samples a step, drawn with replacement by each net's own generator

    Examples
    --------
    >>> A = torch.eye(2)[None]
    >>> y = sparse_codes([0], 100, 2, 1)                  # nothing in superposition: nothing to do
    >>> net = train_autoencoder(y, A, [0], lam=0.0, steps=50)
    >>> bool((encode(net, y) - y).abs().max() < 0.1)
    True
    """
    _check(signals, dictionary)
    _check_lam(lam)
    _check_seeds(seeds, signals)
    A = unit_columns(dictionary).clone().requires_grad_(learn)
    W = A.detach().mT.clone().requires_grad_()
    b = W.new_zeros(W.shape[:2]).requires_grad_()

    def codes_of(y: Tensor) -> Tensor:
        return encode(Autoencoder(W, b, A), y)

    leaves = [W, b, A] if learn else [W, b]
    _fit(
        leaves, codes_of, lambda: unit_columns(A) if learn else A, signals, codes, lam, seeds,
        steps, batch, learning_rate,
    )  # fmt: skip
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

    >>> A = random_dictionary([0], 4, 8)
    >>> y = mix(sparse_codes([0], 500, 8, 2), A)
    >>> net = train_lista(y, A, [0], lam=0.05, layers=3, steps=100, nonnegative=True)
    >>> z = run_lista(net, y, nonnegative=True)
    >>> few = ista(y, A, lam=0.05, steps=3, nonnegative=True)
    >>> bool(lasso(z, y, A, lam=0.05).mean() < lasso(few, y, A, lam=0.05).mean())
    True
    """
    _check(signals, dictionary)
    _check_lam(lam)
    _check_seeds(seeds, signals)
    if layers < 1:
        raise ValueError(f"layers must be ≥ 1, got {layers}")
    *leaves, _ = lista_start(dictionary, lam=lam, layers=layers)
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]

    def codes_of(y: Tensor) -> Tensor:
        return run_lista(Lista(*leaves, layers), y, nonnegative=nonnegative)

    _fit(
        leaves, codes_of, lambda: dictionary, signals, codes, lam, seeds, steps, batch,
        learning_rate,
    )  # fmt: skip
    return Lista(*(leaf.detach() for leaf in leaves), layers)


def _check_seeds(seeds: Sequence[int], signals: Tensor) -> None:
    if len(seeds) != len(signals):
        raise ValueError(f"expected one seed for each net, got {len(seeds)} for {len(signals)}")


def _fit(leaves, codes_of, decoder, signals, codes, lam, seeds, steps, batch, learning_rate):
    """Adam on minibatches; the sum over nets, so that they never mix."""
    adam = torch.optim.Adam(leaves, lr=learning_rate, fused=True)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(adam, max(steps, 1))
    draws = [generator(seed, BATCHES, batch) for seed in seeds]
    own = torch.arange(len(signals))[:, None]
    price = torch.as_tensor(lam, dtype=signals.dtype)
    block = 100  # steps whose samples are drawn at once
    for step in range(steps):
        if step % block == 0:
            place = np.stack([d.integers(signals.shape[1], size=(block, batch)) for d in draws], 1)
            places = torch.as_tensor(place)
        at = own, places[step % block]
        y = signals[at]
        z = codes_of(y)
        if codes is None:
            error = (y - z @ decoder().mT).square().sum((-2, -1)) / 2
            loss = error + price * z.abs().sum((-2, -1))
        else:
            loss = (z - codes[at]).square().sum((-2, -1)) / 2
        adam.zero_grad()
        (loss.sum() / batch).backward()
        adam.step()
        decay.step()
