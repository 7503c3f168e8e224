"""The lasso ½ ‖y − A z‖² + λ ‖z‖₁, and two ways down to its minimum: ISTA and FISTA."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from protolib.sparse.world import Codes, Dictionary, Signals, check, check_lam, mix


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

    Raises
    ------
    ValueError
        if the shapes of signals and dictionary disagree.

    Examples
    --------
    >>> A, y = torch.ones(1, 1, 1), torch.tensor([[[3.0]]])
    >>> lasso(torch.tensor([[[1.0]]]), y, A, lam=0.5)                    # ½ · 2² + 0.5
    tensor([[2.5000]])
    """
    check(signals, dictionary)
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
    check(signals, dictionary)
    check_lam(lam)
    nets, samples, _ = signals.shape
    z = start if start is not None else signals.new_zeros(nets, samples, dictionary.shape[-1])
    step = 1 / lipschitz(dictionary)[:, None, None].clamp(min=1e-12)
    # z + Aᵀ(y − A z)/L = S z + b, with S = I − AᵀA/L and b = Aᵀy/L
    keep = torch.eye(z.shape[-1], dtype=z.dtype) - step * dictionary.mT @ dictionary
    drive = step * (signals @ dictionary)
    return shrink_and_keep(
        z, keep, drive, lam * step, steps=steps, nonnegative=nonnegative, path=path,
        momentum=momentum,
    )  # fmt: skip


def shrink_and_keep(
    z: Float[Tensor, "nets rows k"],
    keep: Float[Tensor, "nets k k"],
    drive: Float[Tensor, "nets rows k"],
    threshold: Float[Tensor, "nets 1 1"],
    *,
    steps: int,
    nonnegative: bool = False,
    path: bool = False,
    momentum: bool = True,
) -> Float[Tensor, "*path nets rows k"]:
    """z ← soft(S z + b, θ) for so many steps, with FISTA's momentum or without.

    What ISTA, FISTA and the lasso of `protolib.sparse.scores` have in common. `keep` is S, which is
    symmetric, and `drive` is b. With `path`, all iterates, the start among them.
    """
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

    Raises
    ------
    ValueError
        if the shapes of signals and dictionary disagree.

    Examples
    --------
    >>> A, y = torch.eye(2)[None], torch.tensor([[[3.0, 0.2]]])
    >>> kkt_residual(torch.tensor([[[2.0, 0.0]]]), y, A, lam=1.0)
    tensor([[0.]])
    """
    check(signals, dictionary)
    slope = (signals - mix(codes, dictionary)) @ dictionary
    off = torch.relu((slope if nonnegative else slope.abs()) - lam)
    on = (slope - lam * torch.sign(codes)).abs()
    if nonnegative:
        on = torch.maximum(on, -codes)
    return torch.where(codes == 0, off, on).amax(-1)
