"""Scores of a representation against known features, each with its chance level.

All take the learned codes first, `codes_hat` (nets, samples, units), and the true ones second,
`codes` (nets, samples, features), score each net by itself in float64 and return `(nets,)`, 1 for a
perfect representation. Rows are samples in random order: scores that fit something do so on the
first half and are judged on the second.

Unequal numbers are settled as in `protolib.matching`: means run over *all features*, so a feature
that no unit is left for counts 0, and spare units are free. A column that never changes is related
to nothing: it counts 0.

What a representation that knows nothing scores is never zero by right: every score has a function
for its chance level, a closed form where we know one, else independent draws. `permuted` gives one
for any score and any data.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy import integrate, special, stats
from torch import Tensor

from protolib.data import CHANCE, generator
from protolib.matching import cheapest_pairs

Correlation = Literal["pearson", "spearman"]
Importance = Literal["ridge", "lasso"]
Score = Callable[[Tensor, Tensor], Tensor]


def _check(codes_hat: Tensor, codes: Tensor) -> None:
    shapes = tuple(codes_hat.shape), tuple(codes.shape)
    if codes_hat.ndim != 3 or codes.ndim != 3 or shapes[0][:2] != shapes[1][:2]:
        raise ValueError(
            "expected codes_hat (nets, samples, units) and codes (nets, samples, features), "
            f"got {shapes[0]} and {shapes[1]}"
        )
    if min(shapes[0] + shapes[1]) < 1 or shapes[0][1] < 4:
        raise ValueError(
            "expected at least four samples, one unit and one feature, "
            f"got {shapes[0]} and {shapes[1]}"
        )
    for name, values in (("codes_hat", codes_hat), ("codes", codes)):
        if not torch.isfinite(values).all():
            raise ValueError(f"{name} must be finite, got values that are infinite or no numbers")


def _directions(columns: Float[Tensor, "nets rows k"]) -> Float[Tensor, "nets rows k"]:
    """Columns scaled to length 1; those that are zero, up to rounding, stay zero."""
    length = columns.norm(dim=1, keepdim=True)
    return torch.where(length > 0, columns / torch.where(length > 0, length, 1.0), 0.0)


def _centred(codes: Float[Tensor, "nets samples k"]) -> Float[Tensor, "nets samples k"]:
    """Columns less their mean, in float64; a column that is constant up to rounding becomes 0."""
    codes = codes.detach().double()
    centred = codes - codes.mean(1, keepdim=True)
    constant = centred.abs().amax(1, keepdim=True) <= 1e-12 * codes.abs().amax(1, keepdim=True)
    return centred.masked_fill(constant, 0.0)


def _mean_matched(table: Float[Tensor, "nets units features"]) -> Float[Tensor, " nets"]:
    """The mean over features of the one-to-one pairing with the largest sum."""
    means = []
    for net in table.mT.numpy():
        rows, columns = cheapest_pairs(-net)
        means.append(net[rows, columns].sum() / len(net))
    return torch.tensor(means, dtype=torch.float64)


# ------------------------------------------------------------------------------ correlation


def correlations(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    method: Correlation = "pearson",
) -> Float[Tensor, "nets units features"]:
    """Pearson's or Spearman's correlation of every unit with every feature, in [−1, 1].

    Spearman's is Pearson's of the ranks; ties share their mean rank.

    >>> z = torch.tensor([[[0.0], [1.0], [2.0], [3.0]]])
    >>> round(correlations(z**3, z).item(), 2), correlations(-(z**3), z, method="spearman").item()
    (0.91, -1.0)
    """
    _check(codes_hat, codes)
    if method not in ("pearson", "spearman"):
        raise ValueError(f'method must be "pearson" or "spearman", got {method!r}')
    both = [values.detach().double() for values in (codes_hat, codes)]
    if method == "spearman":
        both = [torch.tensor(stats.rankdata(values.numpy(), axis=1)) for values in both]
    a, b = (_directions(_centred(values)) for values in both)
    return (a.mT @ b).clamp(-1, 1)


def mcc(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    method: Correlation = "pearson",
) -> Float[Tensor, " nets"]:
    """Mean correlation coefficient: `mean_k |corr(ĉ_π(k), c_k)|` at the best one-to-one matching π.

    The matching is the assignment that also gives prototypes to samples, with `−|corr|` as cost. A
    score of the identifiability literature, for example Khemakhem et al. (arXiv:1907.04809).
    Unchanged if units are reordered, shifted, scaled or flipped; with `method="spearman"` also
    under monotone maps of single units.

    Unequal numbers: the mean runs over all features. Spare units are free, features left alone
    count 0. Chance: `mcc_chance`, and `mcc_of_rotations` for a code that is right up to a rotation.

    >>> c = torch.tensor([[[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]])
    >>> mcc(-3 * c.flip(2), c), mcc(c[..., :1], c)
    (tensor([1.], dtype=torch.float64), tensor([0.5000], dtype=torch.float64))
    """
    return _mean_matched(correlations(codes_hat, codes, method=method).abs())


def dictionary_recovery(
    atoms_hat: Float[Tensor, "nets dims units"], atoms: Float[Tensor, "nets dims features"]
) -> Float[Tensor, " nets"]:
    """`mean_k |cos(â_π(k), a_k)|` of matched columns: how well a dictionary's atoms are found.

    `mcc` without centring, of atoms instead of codes: unchanged if atoms are reordered, scaled or
    flipped; an atom of length 0 matches nothing. Unequal numbers and matching as there. Chance:
    `recovery_chance`.

    >>> dictionary_recovery(torch.eye(3)[None, :, [2, 0, 1]] * -5, torch.eye(3)[None])
    tensor([1.], dtype=torch.float64)
    """
    if atoms_hat.ndim != 3 or atoms.ndim != 3 or atoms_hat.shape[:2] != atoms.shape[:2]:
        raise ValueError(
            "expected atoms_hat (nets, dims, units) and atoms (nets, dims, features), "
            f"got {tuple(atoms_hat.shape)} and {tuple(atoms.shape)}"
        )
    a, b = (_directions(columns.detach().double()) for columns in (atoms_hat, atoms))
    return _mean_matched((a.mT @ b).abs().clamp(max=1))


# ------------------------------------------------------------------------------ linear read-out


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
    weights = ahead = torch.zeros_like(goal)
    t = 1.0
    for _ in range(steps):
        moved = ahead - rate * (gram @ ahead - goal)
        new = moved.sign() * (moved.abs() - rate * penalty).clamp(min=0)
        t, before = (1 + math.sqrt(1 + 4 * t * t)) / 2, t
        weights, ahead = new, new + (before - 1) / t * (new - weights)
    return weights


def _held_out(
    codes_hat: Tensor, codes: Tensor, penalty: float, importance: Importance = "ridge"
) -> tuple[Float[Tensor, "nets units features"], Float[Tensor, " nets"]]:
    """Read-out of standardised columns fitted on the first half; its mean R² on the second."""
    _check(codes_hat, codes)
    if not penalty >= 0:
        raise ValueError(f"the penalty must be ≥ 0, got {penalty}")
    if importance not in ("ridge", "lasso"):
        raise ValueError(f'importance must be "ridge" or "lasso", got {importance!r}')
    fit, judge = zip(*(_halves(values.detach().double()) for values in (codes_hat, codes)))
    spread = [_centred(values).square().mean(1, keepdim=True).sqrt() for values in fit]
    spread = [torch.where(s > 0, s, torch.inf) for s in spread]
    u, f = ((_centred(values) / s) for values, s in zip(fit, spread))
    weights = (_readout if importance == "ridge" else _lasso)(u, f, penalty)
    u, f = ((new - old.mean(1, keepdim=True)) / s for new, old, s in zip(judge, fit, spread))
    residual = (f - u @ weights).square().sum(1)
    variance = _centred(f).square().sum(1)
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

    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 50, 2)))
    >>> mixed = c @ torch.tensor([[1.0, 2.0], [1.0, -1.0]], dtype=torch.float64)
    >>> round(linear_r2(mixed, c).item(), 6)
    1.0
    """
    return _held_out(codes_hat, codes, ridge)[1]


# ------------------------------------------------------------------------------ support


def support_f1(
    codes_hat: Float[Tensor, "nets samples units"],
    codes: Float[Tensor, "nets samples features"],
    *,
    threshold: float = 0.0,
    aligned: bool = False,
) -> Float[Tensor, " nets"]:
    """Which units are on? F1 = 2·both / (on_hat + on) of matched pairs, the mean over features.

    A code is on where its absolute value is larger than `threshold`. Units are matched one to one
    so that the sum of F1 is largest, or, if they are `aligned`, unit k stands for feature k. If
    neither of a pair is ever on, they agree: 1. Unequal numbers as in `mcc`. Chance for aligned
    pairs: `support_f1_chance`; else `permuted`.

    >>> c = torch.tensor([[[0.0, 2.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]])
    >>> support_f1(c.flip(2), c), support_f1(c.flip(2), c, aligned=True)  # 2 · 1 / (2 + 2)
    (tensor([1.], dtype=torch.float64), tensor([0.5000], dtype=torch.float64))
    """
    _check(codes_hat, codes)
    if not threshold >= 0:
        raise ValueError(f"threshold must be ≥ 0, got {threshold}")
    a, b = ((values.detach().abs() > threshold).double() for values in (codes_hat, codes))
    total = a.sum(1)[..., None] + b.sum(1)[:, None]
    f1 = torch.where(total > 0, 2 * (a.mT @ b) / total.clamp(min=1), 1.0)
    if not aligned:
        return _mean_matched(f1)
    if f1.shape[1] != f1.shape[2]:
        raise ValueError(f"aligned codes must be equally many, got {f1.shape[1]} and {f1.shape[2]}")
    return f1.diagonal(dim1=1, dim2=2).mean(-1)


# ------------------------------------------------------------------------------ DCI


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

    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 2000, 3)))
    >>> [round(score.item(), 1) for score in dci(-2 * c.flip(2), c)]
    [1.0, 1.0, 1.0]
    """
    weights, informativeness = _held_out(codes_hat, codes, penalty, importance)
    return DCI(*dci_of_importance(weights.abs()), informativeness)


# ------------------------------------------------------------------------------ MIG


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

    >>> c = torch.tensor([[[0.0], [0.0], [1.0], [1.0]]])
    >>> i, h = mutual_information(c, c, bins=2)
    >>> round(i.item(), 4), round(h.item(), 4)                          # log 2
    (0.6931, 0.6931)
    """
    _check(codes_hat, codes)
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


