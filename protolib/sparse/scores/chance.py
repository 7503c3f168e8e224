"""What a representation that knows nothing scores: closed forms where we know them, else draws."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from scipy import integrate, special
from torch import Tensor

from protolib.data import generator
from protolib.sparse.rotations import random_rotations
from protolib.sparse.scores.disentanglement import DCI, dci
from protolib.sparse.scores.information import mig
from protolib.sparse.scores.matched import check, dictionary_recovery, mean_matched
from protolib.sparse.scores.readout import Importance
from protolib.streams import CHANCE

Score = Callable[[Tensor, Tensor], Tensor]


def permuted(
    score: Score,
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    draws: int = 20,
    seed: int = 0,
) -> Float[Tensor, "draws nets"]:
    """The score of the same codes after their samples have been shuffled against the features.

    That keeps everything about both sides but their relation: the chance level of any score on any
    data. `score(codes_hat, codes)` must return `(nets,)`.

    Raises
    ------
    ValueError
        if the codes cannot be scored (see `mcc`).

    Examples
    --------
    >>> from protolib.sparse.scores import mcc
    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 400, 2)))
    >>> bool(permuted(mcc, c, c).mean() < 0.1), round(mcc(c, c).item(), 6)
    (True, 1.0)
    """
    check(codes_hat, codes)
    random = generator(seed, CHANCE, codes.shape[1])
    orders = [torch.tensor(random.permutation(codes.shape[1])) for _ in range(draws)]
    return torch.stack([score(codes_hat[:, order], codes) for order in orders])


def best_of_random(dims: int, count: int) -> float:
    """`E max_j |cos|` between a direction and `count` random ones in `dims` dimensions.

    `|cos|²` ~ Beta(1/2, (dims − 1)/2) for each, so with F its distribution function the expectation
    is ∫₀¹ 1 − F(t²)^count dt. The correlation of n samples with independent normal ones is such a
    cosine in n − 1 dimensions. For *one* atom or feature this is the chance level of
    `dictionary_recovery` and (with dims = samples − 1) of `mcc`; for more it is an upper bound,
    since a matching may not give two of them the same unit.

    Raises
    ------
    ValueError
        if there is no dimension or no direction.

    Examples
    --------
    >>> round(best_of_random(3, 1), 6), best_of_random(1, 7)
    (0.5, 1.0)
    """
    if dims < 1 or count < 1:
        raise ValueError(f"dims and count must be ≥ 1, got dims={dims}, count={count}")
    if dims == 1:
        return 1.0

    def tail(t: float) -> float:
        return -math.expm1(count * math.log(special.betainc(0.5, (dims - 1) / 2, t * t) or 1e-300))

    beyond = min(0.9, 8 * math.sqrt((1 + math.log(count)) / dims))  # where next to nothing is left
    return integrate.quad(tail, 0, 1, points=[beyond], limit=200)[0]


def best_of_rotation(dims: int) -> float:
    """`E max_j |u_j|` of a random unit vector u: the best of `dims` *orthogonal* directions.

    u = g/‖g‖ with normal g, and its length is independent of its direction, so this is
    `E max|g_j| / E‖g‖`. An upper bound for `mcc_of_rotations`, where no unit serves twice; equal to
    it, 2√2/π, for two dimensions.

    Raises
    ------
    ValueError
        if there is no dimension.

    Examples
    --------
    >>> round(best_of_rotation(2), 6), best_of_rotation(1)
    (0.900316, 1.0)
    """
    if dims < 1:
        raise ValueError(f"dims must be ≥ 1, got {dims}")
    if dims == 1:
        return 1.0
    top, _ = integrate.quad(lambda t: 1 - special.erf(t / math.sqrt(2)) ** dims, 0, math.inf)
    length = math.sqrt(2) * math.exp(special.gammaln((dims + 1) / 2) - special.gammaln(dims / 2))
    return top / length


def recovery_chance(
    dims: int, units: int, features: int, *, draws: int = 100, seed: int = 0
) -> Float[Tensor, " draws"]:
    """What `dictionary_recovery` says of independent random directions; one number per draw.

    The mean is `best_of_random(dims, units)` for one feature, and less for more.

    >>> bool(recovery_chance(8, 16, 4).mean() < best_of_random(8, 16))
    True
    """
    random = generator(seed, CHANCE, dims, units, features)
    means = []
    for _ in range(draws):
        a, b = (torch.tensor(random.standard_normal((1, dims, k))) for k in (units, features))
        means.append(dictionary_recovery(a, b))
    return torch.cat(means)


def mcc_chance(
    samples: int, units: int, features: int, *, draws: int = 100, seed: int = 0
) -> Float[Tensor, " draws"]:
    """What `mcc` says of units that know nothing: independent normal numbers; one per draw.

    Exact for Pearson's correlation and normal units, whatever the features are as long as they are
    uncorrelated; else use `permuted`. It grows with the units and falls with the samples, about as
    √(2 log units / samples).

    Raises
    ------
    ValueError
        if there are fewer than four samples.

    Examples
    --------
    >>> few, many = mcc_chance(1000, 5, 5).mean(), mcc_chance(100, 1000, 5, draws=10).mean()
    >>> round(few.item(), 1), round(many.item(), 1)
    (0.0, 0.3)
    """
    if samples < 4:
        raise ValueError(f"samples must be ≥ 4, got {samples}")
    return recovery_chance(samples - 1, units, features, draws=draws, seed=seed)


def mcc_of_rotations(dims: int, *, draws: int = 1000, seed: int = 0) -> Float[Tensor, " draws"]:
    """`mcc` of uncorrelated features of equal variance, seen through random rotations.

    The correlations are the entries of the rotation: no sampling noise is left. 2√2/π in the mean
    for two dimensions, 1 for one; it falls slowly with the dimension.

    Raises
    ------
    ValueError
        if there is no dimension.

    Examples
    --------
    >>> abs(mcc_of_rotations(2).mean().item() - 2 * 2**0.5 / math.pi) < 0.01
    True
    """
    if dims < 1:
        raise ValueError(f"dims must be ≥ 1, got {dims}")
    normal = generator(seed, CHANCE, dims, dims).standard_normal((draws, dims, dims))
    return mean_matched(random_rotations(torch.tensor(normal)).abs())


def linear_r2_chance(samples: int, units: int) -> float:
    """E of `linear_r2` (ridge 0) for units and features that are independent and normal. Exact.

    With n samples to fit, m to judge and k units, a prediction's squared error is in the mean
    q = (n + 1)(n − 2) / (n (n − k − 2)) variances (by the mean of an inverse Wishart matrix), and
    relative to the sample variance of the m, R² = −(1 + m (q − 1)) / (m − 3). About −k/(n − k) if
    n − k and m are large: below zero, since fitting noise costs.

    Raises
    ------
    ValueError
        if there are too few samples for the closed form.

    Examples
    --------
    >>> round(linear_r2_chance(20_000, 5), 4), round(linear_r2_chance(100, 20), 2)
    (-0.0007, -0.82)
    """
    return reverse_r2_chance(samples, 1, units)


def reverse_r2_chance(samples: int, units: int, features: int) -> float:
    """E of `reverse_r2` (ridge 0) for features and units that are independent and normal. Exact.

    All units of equal variance. As for `linear_r2_chance`, with q for k = features predictors; the
    variance of the m judged samples is that of u units together, so
    R² = −u (1 + m (q − 1)) / (u (m − 1) − 2).

    Raises
    ------
    ValueError
        if there are too few samples for the closed form, or no unit.

    Examples
    --------
    >>> reverse_r2_chance(100, 1, 20) == linear_r2_chance(100, 20)
    True
    """
    fit = (samples + 1) // 2
    judge = samples - fit
    if fit <= features + 2 or judge <= 3 or units < 1:
        raise ValueError(
            "the closed form needs a unit or more, two samples more in the fitted half than there "
            f"are predictors and more than 3 in the other, got samples={samples}, "
            f"predictors={features}, units={units}: use `permuted`"
        )
    q = (fit + 1) * (fit - 2) / (fit * (fit - features - 2))
    return -units * (1 + judge * (q - 1)) / (units * (judge - 1) - 2)


def support_f1_chance(
    on_hat: Bool[Tensor, "nets samples features"], on: Bool[Tensor, "nets samples features"]
) -> Float[Tensor, " nets"]:
    """E of `support_f1(…, aligned=True)` over all orders of the samples. Exact.

    Shuffling leaves how often each is on, p̂ and p, and makes "both" hypergeometric with mean
    samples·p̂p, so each pair scores 2p̂p/(p̂ + p) on average: a unit that is always on scores
    2p/(1 + p), whatever the feature.

    >>> always = torch.ones(1, 4, 1, dtype=torch.bool)
    >>> support_f1_chance(always, torch.tensor([[[True], [False], [False], [False]]]))
    tensor([0.4000], dtype=torch.float64)
    """
    p_hat, p = on_hat.double().mean(1), on.double().mean(1)
    either = p_hat + p > 0
    f1 = torch.where(either, 2 * p_hat * p / torch.where(either, p_hat + p, 1.0), 1.0)
    return f1.mean(-1)


def _of_noise(
    score: Callable[[Tensor, Tensor], Tensor | DCI], samples: int, units: int, features: int,
    draws: int, seed: int,
) -> list:  # fmt: skip
    random, found = generator(seed, CHANCE, samples, units, features), []
    for _ in range(draws):
        a, b = (torch.tensor(random.standard_normal((1, samples, k))) for k in (units, features))
        found.append(score(a, b))
    return found


def dci_chance(
    samples: int,
    units: int,
    features: int,
    *,
    importance: Importance = "ridge",
    penalty: float = 1e-3,
    draws: int = 20,
    seed: int = 0,
) -> DCI:
    """What `dci` says of independent normal units and features; one number per draw.

    With many samples the weights of a ridge regression on noise are independent normal numbers,
    however small: their *shares* do not shrink, and disentanglement stays where chance puts it.
    A lasso sets more and more of them to zero as samples grow: disentanglement climbs towards 1,
    which a unit with a single weight left scores, and is 0 once no weight is left at all.

    >>> [round(score.mean().item(), 1) for score in dci_chance(2000, 5, 5)]
    [0.1, 0.1, -0.0]
    """

    def score(a: Tensor, b: Tensor) -> DCI:
        return dci(a, b, importance=importance, penalty=penalty)

    found = _of_noise(score, samples, units, features, draws, seed)
    return DCI(*(torch.cat(values) for values in zip(*found)))


def mig_chance(
    samples: int, units: int, features: int, *, bins: int = 20, draws: int = 20, seed: int = 0
) -> Float[Tensor, " draws"]:
    """What `mig` says of independent normal units and features; one number per draw.

    >>> round(mig_chance(2000, 5, 5).mean().item(), 2)
    0.0
    """
    return torch.cat(
        _of_noise(lambda a, b: mig(a, b, bins=bins), samples, units, features, draws, seed)
    )
