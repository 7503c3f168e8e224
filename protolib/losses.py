"""The fit and the three structural losses: the reference, one short formula each.

Every function is pure and differentiable, keeps the `nets` axis and returns one number per
network, shape `(nets,)`. They are written to be read and to be differentiated by autograd; the fast
trainer uses closed-form gradients that are tested against these (`protolib.training`).

The paper (arXiv:2605.25939) names the three losses; their formulas are our reading.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from protolib.model import Parameters, predict, prototypes, respond


def squared_distances(
    a: Float[Tensor, "nets m dims"], b: Float[Tensor, "nets n dims"]
) -> Float[Tensor, "nets m n"]:
    """‖a_i − b_j‖² by direct subtraction: never negative, exact where points coincide."""
    return (a[:, :, None] - b[:, None, :]).square().sum(-1)


def fit(
    predictions: Float[Tensor, "nets samples"], targets: Float[Tensor, "nets samples"]
) -> Float[Tensor, " nets"]:
    """fit = mean_i (f(x_i) − y_i)².

    >>> fit(torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0, 0.0]]))
    tensor([5.])
    """
    return (predictions - targets).square().mean(-1)


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


def separation(
    prototypes: Float[Tensor, "nets units dims"], *, tau: float
) -> Float[Tensor, " nets"]:
    """separation_τ = 1/(N(N−1)) Σ_{j≠k} exp(−‖p_j − p_k‖²/τ), in [0, 1].

    1 when all prototypes coincide (where its gradient is zero, by symmetry: coincident prototypes
    do not push each other), 0 for a single unit, which has nobody to be separated from.

    >>> separation(torch.tensor([[[0.0], [0.0], [9.0]]]), tau=1e-3)               # 2 of 6 pairs
    tensor([0.3333])
    """
    if not tau > 0:
        raise ValueError(f"tau must be > 0, got {tau}")
    units = prototypes.shape[1]
    kernel = torch.exp(-squared_distances(prototypes, prototypes) / tau)
    off_diagonal = kernel.masked_fill(torch.eye(units, dtype=torch.bool), 0.0)
    return off_diagonal.sum((-2, -1)) / max(units * (units - 1), 1)


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


def structural(
    parameters: Parameters, inputs: Float[Tensor, "nets samples dims"], *, tau: float
) -> Float[Tensor, "nets 3"]:
    """The three structural losses side by side, in the order of a mask."""
    p = prototypes(parameters)
    return torch.stack(
        [coverage(inputs, p), separation(p, tau=tau), overlap(respond(parameters, inputs))], dim=-1
    )


def objective(
    parameters: Parameters,
    inputs: Float[Tensor, "nets samples dims"],
    targets: Float[Tensor, "nets samples"],
    masks: Float[Tensor, "nets 3"],
    *,
    lam: float,
    tau: float,
) -> Float[Tensor, " nets"]:
    """What each network minimises: fit + λ (m_C coverage + m_S separation + m_O overlap).

    Every structural loss is finite, so a mask of 0 really switches it off (0 · ∞ would be NaN).
    To train a stack with autograd, *sum* this over networks: the mean would couple them through
    Adam's ε.
    """
    penalties = (masks * structural(parameters, inputs, tau=tau)).sum(-1)
    return fit(predict(parameters, inputs), targets) + lam * penalties


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