# ------------------------------------------------------------------------------ chance


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

    >>> c = torch.tensor(generator(0, CHANCE).normal(size=(1, 400, 2)))
    >>> bool(permuted(mcc, c, c).mean() < 0.1), round(mcc(c, c).item(), 6)
    (True, 1.0)
    """
    _check(codes_hat, codes)
    random = generator(seed, CHANCE, codes.shape[1])
    orders = [torch.tensor(random.permutation(codes.shape[1])) for _ in range(draws)]
    return torch.stack([score(codes_hat[:, order], codes) for order in orders])


def best_of_random(dims: int, count: int) -> float:
    """`E max_j |cos|` between a direction and `count` random ones in `dims` dimensions.

    `|cos|²` ~ Beta(1/2, (dims − 1)/2) for each, so with F its distribution function the expectation
    is ∫₀¹ 1 − F(t²)^count dt. The correlation of n samples with independent normal ones is such a
    cosine in n − 1 dimensions. So this is the chance level of `dictionary_recovery` and (with
    dims = samples − 1) of `mcc` for one feature, and an upper bound for more, since a matching may
    not give two features the same unit.

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

    >>> abs(mcc_of_rotations(2).mean().item() - 2 * 2**0.5 / math.pi) < 0.01
    True
    """
    if dims < 1:
        raise ValueError(f"dims must be ≥ 1, got {dims}")
    normal = generator(seed, CHANCE, dims, dims).standard_normal((draws, dims, dims))
    return _mean_matched(random_rotations(torch.tensor(normal)).abs())


def random_rotations(normal: Float[Tensor, "nets dims dims"]) -> Float[Tensor, "nets dims dims"]:
    """Orthogonal matrices, uniformly distributed if `normal` holds independent normal numbers.

    The Q of a QR decomposition, its columns signed so that R has a positive diagonal (Mezzadri,
    arXiv:math-ph/0609050).

    >>> q = random_rotations(torch.tensor([[[0.0, -2.0], [1.0, 5.0]]]))
    >>> bool(torch.allclose(q @ q.mT, torch.eye(2)))
    True
    """
    q, r = torch.linalg.qr(normal)
    return q * torch.sign(torch.diagonal(r, dim1=1, dim2=2))[:, None]


def linear_r2_chance(samples: int, units: int) -> float:
    """E of `linear_r2` (ridge 0) for units and features that are independent and normal. Exact.

    With n samples to fit, m to judge and k units, a prediction's squared error is in the mean
    q = (n + 1)(n − 2) / (n (n − k − 2)) variances (by the mean of an inverse Wishart matrix), and
    relative to the sample variance of the m, R² = −(1 + m (q − 1)) / (m − 3). About −k/(n − k) if
    n − k and m are large: below zero, since fitting noise costs.

    >>> round(linear_r2_chance(20_000, 5), 4), round(linear_r2_chance(100, 20), 2)
    (-0.0007, -0.82)
    """
    fit = (samples + 1) // 2
    judge = samples - fit
    if fit <= units + 2 or judge <= 3:
        raise ValueError(
            "the closed form needs more than units + 2 samples in a half, and more than 3, got "
            f"samples={samples}, units={units}: use `permuted`"
        )
    q = (fit + 1) * (fit - 2) / (fit * (fit - units - 2))
    return -(1 + judge * (q - 1)) / (judge - 3)


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
