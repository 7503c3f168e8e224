"""Inside or outside? The convex hull of the samples, and how far prototypes have left it."""

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import nnls
from torch import Tensor

# A prototype counts as outside when it is farther out than this, in input units.
TOLERANCE = 1e-6


def hull_distance(
    points: Float[Tensor, "nets units dims"], samples: Float[Tensor, "nets samples dims"]
) -> Float[Tensor, "nets units"]:
    """Distance of every point to the convex hull of its network's samples; 0 inside and on it.

    In one dimension the hull is the interval [min x, max x]. In more, the nearest point of the hull
    is a convex programme, solved by non-negative least squares: minimising
    ‖Σ_i λ_i (x_i − p)‖² + (Σ_i λ_i − 1)² over λ ≥ 0 gives, after dividing λ by its sum, exactly the
    nearest point (for a fixed direction the best sum is 1/(1 + distance²), which falls with the
    distance). Hulls may be flat: a segment in the plane, or a single point.

    Points that are not finite are infinitely far away (also those that are not a number).

    Raises
    ------
    ValueError
        if the shapes disagree, there are no samples, or a sample is not finite.

    Examples
    --------
    >>> hull_distance(torch.tensor([[[-2.0], [0.5], [1.25]]]), torch.tensor([[[0.0], [1.0]]]))
    tensor([[2.0000, 0.0000, 0.2500]], dtype=torch.float64)
    """
    _check(points, samples)
    p, x = points.detach().double(), samples.detach().double()
    if x.shape[-1] == 1:
        below, above = x.amin(1) - p[..., 0], p[..., 0] - x.amax(1)
        distance = torch.maximum(below, above).clamp(min=0)
    else:
        each = [[_distance(point, net) for point in own] for own, net in zip(p.numpy(), x.numpy())]
        distance = torch.tensor(each, dtype=torch.float64).reshape(p.shape[:2])
    return torch.where(torch.isfinite(p).all(-1), distance, torch.inf)


def _check(points: Tensor, samples: Tensor) -> None:
    if points.ndim != 3 or samples.ndim != 3 or points.shape[::2] != samples.shape[::2]:
        raise ValueError(
            "expected points (nets, units, dims) and samples (nets, samples, dims), "
            f"got {tuple(points.shape)} and {tuple(samples.shape)}"
        )
    if samples.shape[1] == 0 or not torch.isfinite(samples).all():
        raise ValueError("a hull needs at least one sample, and finite ones")


def _distance(point: np.ndarray, samples: np.ndarray) -> float:
    if not np.isfinite(point).all():
        return np.inf
    arrows = samples - point
    scale = np.abs(arrows).max()
    if scale == 0:
        return 0.0
    system = np.vstack([arrows.T / scale, np.ones(len(samples))])
    goal = np.zeros(len(system))
    goal[-1] = 1
    weights, _ = nnls(system, goal, maxiter=30 * len(samples) + 100)
    distance = float(np.linalg.norm(arrows.T @ (weights / weights.sum())))
    # what is left of a point inside is rounding, of the order of the scale
    return distance if distance > 1e-12 * scale else 0.0


def expelled_share(
    points: Float[Tensor, "nets units dims"], samples: Float[Tensor, "nets samples dims"]
) -> Float[Tensor, " nets"]:
    """The share of points more than `TOLERANCE` outside the hull of the samples, in [0, 1].

    >>> expelled_share(torch.tensor([[[-2.0], [0.5]]]), torch.tensor([[[0.0], [1.0]]]))
    tensor([0.5000], dtype=torch.float64)
    """
    return (hull_distance(points, samples) > TOLERANCE).double().mean(-1)
