"""The fit and the structural losses: the reference, one short formula each.

Every function is pure and differentiable, keeps the `nets` axis and returns one number per
network, shape `(nets,)`. They are written to be read and to be differentiated by autograd; the fast
trainer uses closed-form gradients that are tested against these (`protolib.training`).

The paper (arXiv:2605.25939) names coverage, separation and overlap; their formulas are our reading.
The other attractors (soft coverage, attraction, transport) and the other kernels are ours.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from numbers import Real
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from protolib import matching
from protolib.model import Activation, Parameters, predict, prototypes, respond

Kernel = Literal["gaussian", "imq", "energy"]
Attractor = Literal["coverage", "soft coverage", "gaussian", "imq", "energy", "transport"]


def squared_distances(
    a: Float[Tensor, "nets m dims"], b: Float[Tensor, "nets n dims"]
) -> Float[Tensor, "nets m n"]:
    """‖a_i − b_j‖² by direct subtraction: never negative, exact where points coincide.

    Raises
    ------
    ValueError
        if a and b differ in dims.
    """
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"expected as many dims in both, got {a.shape[-1]} and {b.shape[-1]}")
    return (a[:, :, None] - b[:, None, :]).square().sum(-1)


def fit(
    predictions: Float[Tensor, "nets samples *outputs"],
    targets: Float[Tensor, "nets samples *outputs"],
) -> Float[Tensor, " nets"]:
    """fit = mean_i (f(x_i) − y_i)², the mean also over outputs if there are several.

    >>> fit(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0, 0.0]]))
    tensor([5.])
    """
    return (predictions - targets).square().flatten(1).mean(1)


def coverage(
    inputs: Float[Tensor, "nets samples dims"], prototypes: Float[Tensor, "nets units dims"]
) -> Float[Tensor, " nets"]:
    """coverage = mean_i min_j ‖x_i − p_j‖²: every sample pulls its nearest prototype.

    A prototype that is nearest to no sample gets no gradient. Where two prototypes are equally near
    (they coincide, say), the gradient is shared between them.

    >>> coverage(torch.tensor([[[0.0], [1.0]]]), torch.tensor([[[0.0], [3.0]]]))   # (0² + 1²) / 2
    tensor([0.5000])
    """
    return squared_distances(inputs, prototypes).amin(-1).mean(-1)


def soft_coverage(
    inputs: Float[Tensor, "nets samples dims"],
    prototypes: Float[Tensor, "nets units dims"],
    *,
    softness: float,
) -> Float[Tensor, " nets"]:
    """soft coverage = −T mean_i log mean_j exp(−‖x_i − p_j‖²/T): samples pull all, near ones most.

    T is the softness, in squared input units; for T → 0 the hard minimum returns. Ours.

    Raises
    ------
    ValueError
        if the softness is not > 0.

    Examples
    --------
    >>> x, p = torch.tensor([[[0.0]]]), torch.tensor([[[0.5], [0.5]]])
    >>> soft_coverage(x, p, softness=0.01)                              # both at the same distance
    tensor([0.2500])
    """
    if not softness > 0:
        raise ValueError(f"softness must be > 0, got {softness}")
    energy = torch.logsumexp(-squared_distances(inputs, prototypes) / softness, dim=-1)
    return -softness * (energy.mean(-1) - math.log(prototypes.shape[1]))


def kernel_values(
    squared: Float[Tensor, "*shape"], kernel: Kernel = "gaussian", *, tau: float
) -> Float[Tensor, "*shape"]:
    """k as a function of the squared distance d².

    - "gaussian": exp(−d²/τ), in (0, 1]
    - "imq", the inverse multiquadric: (1 + d²/τ)^(−1/2), in (0, 1]
    - "energy": −d, which has no width: τ is not used

    All three make `mmd2` a distance between clouds of points: zero only if they are the same.

    Raises
    ------
    ValueError
        if τ is not > 0, or there is no such kernel.

    Examples
    --------
    >>> kernel_values(torch.tensor([0.0, 3.0]), "imq", tau=1.0)
    tensor([1.0000, 0.5000])
    """
    if not tau > 0:
        raise ValueError(f"tau must be > 0, got {tau}")
    if kernel == "gaussian":
        return torch.exp(-squared / tau)
    if kernel == "imq":
        return torch.rsqrt(1 + squared / tau)
    if kernel == "energy":
        apart = squared > 0  # the root has no derivative at 0; take 0, by symmetry
        return -torch.where(apart, torch.where(apart, squared, 1.0).sqrt(), 0.0)
    raise ValueError(f'kernel must be "gaussian", "imq" or "energy", got {kernel!r}')


def separation(
    prototypes: Float[Tensor, "nets units dims"], *, tau: float, kernel: Kernel = "gaussian"
) -> Float[Tensor, " nets"]:
    """separation_τ = 1/(N(N−1)) Σ_{j≠k} k(p_j, p_k), by default with k = exp(−‖p_j − p_k‖²/τ).

    With the default kernel in [0, 1]: 1 when all prototypes coincide (where its gradient is zero,
    by symmetry: coincident prototypes do not push each other). 0 for a single unit, which has
    nobody to be separated from. N is the number of units here. Other kernels than the Gaussian are
    ours.

    >>> separation(torch.tensor([[[0.0], [0.0], [9.0]]]), tau=1e-3)               # 2 of 6 pairs
    tensor([0.3333])
    """
    units = prototypes.shape[1]
    table = kernel_values(squared_distances(prototypes, prototypes), kernel, tau=tau)
    off_diagonal = table.masked_fill(torch.eye(units, dtype=torch.bool), 0.0)
    return off_diagonal.sum((-2, -1)) / max(units * (units - 1), 1)


def _mean_kernel(a: Tensor, b: Tensor, kernel: Kernel, tau: float) -> Tensor:
    return kernel_values(squared_distances(a, b), kernel, tau=tau).mean((-2, -1))


def mmd2(
    inputs: Float[Tensor, "nets samples dims"],
    prototypes: Float[Tensor, "nets units dims"],
    *,
    tau: float,
    kernel: Kernel = "gaussian",
) -> Float[Tensor, " nets"]:
    """MMD² = mean k(p, p′) − 2 mean k(x, p) + mean k(x, x′) ≥ 0, means over all pairs.

    The squared maximum mean discrepancy (Gretton et al. 2012) between the cloud of prototypes and
    the cloud of samples, as a V-statistic; for the energy kernel, the energy distance (Székely and
    Rizzo 2013). Zero exactly when both clouds are the same, up to order.

    >>> x = torch.tensor([[[0.0], [1.0]]])
    >>> bool(mmd2(x, x.flip(1), tau=0.1) < 1e-6), mmd2(x, x + 1, tau=1.0, kernel="energy")
    (True, tensor([1.]))
    """
    mean = partial(_mean_kernel, kernel=kernel, tau=tau)
    return mean(prototypes, prototypes) - 2 * mean(inputs, prototypes) + mean(inputs, inputs)


def attraction(
    inputs: Float[Tensor, "nets samples dims"],
    prototypes: Float[Tensor, "nets units dims"],
    *,
    tau: float,
    kernel: Kernel = "gaussian",
) -> Float[Tensor, " nets"]:
    """The attractor that completes the square: separation + attraction = M/(M−1) · MMD² ≥ 0.

    With M units, attraction = (−2M mean_ij k(x_i, p_j) + M mean_ii′ k(x_i, x_i′) + k(0)) / (M−1).
    Only the first term depends on the prototypes: every sample pulls every prototype with the same
    kernel with which prototypes push each other. For M = 1 the divisor is 1. Ours.

    >>> x, p = torch.tensor([[[0.0], [1.0]]]), torch.tensor([[[0.2], [0.9]]])
    >>> whole = separation(p, tau=0.5) + attraction(x, p, tau=0.5)
    >>> bool(torch.allclose(whole, 2 * mmd2(x, p, tau=0.5)))
    True
    """
    units = prototypes.shape[1]
    mean = partial(_mean_kernel, kernel=kernel, tau=tau)
    at_zero = 0.0 if kernel == "energy" else 1.0
    square = units * (mean(inputs, inputs) - 2 * mean(inputs, prototypes)) + at_zero
    return square / max(units - 1, 1)


def transport(
    inputs: Float[Tensor, "nets samples dims"], prototypes: Float[Tensor, "nets units dims"]
) -> Float[Tensor, " nets"]:
    """transport = min over one-to-one σ of mean_i ‖x_i − p_σ(i)‖²: every sample pulls its own.

    The squared Wasserstein distance between the two clouds. It needs as many prototypes as samples,
    and it is the reconstruction itself turned into a loss. Ours.

    Raises
    ------
    ValueError
        if there are not as many prototypes as samples.

    Examples
    --------
    >>> transport(torch.tensor([[[0.0], [1.0]]]), torch.tensor([[[3.0], [0.0]]]))  # (0 + 2²) / 2
    tensor([2.])
    """
    if inputs.shape[1] != prototypes.shape[1]:
        raise ValueError(
            "transport needs as many prototypes as samples, got "
            f"{prototypes.shape[1]} and {inputs.shape[1]}"
        )
    order = torch.stack(
        [torch.as_tensor(j) for _, j in matching.assign(prototypes, inputs, squared=True)]
    )
    own = prototypes.gather(1, order[..., None].expand_as(prototypes))
    return (inputs - own).square().sum(-1).mean(-1)


def overlap(responses: Float[Tensor, "nets samples units"]) -> Float[Tensor, " nets"]:
    """overlap = mean_i 1/(N(N−1)) Σ_{j≠k} h_ij h_ik, in [0, 1].

    Written with row sums, Σ_j h_ij (Σ_k h_ik − h_ij), so it costs O(N²) and is never negative.
    0 for a single unit.

    >>> overlap(torch.tensor([[[1.0, 0.5, 0.0]]]))                      # 2 · (1 · 0.5) / (3 · 2)
    tensor([0.1667])
    """
    units = responses.shape[-1]
    others = responses.sum(-1, keepdim=True) - responses
    return (responses * others).sum(-1).mean(-1) / max(units * (units - 1), 1)


def attract(
    inputs: Float[Tensor, "nets samples dims"],
    prototypes: Float[Tensor, "nets units dims"],
    attractor: Attractor,
    *,
    tau: float,
    softness: float = 1e-2,
) -> Float[Tensor, " nets"]:
    """The attractor of that name: what the first entry of a mask switches on."""
    if attractor == "coverage":
        return coverage(inputs, prototypes)
    if attractor == "soft coverage":
        return soft_coverage(inputs, prototypes, softness=softness)
    if attractor == "transport":
        return transport(inputs, prototypes)
    return attraction(inputs, prototypes, tau=tau, kernel=attractor)


def structural(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    *,
    tau: float,
    attractor: Attractor = "coverage",
    kernel: Kernel = "gaussian",
    softness: float = 1e-2,
    activation: Activation = "gaussian",
) -> Float[Tensor, "nets 3"]:
    """The three structural losses side by side, in the order of a mask.

    The defaults are the paper's; `attractor` may stand in for coverage, `kernel` for separation's.
    """
    p = prototypes(parameters)
    return torch.stack(
        [
            attract(inputs, p, attractor, tau=tau, softness=softness),
            separation(p, tau=tau, kernel=kernel),
            overlap(respond(parameters, inputs, activation=activation)),
        ],
        dim=-1,
    )


def coefficients(lam: float | Sequence[float]) -> tuple[float, float, float]:
    """λ of coverage, of separation and of overlap: one number for all of them, or one for each.

    Raises
    ------
    ValueError
        if there are neither one nor three, or one is not a finite number ≥ 0.

    Examples
    --------
    >>> coefficients(0.1), coefficients([1.0, 0.0, 0.5])
    ((0.1, 0.1, 0.1), (1.0, 0.0, 0.5))
    """
    several = isinstance(lam, Sequence) and not isinstance(lam, str)
    values = tuple(lam) if several else (lam,) * 3
    if len(values) != 3:
        raise ValueError(f"lam must be one number or three, got {lam}")
    if not all(isinstance(v, Real) and v >= 0 and math.isfinite(v) for v in values):
        expected = "three finite numbers" if several else "a finite number"
        raise ValueError(f"lam must be {expected} ≥ 0, got {lam}")
    return tuple(float(v) for v in values)


def objective(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples *outputs"],
    masks: Float[Tensor, "nets 3"],
    *,
    lam: float | Sequence[float],
    tau: float,
    attractor: Attractor = "coverage",
    kernel: Kernel = "gaussian",
    softness: float = 1e-2,
    activation: Activation = "gaussian",
) -> Float[Tensor, " nets"]:
    """What each network minimises: fit + λ_C m_C coverage + λ_S m_S separation + λ_O m_O overlap.

    lam: one λ for all three losses, as in the paper, or three (`coefficients`).
    Every structural loss is finite, so a mask of 0 really switches it off (0 · ∞ would be NaN).
    To train a stack with autograd, *sum* this over networks: the mean would couple them through
    Adam's ε.
    """
    penalties = structural(
        parameters, inputs, tau=tau, attractor=attractor, kernel=kernel, softness=softness,
        activation=activation,
    )  # fmt: skip
    error = fit(predict(parameters, inputs, activation=activation), targets)
    return error + (masks * masks.new_tensor(coefficients(lam)) * penalties).sum(-1)


def field(
    loss: Callable[[Tensor], Tensor],
    positions: Float[Tensor, " points"],
    others: Float[Tensor, " units"],
) -> Float[Tensor, " points"]:
    """The push −∂loss/∂p on one prototype at each position on a line, the others held still.

    Parameters
    ----------
    loss
        a function of prototypes (nets, units, 1), returning (nets,). Every position becomes one
        network of a stack, so the whole field takes one backward pass.

    Examples
    --------
    >>> sample = torch.tensor([[[1.0]]]).expand(3, 1, 1)
    >>> field(lambda p: coverage(sample, p), torch.tensor([0.0, 0.5, 1.5]), torch.tensor([9.0]))
    tensor([ 2.,  1., -1.])
    """
    rest = others[None, :, None].expand(len(positions), -1, 1)
    p = torch.cat([positions[:, None, None], rest], dim=1).requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss(p).sum(), p)
    return -gradient[:, 0, 0]
