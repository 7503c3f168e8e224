"""Scoring a reconstruction: which prototype stands for which sample, and how far it is off.

All scores are computed in float64, one number per network. The paper (arXiv:2605.25939) names the
Hungarian assignment and a prototype-usage ratio; the exact formulas are our reading.
"""

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from protolib.data import CHANCE, generator


def _check(prototypes: Tensor, samples: Tensor) -> None:
    shapes = tuple(prototypes.shape), tuple(samples.shape)
    if prototypes.ndim != 3 or samples.ndim != 3 or not samples.numel():
        raise ValueError(
            "expected prototypes (nets, units, dims) and samples (nets, samples, dims), "
            f"got {shapes[0]} and {shapes[1]}"
        )
    if shapes[0][0] != shapes[1][0] or shapes[0][2] != shapes[1][2]:
        raise ValueError(
            f"prototypes and samples must agree in nets and dims, got {shapes[0]} and {shapes[1]}"
        )
    if not torch.isfinite(samples).all():
        raise ValueError("samples must be finite: only prototypes may diverge")


def _distances(samples: Tensor, prototypes: Tensor) -> np.ndarray:
    """‖x_i − p_j‖ as a (nets, samples, units) array; +inf where the prototype is not finite."""
    x, p = (t.detach().double().cpu() for t in (samples, prototypes))
    lost = ~torch.isfinite(p).all(-1)
    p = p.masked_fill(lost[..., None], 0.0)
    # by subtraction: exact where points coincide, and no (samples, units, dims) array
    table = torch.cdist(x, p, compute_mode="donot_use_mm_for_euclid_dist")
    return table.masked_fill(lost[:, None], torch.inf).numpy()


