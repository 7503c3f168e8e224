"""The landscape of a loss of prototypes: its states of rest, and the flow down to them.

Ours; the propositions that these functions examine stand in the chapter `attractors`.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from protolib import losses
from protolib.losses import Kernel


class Rest(NamedTuple):
    """Where a search came to an end, one a network."""

    place: Float[Tensor, "nets units dims"]
    slope: Float[Tensor, " nets"]  # ‖gradient‖: 0 is a state of rest
    curvature: Float[Tensor, " nets"]  # the Hessian's lowest eigenvalue: < 0 is a saddle


def derivatives(
    p: Float[Tensor, "nets units dims"],
    x: Float[Tensor, "nets samples dims"],
    *,
    kernel: Kernel = "energy",
    tau: float = 1.0,
) -> tuple[Float[Tensor, "nets k"], Float[Tensor, "nets k k"]]:
    """Gradient and Hessian of MMD²(p, x) by the prototypes, flattened: k = units · dims.

    In closed form, pair by pair: with k = f(d²), the gradient is 2f′ d and the Hessian
    2f′ I + 4f″ d dᵀ. Pairs that coincide do not count with the energy kernel.
    """
    nets, units, dims = p.shape
    one, here = torch.eye(dims, dtype=p.dtype), torch.eye(units, dtype=p.dtype)

    def pairs(others: Tensor) -> tuple[Tensor, Tensor]:
        d = p[:, :, None] - others[:, None]
        square = d.square().sum(-1, keepdim=True)
        k = losses.kernel_values(square, kernel, tau=tau)
        if kernel == "gaussian":
            first, second = -k / tau, k / tau**2
        elif kernel == "imq":
            first, second = -(k**3) / (2 * tau), 3 * k**5 / (4 * tau**2)
        else:
            first = torch.where(square > 0, 0.5 / k, 0.0)
            second = torch.where(square > 0, -0.25 / k**3, 0.0)
        return 2 * first * d, 2 * first[..., None] * one + 4 * second[..., None] * (
            d[..., None] * d[..., None, :]
        )

    push, bend = pairs(p)
    pull, hold = pairs(x)
    own, other = 2 / units**2, 2 / (units * x.shape[1])
    g = own * push.sum(2) - other * pull.sum(2)
    diagonal = own * bend.sum(2) - other * hold.sum(2)
    h = torch.einsum("njab,jl->njalb", diagonal, here) - own * bend.permute(0, 1, 3, 2, 4)
    return g.flatten(1), h.reshape(nets, units * dims, units * dims)


def rests(
    inputs: Float[Tensor, "nets samples dims"],
    start: Float[Tensor, "nets units dims"],
    *,
    kernel: Kernel = "energy",
    tau: float = 1.0,
    steps: int = 60,
) -> Rest:
    """States of rest of MMD²(p, x), saddles as well as minima, by Levenberg and Marquardt's method.

    Every network goes down its own ‖gradient‖² with steps −(H² + μI)⁻¹ H gradient; μ is divided by
    4 after a step that helped and multiplied by 4 after one that did not, which is taken back. Use
    float64. A search may end elsewhere than at rest: look at `slope`. The energy kernel has no
    gradient where a prototype stands on a sample: such states are not found.

    Raises
    ------
    ValueError
        if there is not at least one step.

    Examples
    --------
    Two samples, two prototypes: the cross.

    >>> x = torch.tensor([[[-1.0, 0.0], [1.0, 0.0]]]).double()
    >>> found = rests(x, torch.tensor([[[0.1, 0.5], [0.1, -0.6]]]).double())
    >>> found.place.abs().round(decimals=3) + 0.0
    tensor([[[0.0000, 0.5770],
             [0.0000, 0.5770]]], dtype=torch.float64)
    >>> bool(found.slope < 1e-9), bool(found.curvature < 0)
    (True, True)
    """
    if steps < 1:
        raise ValueError(f"steps must be ≥ 1, got {steps}")
    z, size = start, start[0].numel()
    g, h = derivatives(z, inputs, kernel=kernel, tau=tau)
    damping, eye = torch.full_like(g[:, 0], 1e-2), torch.eye(size, dtype=z.dtype)
    for _ in range(steps):
        curved = h @ h + damping[:, None, None] * eye
        tried = z - torch.linalg.solve(curved, torch.einsum("nij,nj->ni", h, g)).view_as(z)
        new_g, new_h = derivatives(tried, inputs, kernel=kernel, tau=tau)
        better = new_g.norm(dim=1) < g.norm(dim=1)
        z, h = (torch.where(better[:, None, None], a, b) for a, b in ((tried, z), (new_h, h)))
        g = torch.where(better[:, None], new_g, g)
        damping = (damping * torch.where(better, 0.25, 4.0)).clamp(1e-14, 1e6)
    return Rest(z, g.norm(dim=1), torch.linalg.eigvalsh(h)[:, 0])


def flow(
    loss: Callable[[Tensor], Tensor],
    slope: Float[Tensor, "nets units"],
    bias: Float[Tensor, "nets units dims"],
    *,
    steps: int,
    size: float,
) -> tuple[Float[Tensor, "frames nets units"], Float[Tensor, "frames nets units dims"]]:
    """The gradient flow of slopes and biases down a loss of the prototypes −b/w, step by step.

    Runge and Kutta's method of fourth order. Frames are the start and what follows every step of
    `size` units of time.

    >>> x, w, b = torch.tensor([[[2.0]]]), torch.tensor([[1.0]]), torch.tensor([[[0.0]]])
    >>> w, b = flow(lambda p: (p - x).square().sum((1, 2)), w, b, steps=200, size=0.01)
    >>> (-b[-1] / w[-1, ..., None]).round(decimals=3)
    tensor([[[2.]]])
    >>> (w[-1] ** 2 + b[-1, ..., 0] ** 2).round(decimals=3)
    tensor([[1.]])
    """

    def velocity(w: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
        with torch.enable_grad():
            value = loss(-b / w[..., None]).sum()
            down = torch.autograd.grad(value, (w, b))
        return -down[0], -down[1]

    path = [(slope, bias)]
    for _ in range(steps):
        w, b = path[-1]
        k1 = velocity(w, b)
        k2 = velocity(w + size / 2 * k1[0], b + size / 2 * k1[1])
        k3 = velocity(w + size / 2 * k2[0], b + size / 2 * k2[1])
        k4 = velocity(w + size * k3[0], b + size * k3[1])
        w, b = (
            old + size / 6 * (a + 2 * c + 2 * d + e)
            for old, a, c, d, e in zip((w, b), k1, k2, k3, k4)
        )
        path.append((w, b))
    return torch.stack([w for w, _ in path]), torch.stack([b for _, b in path])
