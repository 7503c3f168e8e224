"""The forces on prototypes: the attractor's and separation's, each as a program that adds its own.

Everywhere force and p are (nets, dims, units), x is (nets, dims, samples), weights is (nets,). In
one dimension the nearest prototype and the optimal transport are found by sorting, O(N log N).
"""

import torch
from torch import Tensor

from protolib import matching
from protolib.training.config import TrainConfig
from protolib.training.kernels import kernel_program, squares_program
from protolib.training.response import Program


def active(weights: Tensor) -> slice | None:
    """The shortest run of nets that holds every nonzero weight; None if there is none."""
    (index,) = torch.nonzero(weights, as_tuple=True)
    return slice(int(index[0]), int(index[-1]) + 1) if len(index) else None


def attractor_program(
    force: Tensor, p: Tensor, x: Tensor, weights: Tensor, config: TrainConfig
) -> Program | None:
    """A function that adds λ_C m_C ∂attractor/∂p to `force`."""
    on = active(weights)
    if on is None:
        return None
    force, p, x, weights = force[on], p[on], x[on].contiguous(), weights[on].to(p.device)
    if config.attractor == "coverage":
        return _coverage_program(force, p, x, weights)
    if config.attractor == "soft coverage":
        return _soft_coverage_program(force, p, x, weights, config.softness)
    if config.attractor == "transport":
        return _transport_program(force, p, x, weights)
    units, samples = p.shape[-1], x.shape[-1]
    scale = weights / (max(units - 1, 1) * samples)
    return kernel_program(force, p, x, scale, config.attractor, config.tau)


def _coverage_program(force: Tensor, p: Tensor, x: Tensor, weights: Tensor) -> Program:
    """∂coverage/∂p_j = 2/N Σ over its samples of (p_j − x_i)."""
    dims, samples = x.shape[1:]
    scale = (2 / samples * weights)[:, None, None].clone()
    half = x.new_tensor(0.5)

    def one_dimension() -> None:
        # sort the prototypes, and see between which midpoints each sample falls
        ordered, order = p.sort(dim=-1)
        midpoints = torch.add(ordered[..., 1:], ordered[..., :-1]).mul_(half)
        place = torch.searchsorted(midpoints, x)
        pull = ordered.gather(-1, place).sub_(x).mul_(scale)
        force.scatter_add_(-1, order.gather(-1, place), pull)

    samples_first = x.mT.contiguous()

    def any_dimension() -> None:
        # ‖x − p‖² without ‖x‖², which is the same for every prototype
        table = torch.baddbmm(p.square().sum(1, keepdim=True), samples_first, p, alpha=-2)
        owner = table.argmin(-1)[:, None].expand(-1, dims, -1)
        force.scatter_add_(-1, owner, p.gather(-1, owner).sub_(x).mul_(scale))

    return one_dimension if dims == 1 else any_dimension


def _soft_coverage_program(
    force: Tensor, p: Tensor, x: Tensor, weights: Tensor, softness: float
) -> Program:
    """∂/∂p_j = 2/N Σ_i r_ij (p_j − x_i), r_i· the softmax of −‖x_i − p_j‖²/T over the units."""
    nets, dims, samples = x.shape
    scale = (2 / samples * weights)[:, None, None].clone()
    fill, table = squares_program(x, p)
    ones_and_x = torch.cat([torch.ones_like(x[:, :1]), x], dim=1)
    sums, push = p.new_empty(nets, dims + 1, p.shape[-1]), torch.empty_like(p)
    from_one, from_x = sums[:, :1], sums[:, 1:]

    def program() -> None:
        fill()
        share = torch.softmax(table.mul_(-1 / softness), dim=-1)
        torch.bmm(ones_and_x, share, out=sums)
        torch.mul(p, from_one, out=push).sub_(from_x)
        force.addcmul_(push, scale)

    return program


def _transport_program(force: Tensor, p: Tensor, x: Tensor, weights: Tensor) -> Program:
    """∂transport/∂p_σ(i) = 2/N (p_σ(i) − x_i)."""
    dims, samples = x.shape[1:]
    if samples != p.shape[-1]:
        raise ValueError(
            f"transport needs as many prototypes as samples, got {p.shape[-1]} and {samples}"
        )
    scale = (2 / samples * weights)[:, None, None].clone()
    ordered_x = x.sort(dim=-1).values

    def one_dimension() -> None:
        ordered, order = p.sort(dim=-1)
        force.scatter_add_(-1, order, ordered.sub_(ordered_x).mul_(scale))

    def any_dimension() -> None:
        pairs = matching.assign(p.mT, x.mT, squared=True)
        order = torch.stack([torch.as_tensor(j) for _, j in pairs]).to(p.device)
        owner = order[:, None].expand(-1, dims, -1)
        force.scatter_add_(-1, owner, p.gather(-1, owner).sub_(x).mul_(scale))

    return one_dimension if dims == 1 else any_dimension


def separation_program(
    force: Tensor, p: Tensor, weights: Tensor, config: TrainConfig
) -> Program | None:
    """A function that adds λ_S m_S ∂separation/∂p to `force`."""
    on = active(weights)
    if on is None:
        return None
    force, p, weights = force[on], p[on], weights[on].to(p.device)
    units = p.shape[-1]
    scale = -weights / max(units * (units - 1), 1)
    return kernel_program(force, p, p, scale, config.kernel, config.tau)