def assign(
    prototypes: Float[Tensor, "nets units dims"],
    samples: Float[Tensor, "nets samples dims"],
    *,
    squared: bool = False,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The optimal one-to-one assignment σ of each network, by the Hungarian algorithm.

    Returns, for each network, two index arrays of equal length: sample `i[k]` is matched to
    prototype `j[k]` so that Σ_k ‖x_i[k] − p_j[k]‖ is as small as it can be, with i increasing.
    With `squared`, the sum of squared distances is made small instead.

    With unequal numbers, min(units, samples) pairs are matched and the rest stays alone. A
    prototype that is not finite cannot match anything: it counts as absent.

    Raises
    ------
    ValueError
        if the shapes disagree, there are no samples, or a sample is not finite.

    Examples
    --------
    >>> p, x = torch.tensor([[[0.9], [0.1]]]), torch.tensor([[[0.0], [1.0]]])
    >>> [(i.tolist(), j.tolist()) for i, j in assign(p, x)]
    [([0, 1], [1, 0])]
    """
    _check(prototypes, samples)
    tables = _distances(samples, prototypes)
    return [cheapest_pairs(table**2 if squared else table) for table in tables]


def cheapest_pairs(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The one-to-one pairs (row, column) of a cost table whose costs add up to the least.

    min(rows, columns) pairs, rows increasing, by SciPy's solver of the assignment problem. A column
    whose first entry is not finite takes no part. Every matched score of this package comes through
    here: distances of prototypes, and with a minus sign correlations, cosines and overlaps of
    supports (`protolib.sparse.scores`).

    >>> rows, columns = cheapest_pairs(np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0]]))
    >>> rows.tolist(), columns.tolist()                                 # 1 + 2, not 0 + 3 or 4
    ([0, 1], [1, 0])
    """
    (usable,) = np.nonzero(np.isfinite(table[0]))
    rows, columns = linear_sum_assignment(table[:, usable])
    return rows, usable[columns]


def reconstruction_error(
    prototypes: Float[Tensor, "nets units dims"], samples: Float[Tensor, "nets samples dims"]
) -> Float[Tensor, " nets"]:
    """mean_i ‖x_i − p_σ(i)‖ at the optimal assignment σ, in input units; 0 is perfect.

    The mean runs over *all* samples, so no sample can be left out to flatter the score:

    - more prototypes than samples: every sample is matched, spare prototypes cost nothing;
    - fewer prototypes than samples: a sample left alone is charged the diameter of the samples'
      bounding box, the largest error a prototype inside it could make;
    - a prototype that is not finite makes the error of the sample it leaves alone infinite: that is
      where the error of a diverging prototype goes.

    Unchanged if samples or prototypes are reordered, or both are shifted or rotated together;
    proportional to their common scale. `chance_prototypes` gives the level to beat.

    Raises
    ------
    ValueError
        if the shapes disagree, there are no samples, or a sample is not finite.

    Examples
    --------
    >>> p, x = torch.tensor([[[0.9], [0.1]]]), torch.tensor([[[0.0], [1.0]]])
    >>> reconstruction_error(p, x)
    tensor([0.1000], dtype=torch.float64)
    """
    _check(prototypes, samples)
    tables = _distances(samples, prototypes)
    units, count = prototypes.shape[1], samples.shape[1]
    spans = (samples.amax(1) - samples.amin(1)).double().norm(dim=-1)
    errors = []
    for table, diameter in zip(tables, spans.tolist()):
        rows, columns = cheapest_pairs(table)
        lost = min(units, count) - len(rows)
        total = table[rows, columns].sum() + diameter * max(count - units, 0)
        errors.append(np.inf if lost else total / count)
    return torch.tensor(errors, dtype=torch.float64)


def specialization_ratio(
    prototypes: Float[Tensor, "nets units dims"], samples: Float[Tensor, "nets samples dims"]
) -> Float[Tensor, " nets"]:
    """The share of prototypes that are the nearest one to at least one sample, in [0, 1].

    1 means that every unit stands for some sample; 1/units that one unit answers for all of them.
    Where two prototypes are equally near, the first in order is taken, so of several coincident
    prototypes one is used. A prototype that is not finite is nearest to nothing.

    With units = samples = N drawn independently and uniformly on a line, chance tends to 5/9 as N
    grows (the book derives it in the chapter on reconstruction).

    Raises
    ------
    ValueError
        if the shapes disagree, there are no samples, or a sample is not finite.

    Examples
    --------
    >>> p, x = torch.tensor([[[0.0], [0.1], [9.0]]]), torch.tensor([[[0.0], [1.0]]])
    >>> specialization_ratio(p, x)                       # 0.0 and 0.1 are used, 9.0 is not
    tensor([0.6667], dtype=torch.float64)
    """
    _check(prototypes, samples)
    tables = _distances(samples, prototypes)
    units = prototypes.shape[1]
    used = [len(np.unique(table.argmin(-1))) if np.isfinite(table).any() else 0 for table in tables]
    return torch.tensor(used, dtype=torch.float64) / units


def chance_prototypes(
    samples: Float[Tensor, "nets samples dims"], units: int, *, seed: int
) -> Float[Tensor, "nets units dims"]:
    """Prototypes that know the samples' bounding box and nothing else: uniform in it.

    The null against which a reconstruction is read. In one dimension the box is the hull. In more
    it is larger than the hull, so this null is a little too easy to beat: say so where you use it.

    >>> x = torch.tensor([[[0.0], [1.0]]])
    >>> p = chance_prototypes(x, 5, seed=0)
    >>> p.shape, bool(((p >= 0) & (p <= 1)).all())
    (torch.Size([1, 5, 1]), True)
    """
    nets, _, dims = samples.shape
    low, high = samples.amin(1, keepdim=True), samples.amax(1, keepdim=True)
    draws = generator(seed, CHANCE, units, dims).uniform(size=(nets, units, dims))
    return low + (high - low) * torch.tensor(draws, dtype=samples.dtype)


def fit_r2(
    predictions: Float[Tensor, "nets samples"], targets: Float[Tensor, "nets samples"]
) -> Float[Tensor, " nets"]:
    """R² = 1 − Σ(f(x_i) − y_i)² / Σ(y_i − ȳ)²: 1 is a perfect fit, 0 no better than the mean.

    For constant targets (a single sample, say) there is no variance to explain: 1 if the fit is
    exact, else −inf. Predictions that are not numbers (a run that diverged) also score −inf.

    >>> fit_r2(torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 2.0]]))
    tensor([1.], dtype=torch.float64)
    """
    f, y = predictions.double(), targets.double()
    residual = (f - y).square().sum(-1)
    variance = (y - y.mean(-1, keepdim=True)).square().sum(-1)
    constant = torch.where(residual == 0, 1.0, -torch.inf).double()
    r2 = torch.where(variance > 0, 1 - residual / variance, constant)
    return torch.where(torch.isnan(r2), -torch.inf, r2)
