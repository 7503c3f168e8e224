"""Which codes can be recovered at all: by linear programming, and by a linear read-out."""

import itertools
import math

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.optimize import linprog, minimize_scalar
from scipy.stats import norm
from torch import Tensor

from protolib.sparse.world import Codes, Dictionary, Signals, check, unit_columns


def basis_pursuit(signals: Signals, dictionary: Dictionary, *, nonnegative: bool = False) -> Codes:
    """The code of smallest ‖z‖₁ with A z = y, by linear programming (HiGHS).

    z = u − v with u, v ≥ 0, minimising Σ (u + v); with `nonnegative`, v = 0. In float64 whatever
    the signals' type. Codes are not numbers where no code fits, which takes a dictionary without
    full rank or, with `nonnegative`, a signal outside the cone of its columns.

    Raises
    ------
    ValueError
        if the shapes of signals and dictionary disagree.

    Examples
    --------
    >>> A = torch.tensor([[[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]]])
    >>> basis_pursuit(torch.tensor([[[0.6, 0.8]]]), A) + 0                # one atom, not two
    tensor([[[0., 0., 1.]]], dtype=torch.float64)
    """
    check(signals, dictionary)
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

    Raises
    ------
    ValueError
        unless 0 ≤ active ≤ features and there is a feature.

    Examples
    --------
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


def coherence(dictionary: Dictionary) -> Float[Tensor, " nets"]:
    """μ, the largest absolute cosine between two different columns of each dictionary, in [0, 1].

    Columns are scaled to length 1 first. One column alone has none: 0.

    >>> coherence(torch.tensor([[[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]]]))
    tensor([0.8000])
    """
    columns = unit_columns(dictionary)
    return (columns.mT @ columns).abs().triu(1).amax((1, 2)).clamp(max=1)


def spark(dictionary: Dictionary, *, tolerance: float = 1e-6) -> list[int]:
    """The smallest number of linearly dependent columns of each dictionary, by trying all sets.

    Dependent: unit columns whose smallest singular value is at most `tolerance`. N + 1 if all N
    columns are independent. At least 1 + 1/`coherence` and, with N > M, at most M + 1, which random
    columns have almost surely (Donoho and Elad 2003).

    Raises
    ------
    ValueError
        if there are more than a million sets to try.

    Examples
    --------
    >>> spark(torch.tensor([[[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]], [[1.0, 0.0, 2.0], [0.0, 1.0, 0]]]))
    [3, 2]
    """
    _, units, features = dictionary.shape
    sizes = range(1, min(units, features) + 1)
    if (many := sum(math.comb(features, size) for size in sizes)) > 1_000_000:
        raise ValueError(f"too many sets of columns to try: {many}")
    found = []
    for A in unit_columns(dictionary.double()):
        for size in sizes:
            sets = torch.tensor([*itertools.combinations(range(features), size)])
            if torch.linalg.svdvals(A[:, sets].movedim(1, 0))[:, -1].min() <= tolerance:
                found.append(size)
                break
        else:
            found.append(min(units, features) + 1)
    return found


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
